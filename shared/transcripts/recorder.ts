/**
 * The transcript's writing end (DESIGN §6): entries in, durable lines out, for every session of this process.
 * It holds one log per live session, so that concurrent first records open one segment and not two, and closes
 * those that idle or that are more than memory should hold. It never logs content and never records late: a record
 * that is not durable by its deadline is rejected, and its caller lets nothing through.
 */
import type { Log } from '../log.ts';
import type { Clock } from './attempt.ts';
import { type Entry, NotRecorded, type Recorder, type SessionRef } from './entry.ts';
import { isNameable, transcriptContainer } from './layout.ts';
import { type Draft, draftEntry } from './line.ts';
import type { Genesis } from './line-schema.ts';
import type { SegmentStore } from './segment-store.ts';
import { createSessionLog, type SessionLog } from './session-log.ts';
import { createWriter, type Endorser } from './writer.ts';

export interface RecorderOptions extends Clock {
  readonly store: SegmentStore;
  readonly endorser: Endorser;
  /** Lower-case hex SHA-256 of the configuration; stands in each genesis. */
  readonly configDigest: string;
  readonly versions: { readonly sallyport: string; readonly format: Genesis['format'] };
  readonly randomBytes: (count: number) => Uint8Array;
  /** How long a record may take to become durable, milliseconds, counted from the call of `record`. */
  readonly deadlineMs: number;
  /** A segment without records for so long is closed, milliseconds. */
  readonly idleMs: number;
  /** How many segments may be open at once; the one that rested longest is closed first. Default 1,000. */
  readonly maxOpenSegments?: number;
  readonly log: Log;
}

export interface TranscriptRecorder extends Recorder {
  /** Fetches the writer's endorsement ahead of the first record. Rejects if the vault does; the first record asks again. */
  warmUp(): Promise<void>;
  /** Takes no more records, waits for those that came, and closes every open segment. */
  close(): Promise<void>;
  readonly openSegments: number;
}

const DEFAULT_MAX_OPEN_SEGMENTS = 1_000;
/** One request to storage or vault may take a third of a record's time, so that two more tries fit. */
const TRIES_IN_DEADLINE = 3;

interface Open {
  readonly sessionLog: SessionLog;
  lastUsedMs: number;
  cancelIdle: () => void;
}

export function createRecorder(options: RecorderOptions): TranscriptRecorder {
  const { deadlineMs, idleMs, log, maxOpenSegments = DEFAULT_MAX_OPEN_SEGMENTS } = options;
  const clock: Clock = options;
  const tryMs = Math.ceil(deadlineMs / TRIES_IN_DEADLINE);
  const writer = createWriter({ ...options, clock, tryMs });
  /** By session, the least recently used first. */
  const open = new Map<string, Open>();
  let segments = 0;
  let isClosed = false;

  const logOf = (session: SessionRef): SessionLog => {
    const key = `${transcriptContainer(session.retention)}/${session.server}/${session.id}`;
    const known = open.get(key);
    if (known) {
      known.lastUsedMs = clock.monotonicMs();
      open.delete(key);
      open.set(key, known);
      return known.sessionLog;
    }
    const sessionLog = createSessionLog({
      ...options,
      clock,
      writer,
      tryMs,
      session,
      nextSegmentNumber: () => ++segments,
      onEmpty: () => {
        added.cancelIdle();
        open.delete(key);
      },
    });
    const added: Open = { sessionLog, lastUsedMs: clock.monotonicMs(), cancelIdle: () => {} };
    open.set(key, added);
    watchIdle(added, idleMs);
    makeRoom();
    return sessionLog;
  };

  const watchIdle = (watched: Open, inMs: number): void => {
    watched.cancelIdle = clock.after(inMs, () => {
      const leftMs = watched.lastUsedMs + idleMs - clock.monotonicMs();
      if (leftMs <= 0) void watched.sessionLog.close('idle');
      watchIdle(watched, leftMs > 0 ? leftMs : idleMs);
    });
  };

  const makeRoom = (): void => {
    let excess = open.size - maxOpenSegments;
    for (const { sessionLog } of open.values()) {
      if (excess <= 0) return;
      if (sessionLog.isBusy) continue;
      void sessionLog.close('crowded');
      excess -= 1;
    }
  };

  return {
    async record(session, entry) {
      if (isClosed) throw new NotRecorded('the recorder is closed');
      if (!isNameable(session)) throw new NotRecorded('the session cannot name a blob');
      const draft = draftOf(entry, clock.nowMs());
      return logOf(session).add(draft);
    },
    async warmUp() {
      await writer.credentials();
    },
    async close() {
      isClosed = true;
      const logs = [...open.values()];
      await Promise.all(logs.map(({ sessionLog }) => sessionLog.close('shutdown')));
      if (logs.length > 0) log('info', 'transcript-segments-closed', { count: logs.length });
    },
    get openSegments() {
      return [...open.values()].filter(({ sessionLog }) => sessionLog.hasSegment).length;
    },
  };
}

function draftOf(entry: Entry, nowMs: number): Draft {
  try {
    return draftEntry(entry, new Date(nowMs).toISOString());
  } catch (cause) {
    throw new NotRecorded('the entry could not be written as a record', { cause });
  }
}
