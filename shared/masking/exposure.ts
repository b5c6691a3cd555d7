/** Counts findings by class and outcome while a message is walked (DESIGN §1: exposure). */
import type { Exposure, FindingOutcome } from './masker.ts';

export interface Tally {
  /** `count`: how many; one, if nothing is said. */
  add(className: string, outcome: FindingOutcome, count?: number): void;
  /** By class, then outcome: the same message always gives the same list. */
  list(): readonly Exposure[];
}

const NOTHING: readonly Exposure[] = [];

export function createTally(): Tally {
  const counted = new Map<string, { class: string; outcome: FindingOutcome; count: number }>();
  return {
    add: (className, outcome, count = 1) => {
      const key = `${className}\n${outcome}`;
      const known = counted.get(key);
      if (known === undefined) counted.set(key, { class: className, outcome, count });
      else known.count += count;
    },
    list: () => {
      if (counted.size === 0) return NOTHING;
      return [...counted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, exposure]) => exposure);
    },
  };
}
