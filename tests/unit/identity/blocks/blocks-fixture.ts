/** Instances over one store of blocks, on clocks that only the test moves; a poll happens when the test says. */
import type { Block, BlockStore, BlockSubject } from '../../../../shared/identity/blocks/block.ts';
import { type Blocks, createBlocks } from '../../../../shared/identity/blocks/blocks.ts';
import { createMemoryBlockStore, type MemoryBlockStore } from './memory-block-store.ts';

const PREFIX = '5a11e000-0000-4000-8000-0000000000';

export const TENANT = `${PREFIX}01`;
export const ALICE = `${PREFIX}b1`;
export const BOB = `${PREFIX}b2`;
export const ASSISTANT = `${PREFIX}c1`;

export const alice: BlockSubject = {
  tenant: TENANT,
  principal: { id: ALICE },
  agent: { id: ASSISTANT },
  tokenId: 'uti-1',
  session: ['k2-aa', 'k1-bb'],
  server: 'crm',
};
export const bob: BlockSubject = { tenant: TENANT, principal: { id: BOB } };

export function blockOf(more: Partial<Block> = {}): Block {
  const by = { id: `${PREFIX}b4`, name: 'dave' };
  return { kind: 'principal', value: ALICE, reason: 'left the company', by, createdMs: 0, ...more };
}

export interface Instance extends Blocks {
  readonly logged: string[];
  readonly delays: number[];
  /** `free`, or the code why not. */
  ask(subject: BlockSubject): Promise<string>;
  /** Runs the poll that is due, to its end. */
  poll(): Promise<void>;
  isPolling(): boolean;
}

export interface World {
  readonly store: MemoryBlockStore;
  readonly clock: { ms: number };
  start(store?: BlockStore): Instance;
}

export function createWorld(): World {
  const store = createMemoryBlockStore();
  const clock = { ms: 1_000 };
  return {
    store,
    clock,
    start: (own = store) => {
      const logged: string[] = [];
      const delays: number[] = [];
      let due: (() => void) | undefined;
      const blocks = createBlocks({
        store: own,
        monotonicMs: () => clock.ms,
        nowMs: () => EPOCH_MS + clock.ms,
        after: (delayMs, run) => {
          delays.push(delayMs);
          due = run;
          return () => {
            due = undefined;
          };
        },
        log: (level, event) => logged.push(`${level} ${event}`),
      });
      return {
        ...blocks,
        logged,
        delays,
        ask: async (subject) => {
          const checked = await blocks.check(subject);
          return checked.ok ? 'free' : checked.error.code;
        },
        poll: async () => {
          const run = due;
          due = undefined;
          run?.();
          await settle();
        },
        isPolling: () => due !== undefined,
      };
    },
  };
}

export const EPOCH_MS = Date.UTC(2026, 10, 22, 12);

/** Lets everything that waits for the store in memory happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
