/**
 * The drift table in memory, with its promises: replaced whole, deleted only in the version that was read. It can be told
 * to fail, to lose a response after the effect, or to wait.
 */
import type { DriftNote, DriftStore, StoredNote } from '../../../shared/drift/drift-store.ts';

export interface MemoryDriftStore extends DriftStore {
  readonly rows: Map<string, StoredNote>;
  readonly operations: string[];
  isDown: boolean;
  /** The next write lands and its response does not come back. */
  loseNextResponse: boolean;
  /** What every operation waits for before it happens. */
  gate: Promise<void>;
}

export function createMemoryDriftStore(): MemoryDriftStore {
  let versions = 0;
  const enter = async (operation: string): Promise<void> => {
    store.operations.push(operation);
    await store.gate;
    if (store.isDown) throw new Error('the table is down');
  };
  const leave = (): void => {
    if (!store.loseNextResponse) return;
    store.loseNextResponse = false;
    throw new Error('socket hang up');
  };
  const store: MemoryDriftStore = {
    rows: new Map(),
    operations: [],
    isDown: false,
    loseNextResponse: false,
    gate: Promise.resolve(),
    list: async () => {
      // What a read gives is how things stood when it began.
      const rows = [...store.rows.values()];
      await enter('list');
      return rows;
    },
    upsert: async (note: DriftNote) => {
      await enter(`upsert ${note.server}/${note.tool}`);
      versions += 1;
      store.rows.set(`${note.server}/${note.tool}`, { ...note, version: `v${versions}` });
      leave();
      return `v${versions}`;
    },
    remove: async ({ server, tool, version }) => {
      await enter(`remove ${server}/${tool}`);
      const key = `${server}/${tool}`;
      if (store.rows.get(key)?.version === version) store.rows.delete(key);
      leave();
    },
  };
  return store;
}
