/**
 * The drift table in memory: each note replaced whole. It can be told to fail, to lose a response after the effect, or
 * to wait.
 */
import type { DriftNote, DriftStore } from '../../../shared/drift/drift-store.ts';

export interface MemoryDriftStore extends DriftStore {
  readonly rows: Map<string, DriftNote>;
  readonly operations: string[];
  isDown: boolean;
  /** The next write lands and its response does not come back. */
  loseNextResponse: boolean;
  /** What the answer to every read waits for. */
  gate: Promise<void>;
}

export function createMemoryDriftStore(): MemoryDriftStore {
  const enter = async (operation: string): Promise<void> => {
    store.operations.push(operation);
    await Promise.resolve();
    if (store.isDown) throw new Error('the table is down');
  };
  const store: MemoryDriftStore = {
    rows: new Map(),
    operations: [],
    isDown: false,
    loseNextResponse: false,
    gate: Promise.resolve(),
    list: async () => {
      await enter('list');
      // A read shows how things stood when it reached the table, not when its answer arrives.
      const rows = [...store.rows.values()];
      await store.gate;
      return rows;
    },
    upsert: async (note: DriftNote) => {
      await enter(`upsert ${note.server}/${note.tool}`);
      store.rows.set(`${note.server}/${note.tool}`, note);
      if (!store.loseNextResponse) return;
      store.loseNextResponse = false;
      throw new Error('socket hang up');
    },
  };
  return store;
}
