/** Adds up what was found, by class and outcome, so that the order in which records come makes no difference. */
import type { Exposure } from '../masking/masker.ts';

/** By class, then outcome, as a message's own exposure is listed. */
export function sumExposure(...lists: readonly (readonly Exposure[])[]): readonly Exposure[] {
  const given = lists.filter((list) => list.length > 0);
  if (given.length < 2) return given[0] ?? [];
  const sums = new Map<string, Exposure>();
  for (const found of given.flat()) {
    const key = `${found.class}\n${found.outcome}`;
    const known = sums.get(key);
    sums.set(key, known === undefined ? found : { ...found, count: known.count + found.count });
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
}
