/**
 * How many traces are recorded: so many a second, with a small reserve, whoever asks for more. A client's `sampled` flag
 * and its choice of trace id have no say, because either would let it make us pay for each of its calls. Metrics count
 * every call all the same.
 */

export interface TraceBudget {
  /** True where one more may be recorded now; it is then spent. */
  take(): boolean;
}

export function createTraceBudget(options: {
  readonly perSecond: number;
  readonly reserve: number;
  readonly monotonicMs: () => number;
}): TraceBudget {
  const { perSecond, reserve, monotonicMs } = options;
  let left = reserve;
  let lookedMs = monotonicMs();
  return {
    take() {
      const nowMs = monotonicMs();
      left = Math.min(reserve, left + ((nowMs - lookedMs) * perSecond) / 1_000);
      lookedMs = nowMs;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
