/**
 * One try of something that may hang, under a limit of its own (FACTS §7: a hanging sink hangs requests).
 * A try that was given up may still take effect later; whoever uses this must bear that.
 */
import { err, ok, type Result } from '../result.ts';

export interface Clock {
  /** Milliseconds since 1970, for what is written down. */
  readonly nowMs: () => number;
  /** Milliseconds that never go back, for deadlines. */
  readonly monotonicMs: () => number;
  /** Runs something once, later; returns how to cancel it. Must not keep the process alive. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** Never rejects, and never takes longer than `limitMs`, whatever `run` does with its signal. */
export function attempt<T>(
  clock: Clock,
  limitMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T, unknown>> {
  const abort = new AbortController();
  return new Promise((resolve) => {
    const cancel = clock.after(limitMs, () => {
      resolve(err(new TimedOut(`no answer within ${limitMs} ms`)));
      abort.abort();
    });
    const settle = (result: Result<T, unknown>): void => {
      cancel();
      resolve(result);
    };
    const settled = async (): Promise<T> => run(abort.signal);
    settled().then(
      (value) => settle(ok(value)),
      (error: unknown) => settle(err(error)),
    );
  });
}

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Tries until it succeeds or the deadline (of `monotonicMs`) passes; the last error then.
 * `tryMs` bounds one try, so that one that hangs leaves time for another.
 */
export async function persist<T>(
  clock: Clock,
  limits: { readonly deadlineAtMs: number; readonly tryMs: number },
  run: (signal: AbortSignal) => Promise<T>,
): Promise<Result<T, unknown>> {
  let last: Result<T, unknown> = err(new TimedOut('the deadline had passed'));
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const leftMs = limits.deadlineAtMs - clock.monotonicMs();
    if (leftMs <= 0) return last;
    last = await attempt(clock, Math.min(leftMs, limits.tryMs), run);
    if (last.ok) return last;
    const pauseLeftMs = limits.deadlineAtMs - clock.monotonicMs();
    if (pauseLeftMs > 0) await pause(clock, Math.min(pauseMs, pauseLeftMs));
  }
}
