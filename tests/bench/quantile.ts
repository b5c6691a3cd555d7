/** What a row of timings says: the middle, and what one call in a hundred takes. */

export interface Spread {
  readonly runs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function spreadOf(timings: readonly number[]): Spread {
  const sorted = timings.toSorted((left, right) => left - right);
  return { runs: sorted.length, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) };
}

/** `sorted`: ascending; to a hundredth. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = Math.min(sorted.length - 1, Math.floor(sorted.length * share));
  return Math.round((sorted[at] ?? 0) * 100) / 100;
}
