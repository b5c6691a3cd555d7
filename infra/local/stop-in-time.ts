/** The end of a stack that somebody waits for at a terminal: it is asked, and after a while it is not asked any more. */

/** Under the 3 s that a stop may take, with room for the process to end. */
const stopDeadlineMs = 2_700;

export async function stopInTime(stack: { stop(): Promise<void>; kill(): void }): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<'too late'>();
  const timer = setTimeout(() => resolve('too late'), stopDeadlineMs);
  const outcome = await Promise.race([stack.stop(), tooLate]);
  clearTimeout(timer);
  if (outcome === 'too late') stack.kill();
}
