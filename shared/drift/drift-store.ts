/**
 * What instances tell each other of tools whose definition is not the pinned one: the port and what it holds. One note
 * per tool. A note is evidence, not a decision: each instance holds it against its own lock, because two deployments
 * with different locks run side by side while one replaces the other.
 */

export interface DriftNote {
  readonly server: string;
  readonly tool: string;
  /** The digest in the lock of whoever noted it. */
  readonly pinned: string;
  /** The digest of what the upstream listed; undefined for a definition that has none (a lone surrogate, 1e400). */
  readonly seen?: string;
  /** What the upstream listed, as JSON, in its record form; undefined where it is too large. */
  readonly definition?: string;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
}

/** A note in the store, with the version that names exactly this state of it. */
export interface StoredNote extends DriftNote {
  readonly version: string;
}

export interface DriftStore {
  /** Every note. Rejects when the store can't be read: an empty answer would lift every quarantine. */
  list(): Promise<readonly StoredNote[]>;
  /** Puts the note in the place of one that is there, and gives its version. Twice is as good as once. */
  upsert(note: DriftNote): Promise<string>;
  /**
   * Deletes that version; does nothing where it is gone or another took its place: what another instance has seen since
   * is newer evidence than what this one wants to clear.
   */
  remove(note: { readonly server: string; readonly tool: string; readonly version: string }): Promise<void>;
}

/** A definition whose JSON has more bytes is told by its digest alone: a table row has little room. */
export const MOST_DEFINITION_BYTES = 32_768;
