/**
 * This instance's view of the blocks (DESIGN §7): polled every 5 s, so that asking costs no I/O; older than 10 s it is
 * read again before anything is decided, and while it can't be read everybody is denied. What another instance blocks is
 * known here within a poll, what this one blocks at once.
 */
import type { Log } from '../../log.ts';
import { err, ok, type Result } from '../../result.ts';
import {
  type Block,
  type BlockKey,
  type BlockStore,
  type BlockSubject,
  describeKey,
  isOver,
  keysOf,
  textOf,
} from './block.ts';

export interface BlockProblem {
  readonly code: 'blocked' | 'blocks-unknown';
  /** For record and log only: why somebody is blocked is not for them. */
  readonly detail: string;
}

export interface Blocks {
  /** The first read; rejects when the blocks can't be read: call again. After it they are read every `POLL_MS`. */
  load(): Promise<void>;
  /** Whether the subject may go on. Without I/O unless what is known is too old. Never rejects. */
  check(subject: BlockSubject): Promise<Result<void, BlockProblem>>;
  /**
   * For what stays open: calls back once, when the subject is blocked (at once if it is already) or nobody can say any
   * more. Returns how to stop; call it when what was open is closed.
   */
  watch(subject: BlockSubject, onBlocked: (problem: BlockProblem) => void): () => void;
  /** Milliseconds since the read began that decides here, Infinity before the first; and whether it still may. */
  age(): { readonly ageMs: number; readonly isFresh: boolean };
  /** As the store has them now, ended ones too. Rejects when they can't be read. */
  list(): Promise<readonly Block[]>;
  /** Both rejected: it may have taken effect or not, and the next poll tells. */
  add(block: Block): Promise<void>;
  remove(key: BlockKey): Promise<void>;
  /** No read begins any more, and nobody is called back. */
  close(): void;
}

export interface BlocksOptions {
  readonly store: BlockStore;
  /** Milliseconds that never go back. */
  readonly monotonicMs: () => number;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Runs something once, later; returns how to cancel it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly log: Log;
}

export const POLL_MS = 5_000;
/** What is known longer than this decides nothing. */
export const STALE_MS = 10_000;

interface Watcher {
  readonly keys: readonly string[];
  readonly onBlocked: (problem: BlockProblem) => void;
}

const NEVER = Number.NEGATIVE_INFINITY;
const UNKNOWN: BlockProblem = { code: 'blocks-unknown', detail: 'the blocks can’t be read, so everybody is denied' };

export function createBlocks({ store, monotonicMs, nowMs, after, log }: BlocksOptions): Blocks {
  let known: ReadonlyMap<string, Block> = new Map();
  /** When the read began that `known` comes from. */
  let readAtMs = NEVER;
  /** Changes made here: a read that began before one does not know of it. */
  let changes = 0;
  let reading: Promise<void> | undefined;
  let loaded: Promise<void> | undefined;
  let isFailing = false;
  let isClosed = false;
  let cancelPoll: (() => void) | undefined;
  const watchers = new Set<Watcher>();

  const isFresh = (): boolean => monotonicMs() - readAtMs <= STALE_MS;

  /** One read at a time, whoever asks for it. */
  function refresh(): Promise<void> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function read(): Promise<void> {
    for (;;) {
      const beganMs = monotonicMs();
      const changesBefore = changes;
      const listed = await store.list();
      if (changes !== changesBefore) continue;
      known = new Map(listed.map((block) => [textOf(block), block]));
      readAtMs = beganMs;
      tellWatchers();
      return;
    }
  }

  async function poll(): Promise<void> {
    try {
      await refresh();
      if (isFailing) log('info', 'blocks-readable');
      isFailing = false;
    } catch (cause) {
      if (!isFailing) log('error', 'blocks-unreadable', {}, cause);
      isFailing = true;
      if (!isFresh()) tellWatchers(() => UNKNOWN);
    }
    schedule();
  }

  function schedule(): void {
    cancelPoll?.();
    if (!isClosed) cancelPoll = after(POLL_MS, () => void poll());
  }

  function blockedBy(keys: readonly string[]): BlockProblem | undefined {
    const now = nowMs();
    for (const key of keys) {
      const block = known.get(key);
      if (block === undefined || isOver(block, now)) continue;
      return { code: 'blocked', detail: `${describeKey(block)} is blocked: ${block.reason}` };
    }
    return undefined;
  }

  function tellWatchers(problemOf = blockedBy): void {
    for (const watcher of watchers) tell(watcher, problemOf(watcher.keys));
  }

  function tell(watcher: Watcher, problem: BlockProblem | undefined): void {
    if (problem === undefined) return;
    watchers.delete(watcher);
    watcher.onBlocked(problem);
  }

  /** What the store has taken stands here too, before whoever asked for it hears that it is done. */
  async function change(write: Promise<void>, apply: (blocks: Map<string, Block>) => void): Promise<void> {
    try {
      await write;
    } catch (cause) {
      // It may have taken effect all the same: what is known decides nothing until it is read again.
      readAtMs = NEVER;
      throw cause;
    } finally {
      changes += 1;
    }
    const next = new Map(known);
    apply(next);
    known = next;
    tellWatchers();
  }

  return {
    load() {
      loaded ??= refresh().then(schedule, (cause: unknown) => {
        loaded = undefined;
        throw cause;
      });
      return loaded;
    },
    async check(subject) {
      // A failure is told by what is known being as old as before; the poll logs it.
      if (!isFresh()) await refresh().catch(() => undefined);
      const problem = isFresh() ? blockedBy(keysOf(subject)) : UNKNOWN;
      return problem === undefined ? ok(undefined) : err(problem);
    },
    watch(subject, onBlocked) {
      const watcher = { keys: keysOf(subject), onBlocked };
      watchers.add(watcher);
      tell(watcher, blockedBy(watcher.keys));
      return () => void watchers.delete(watcher);
    },
    age: () => ({ ageMs: monotonicMs() - readAtMs, isFresh: isFresh() }),
    list: () => store.list(),
    add: (block) => change(store.put(block), (blocks) => blocks.set(textOf(block), block)),
    remove: (key) => change(store.remove(key), (blocks) => blocks.delete(textOf(key))),
    close() {
      isClosed = true;
      cancelPoll?.();
      watchers.clear();
    },
  };
}
