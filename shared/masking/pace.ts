/**
 * The deadline of one message's masking: a hostile or huge message must not hold the process, and what was not looked
 * through in time is withheld. The clock is asked now and then only; between two looks the work is bounded.
 */

/** Characters between two looks at the clock: some milliseconds of work. */
const CHARACTERS_A_LOOK = 65_536;

export class MaskingDeadline extends Error {
  override readonly name = 'MaskingDeadline';
}

const NO_LIMIT = (): void => undefined;

/** Gives a counter for each message. Throws `MaskingDeadline` once `deadlineMs` have passed since it was given. */
export function createPacer(
  monotonicMs: (() => number) | undefined,
  deadlineMs: number,
): () => (characters: number) => void {
  if (monotonicMs === undefined) return () => NO_LIMIT;
  return () => {
    const endMs = monotonicMs() + deadlineMs;
    let left = CHARACTERS_A_LOOK;
    return (characters) => {
      left -= characters;
      if (left > 0) return;
      left = CHARACTERS_A_LOOK;
      if (monotonicMs() > endMs) throw new MaskingDeadline(`not masked within ${deadlineMs} ms`);
    };
  };
}
