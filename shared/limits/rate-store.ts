/**
 * Where instances tell each other their counts: one row each, replaced whole by its owner, read by all.
 * A row holds what an instance let in during the last minute, and is of no worth after it.
 */
import type { Buckets } from './window.ts';

export interface RateRow {
  /** Names the instance; unique, `[0-9a-f-]`. */
  readonly writer: string;
  readonly counts: ReadonlyMap<string, Buckets>;
}

export interface StandingRow extends RateRow {
  /** By the store's clock, milliseconds since 1970. */
  readonly writtenMs: number;
  /** Of the row as it was read. */
  readonly version: string;
}

/** Rejects when the store can't be reached, within a deadline of its own. */
export interface RateStore {
  /** Makes or replaces the writer's row. Only its writer calls this, so there is nothing to race with. */
  put(row: RateRow): Promise<void>;
  /** A row that cannot be read is there with no counts: it says nothing, and can be removed. */
  list(): Promise<readonly StandingRow[]>;
  /** Removes a row if it stands in that version, or in any; one that is gone or was replaced is no error. */
  remove(writer: string, version?: string): Promise<void>;
}
