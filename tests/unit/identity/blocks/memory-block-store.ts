/**
 * The blocks table in memory. It can be told to fail, to hang, or to lose a response after the effect.
 */
import { type Block, type BlockKey, type BlockStore, textOf } from '../../../../shared/identity/blocks/block.ts';

export interface MemoryBlockStore extends BlockStore {
  readonly rows: Map<string, Block>;
  readonly operations: string[];
  isDown: boolean;
  /** The next write takes effect and its response does not come back. */
  loseNextResponse: boolean;
  /** What every answer to a read waits for; the read saw the rows before. */
  gate: Promise<void>;
}

export function createMemoryBlockStore(): MemoryBlockStore {
  const enter = async (operation: string): Promise<void> => {
    store.operations.push(operation);
    await Promise.resolve();
    if (store.isDown) throw new Error('the table is down');
  };
  const leave = (): void => {
    if (!store.loseNextResponse) return;
    store.loseNextResponse = false;
    throw new Error('socket hang up');
  };
  const store: MemoryBlockStore = {
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
    put: async (block) => {
      await enter(`put ${block.kind}`);
      store.rows.set(textOf(block), block);
      leave();
    },
    remove: async (key: BlockKey) => {
      await enter(`remove ${key.kind}`);
      store.rows.delete(textOf(key));
      leave();
    },
  };
  return store;
}
