/**
 * This instance's view of the notes: the store as last read, overlaid with what it saw itself and the store does not
 * hold yet. Reading the view is synchronous; writes and reads of the store happen behind it, one at a time.
 * A read that began before a change of ours was written never undoes that change.
 */
import type { Log } from '../log.ts';
import type { DriftNote, DriftStore } from './drift-store.ts';

export interface DriftNotes {
  /** The first read; rejects when the store can't be read: call again. After it the store is read every `POLL_MS`. */
  load(): Promise<void>;
  find(server: string, tool: string): DriftNote | undefined;
  put(note: DriftNote): void;
  clear(server: string, tool: string): void;
  /** Resolves when nothing waits to be written, or the store refused it. */
  settle(): Promise<void>;
  /** No read begins any more; resolves as `settle` does. */
  close(): Promise<void>;
}

export interface DriftNotesOptions {
  readonly store: DriftStore;
  /** Runs something once, later; returns how to cancel it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly log: Log;
}

/** How long another instance may not know of a note yet, plus the time that two storage operations take. */
export const POLL_MS = 5_000;

/** What this instance saw of a tool; `note` undefined: the pinned definition again. */
interface Own {
  readonly server: string;
  readonly tool: string;
  readonly note: DriftNote | undefined;
  isWritten: boolean;
  hasFailed: boolean;
}

export function createDriftNotes({ store, after, log }: DriftNotesOptions): DriftNotes {
  let shared: ReadonlyMap<string, DriftNote> = new Map();
  const own = new Map<string, Own>();
  /** Of the row of each tool, as far as known. */
  let versions = new Map<string, string>();
  let loaded: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let isFailing = false;
  let isClosed = false;
  let cancelPoll: (() => void) | undefined;

  async function read(): Promise<void> {
    const settled = [...own].filter(([, { isWritten }]) => isWritten);
    const listed = await store.list();
    // Only what was written before this read began can be in it; the rest of our own stays on top.
    for (const [key, entry] of settled) if (own.get(key) === entry) own.delete(key);
    shared = new Map(listed.map((note) => [keyOf(note.server, note.tool), note]));
    const fresher = [...versions].filter(([key]) => own.has(key));
    versions = new Map([...listed.map((note) => [keyOf(note.server, note.tool), note.version] as const), ...fresher]);
  }

  async function poll(): Promise<void> {
    try {
      await settle();
      await read();
      if (isFailing) log('info', 'drift-store-readable');
      isFailing = false;
    } catch (cause) {
      // The last known state stands. It can only be late: what this instance lists itself is judged without the store.
      if (!isFailing) log('error', 'drift-store-unreadable', {}, cause);
      isFailing = true;
    } finally {
      schedule();
    }
  }

  function schedule(): void {
    cancelPoll?.();
    if (!isClosed) cancelPoll = after(POLL_MS, () => void poll());
  }

  function note(server: string, tool: string, seen: DriftNote | undefined): void {
    own.set(keyOf(server, tool), { server, tool, note: seen, isWritten: false, hasFailed: false });
    void settle();
  }

  function settle(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  /** Each tool's newest state, one after another: however fast an upstream changes, at most one write is on its way. */
  async function write(): Promise<void> {
    const failed = new Set<Own>();
    for (;;) {
      const next = [...own].find(([, entry]) => !entry.isWritten && !failed.has(entry));
      if (next === undefined) return;
      const [key, entry] = next;
      try {
        await writeOne(key, entry);
        entry.isWritten = true;
      } catch (cause) {
        failed.add(entry);
        if (!entry.hasFailed) log('error', 'drift-not-noted', { server: entry.server, tool: entry.tool }, cause);
        entry.hasFailed = true;
      }
    }
  }

  async function writeOne(key: string, { server, tool, note: seen }: Own): Promise<void> {
    if (seen !== undefined) {
      versions.set(key, await store.upsert(seen));
      return;
    }
    const version = versions.get(key);
    if (version === undefined) return;
    await store.remove({ server, tool, version });
    versions.delete(key);
  }

  return {
    load() {
      loaded ??= read().then(schedule, (cause: unknown) => {
        loaded = undefined;
        throw cause;
      });
      return loaded;
    },
    find(server, tool) {
      const key = keyOf(server, tool);
      const entry = own.get(key);
      return entry === undefined ? shared.get(key) : entry.note;
    },
    put: (seen) => note(seen.server, seen.tool, seen),
    clear: (server, tool) => note(server, tool, undefined),
    settle,
    close() {
      isClosed = true;
      cancelPoll?.();
      return settle();
    },
  };
}

/** Server names hold no slash. */
function keyOf(server: string, tool: string): string {
  return `${server}/${tool}`;
}
