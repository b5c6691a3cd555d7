/**
 * What instances tell each other of tools that were seen with another definition than the pinned one: the port and what
 * it holds. A note says what was last seen of a tool, not what follows from it: each instance holds it against its own
 * lock, because two deployments with different locks run side by side while one replaces the other.
 */

export interface DriftNote {
  readonly server: string;
  readonly tool: string;
  /** The digest in the lock of whoever noted it. */
  readonly pinned: string;
  /** The digest of what the upstream listed last; undefined for a definition that has none (a lone surrogate, 1e400). */
  readonly seen?: string;
  /** What the upstream listed, as JSON, in its record form; undefined where it is as pinned, or too large. */
  readonly definition?: string;
  /** When this digest was seen first, and last; the later of two notes on a tool is the true one. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

export interface DriftStore {
  /** Every note. Rejects when the store can't be read: an empty answer would lift every quarantine. */
  list(): Promise<readonly DriftNote[]>;
  /** Puts the note in the place of one that is there: twice is as good as once, so a lost response harms nothing. */
  upsert(note: DriftNote): Promise<void>;
}

/** A definition whose JSON has more bytes is told by its digest alone: a table row has little room. */
export const MOST_DEFINITION_BYTES = 32_768;
