/**
 * A timer function's retry policy, counted in memory and lost on restart, as on Azure. Pure arithmetic and one loop.
 */
import type { RetryOptions } from './core-api.ts';

/** Milliseconds to wait before retry number `retry` (from 1). */
export function retryDelayMs(options: RetryOptions, retry: number): number {
  if (options.retryStrategy !== 'exponentialBackoff') return (options.delayInterval?.seconds ?? 0) * 1000;
  const lowest = (options.minimumInterval?.seconds ?? 0) * 1000;
  const highest = (options.maximumInterval?.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  return Math.min(lowest * 2 ** (retry - 1), highest);
}

/**
 * Runs `attempt` until it succeeds or the policy's retries are used up; -1 retries mean no end. Rejects with the last
 * failure, or at once when the wait is aborted.
 */
export async function runWithRetry(
  options: RetryOptions | undefined,
  attempt: (retryContext: object | undefined) => Promise<unknown>,
  wait: (ms: number) => Promise<void>,
  onRetry: (cause: unknown, retry: number) => void,
): Promise<void> {
  const maxRetryCount = options?.maxRetryCount ?? 0;
  let retryContext: object | undefined;
  for (let retry = 1; ; retry += 1) {
    try {
      await attempt(retryContext);
      return;
    } catch (cause) {
      if (options === undefined || (maxRetryCount >= 0 && retry > maxRetryCount)) throw cause;
      onRetry(cause, retry);
      retryContext = { retryCount: retry, maxRetryCount, exception: describe(cause) };
      await wait(retryDelayMs(options, retry));
    }
  }
}

function describe(cause: unknown): object {
  if (!(cause instanceof Error)) return { message: String(cause) };
  return { message: cause.message, source: cause.name, stackTrace: cause.stack ?? '' };
}
