/**
 * The index of sessions (DESIGN §6): derived data, made of verified records alone and made again from the blobs at any
 * time. It only finds sessions; what happened in one is read from its segments.
 */
import type { SessionSummary } from './session-summary.ts';

export interface SegmentPlace {
  readonly container: string;
  readonly segment: string;
}

/** How many of a segment's lines the summary holds. */
export interface SegmentPosition extends SegmentPlace {
  readonly lines: number;
}

export interface IndexedSession {
  /** Undefined as long as only positions are known. */
  readonly summary: SessionSummary | undefined;
  /** Of the session as it was read: changes with every write to it. */
  readonly tag: string;
  /** Counts how often it was begun anew: positions of an earlier one say nothing. */
  readonly generation: number;
}

export interface SessionRange {
  /** Sessions that had a record at or after, and one at or before. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** The last one that was given: the next ones come. */
  readonly after?: { readonly lastMs: number; readonly id: string };
}

/** Every method rejects when the store can't be reached; after a write that rejected nobody knows whether it stands. */
export interface SessionIndex {
  /** Strongly consistent: what was written before is seen. */
  read(server: string, session: string): Promise<IndexedSession | undefined>;
  /** 0 for a segment of which nothing is held in this generation. */
  readPosition(server: string, session: string, generation: number, place: SegmentPlace): Promise<number>;
  /** Of any generation: where segments are, or were. */
  listPositions(server: string, session: string): Promise<readonly SegmentPosition[]>;
  /**
   * Summary and position at once, or nothing: `conflict` when the session is not as it was read (`over`), which a lost
   * response of this very write may say too. `over` undefined: there must be none, and it begins with generation 1.
   */
  write(
    session: { readonly server: string; readonly id: string },
    summary: SessionSummary | undefined,
    position: SegmentPosition,
    over: IndexedSession | undefined,
  ): Promise<{ readonly kind: 'written'; readonly session: IndexedSession } | { readonly kind: 'conflict' }>;
  /** Newest first by their last record, then by id: a range of one partition, read page by page as it is asked for. */
  list(server: string, range: SessionRange): AsyncIterable<SessionSummary>;
  /** Begins all sessions of a server anew, with nothing in them; whoever writes meanwhile begins anew too. */
  reset(server: string): Promise<void>;
}
