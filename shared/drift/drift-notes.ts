/**
 * This instance's view of the notes. Reading it is synchronous; the store is written and read behind it, one operation
 * at a time. Of two notes on a tool the later is kept, here and, since whoever knows the later one writes it again, in
 * the store: instances that write at once end with the same note, whatever order their writes arrive in.
 */
import type { Log } from '../log.ts';
import type { DriftNote, DriftStore } from './drift-store.ts';

export interface DriftNotes {
  /** The first read; rejects when the store can't be read: call again. After it the store is read every `POLL_MS`. */
  load(): Promise<void>;
  find(server: string, tool: string): DriftNote | undefined;
  /** Takes effect here at once; written in the background, and again after each poll until it is. */
  put(note: DriftNote): void;
  /** No read begins any more; resolves when the last notes are written, or the store refused them. */
  close(): Promise<void>;
}

export interface DriftNotesOptions {
  readonly store: DriftStore;
  /** Runs something once, later; returns how to cancel it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly log: Log;
}

/** Another instance learns of a note within this, plus the time that one write and one read of the store take. */
export const POLL_MS = 5_000;
/** How old the time in the store may be while the same definition is seen again and again. */
const RENEW_MS = 300_000;

interface Entry {
  note: DriftNote;
  /** As it stands in the store, as far as known. */
  stored: DriftNote | undefined;
  hasFailed: boolean;
}

export function createDriftNotes({ store, after, log }: DriftNotesOptions): DriftNotes {
  const entries = new Map<string, Entry>();
  let loaded: Promise<void> | undefined;
  let writing: Promise<void> | undefined;
  let isFailing = false;
  let isClosed = false;
  let cancelPoll: (() => void) | undefined;

  async function read(): Promise<void> {
    const before = [...entries].map(([key, entry]) => ({ key, entry, note: entry.note }));
    const listed = new Map((await store.list()).map((note) => [keyOf(note.server, note.tool), note]));
    // Nothing here deletes a note: one that was written before the read began and is not in it, an operator deleted.
    for (const { key, entry, note } of before) {
      if (!listed.has(key) && entry.note === note && !needsWriting(entry)) entries.delete(key);
    }
    for (const [key, stored] of listed) {
      const entry = entries.get(key);
      if (entry === undefined || entry.note.lastSeenMs <= stored.lastSeenMs) {
        entries.set(key, { note: stored, stored, hasFailed: false });
      } else {
        entry.stored = stored;
      }
    }
  }

  async function poll(): Promise<void> {
    try {
      await settle();
      await read();
      if (isFailing) log('info', 'drift-store-readable');
      isFailing = false;
    } catch (cause) {
      if (!isFailing) log('error', 'drift-store-unreadable', {}, cause);
      isFailing = true;
    }
    schedule();
    // What the read has shown to be older in the store than here.
    await settle();
  }

  function schedule(): void {
    cancelPoll?.();
    if (!isClosed) cancelPoll = after(POLL_MS, () => void poll());
  }

  function settle(): Promise<void> {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  }

  /** Each tool's newest note, one after another: however fast an upstream changes, at most one write is on its way. */
  async function write(): Promise<void> {
    const refused = new Set<Entry>();
    for (;;) {
      const entry = [...entries.values()].find((one) => needsWriting(one) && !refused.has(one));
      if (entry === undefined) return;
      const { note } = entry;
      try {
        await store.upsert(note);
        entry.stored = note;
        entry.hasFailed = false;
      } catch (cause) {
        refused.add(entry);
        if (!entry.hasFailed) log('error', 'drift-not-noted', { server: note.server, tool: note.tool }, cause);
        entry.hasFailed = true;
      }
    }
  }

  return {
    load() {
      loaded ??= read().then(schedule, (cause: unknown) => {
        loaded = undefined;
        throw cause;
      });
      return loaded;
    },
    find: (server, tool) => entries.get(keyOf(server, tool))?.note,
    put(note) {
      const key = keyOf(note.server, note.tool);
      const entry = entries.get(key);
      if (entry === undefined) entries.set(key, { note, stored: undefined, hasFailed: false });
      else entry.note = note;
      void settle();
    },
    close() {
      isClosed = true;
      cancelPoll?.();
      return settle();
    },
  };
}

function needsWriting({ note, stored }: Entry): boolean {
  if (stored === undefined || stored.seen !== note.seen) return true;
  return note.lastSeenMs - stored.lastSeenMs >= RENEW_MS;
}

/** Server names hold no slash. */
function keyOf(server: string, tool: string): string {
  return `${server}/${tool}`;
}
