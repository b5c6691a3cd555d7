/**
 * How every command ends: 0 it did what was asked and found nothing wrong, 1 it found something wrong, 2 it could not
 * do its work (bad flags, a file or service out of reach). Scripts rely on these numbers (DESIGN §8).
 */
export const exitCodes = { done: 0, wrong: 1, failed: 2 } as const;

/** What stands under the help of a command. */
export function describeExitCodes(wrong: string): string {
  return `\nExit codes:\n  0  done, nothing wrong\n  1  ${wrong}\n  2  could not be done: bad flags, a file or a service out of reach`;
}

/** The command can't do its work; the message is for the terminal, one line per mistake, without a stack. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
}

/** Whoever was asked said no: a result, told in its words, already safe for a terminal. */
export class CommandRefusal extends Error {
  override readonly name = 'CommandRefusal';
}
