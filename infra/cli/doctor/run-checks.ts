/**
 * Runs the checks side by side, each within a deadline. One that throws or hangs is a finding of its own, in its place,
 * and never the end of the others.
 */
import { broken, type Check, type Finding } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

export interface RunOptions {
  /** Of one check. */
  readonly deadlineMs: number;
  readonly deadline?: (ms: number) => AbortSignal;
}

/** In the order of the checks, however long each took. */
export async function runChecks(
  checks: readonly Check[],
  { deadlineMs, deadline = AbortSignal.timeout }: RunOptions,
): Promise<readonly Finding[]> {
  const found = await Promise.all(checks.map((check) => runCheck(check, deadline(deadlineMs), deadlineMs)));
  return found.flat();
}

async function runCheck({ name, look }: Check, signal: AbortSignal, deadlineMs: number): Promise<readonly Finding[]> {
  const { promise: expired, resolve } = Promise.withResolvers<readonly Finding[]>();
  const expire = () =>
    resolve([
      broken(name, `nothing came of it within ${deadlineMs / 1_000} s`, 'See what does not answer, and try again'),
    ]);
  signal.addEventListener('abort', expire, { once: true });
  try {
    // What is still to come after the deadline is nobody's; it must not end the process either.
    const looking = (async () => look(signal))();
    looking.catch(() => undefined);
    return await Promise.race([looking, expired]);
  } catch (error) {
    return [broken(name, `could not be looked at: ${explainTrouble(error)}`, 'See whether that is in reach from here')];
  } finally {
    signal.removeEventListener('abort', expire);
  }
}
