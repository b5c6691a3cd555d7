/** The instances' counts in memory: rows are copied as a table would, and the store can be told to be down. */
import type { RateRow, RateStore, StandingRow } from '../../../shared/limits/rate-store.ts';

export interface MemoryRateStore extends RateStore {
  readonly rows: Map<string, StandingRow>;
  isDown: boolean;
  /** Requests so far, by operation. */
  readonly asked: { put: number; list: number; remove: number };
}

export function createMemoryRateStore(nowMs: () => number = Date.now): MemoryRateStore {
  let versions = 0;
  const answer = async (operation: keyof MemoryRateStore['asked']): Promise<void> => {
    store.asked[operation] += 1;
    await Promise.resolve();
    if (store.isDown) throw new Error('the store is down');
  };
  const store: MemoryRateStore = {
    rows: new Map(),
    isDown: false,
    asked: { put: 0, list: 0, remove: 0 },
    async put(row) {
      const counts = copy(row.counts);
      await answer('put');
      versions += 1;
      store.rows.set(row.writer, { writer: row.writer, counts, writtenMs: nowMs(), version: String(versions) });
    },
    async list() {
      await answer('list');
      return [...store.rows.values()];
    },
    async remove(writer, version) {
      await answer('remove');
      if (version === undefined || store.rows.get(writer)?.version === version) store.rows.delete(writer);
    },
  };
  return store;
}

function copy(counts: RateRow['counts']): RateRow['counts'] {
  return new Map([...counts].map(([principal, buckets]) => [principal, new Map(buckets)]));
}
