/**
 * What may stand at one place of a message, and what is done with it. A message is walked along a tree of places; what the
 * tree does not know is data, into which most is looked: a place that nobody thought of is never let through.
 */
export interface Place {
  readonly kind: PlaceKind;
  /** The protocol's own names here, and what stands under each. An array stands where its items do. */
  readonly members: ReadonlyMap<string, Place>;
  /** What stands under any other name; left out, the same as here. */
  readonly others?: Place;
  /** Other names go back to the server as they are: they stay in the client form, and count as revealed. */
  readonly keepsNames?: true;
  /** No two items may become the same: their markers are numbered. */
  readonly isDistinct?: true;
}

export type PlaceKind =
  /** What the protocol says about things: detectors look into it, field rules don't (`name` is no column here). */
  | 'text'
  /** Content in words: detectors, and field rules for what it holds of JSON, tables and `key: value` lines. */
  | 'prose'
  /** Content in values: detectors and field rules, in names too. */
  | 'data'
  /** Delivered as it came, because the client compares it or sends it back. The record form has no such exception. */
  | 'kept'
  /** Base64 that nobody looked into: delivered as it came or not at all, and never in a record. */
  | 'binary';

const NO_MEMBERS: ReadonlyMap<string, Place> = new Map();

export const TEXT: Place = { kind: 'text', members: NO_MEMBERS };
export const PROSE: Place = { kind: 'prose', members: NO_MEMBERS };
export const DATA: Place = { kind: 'data', members: NO_MEMBERS };
export const KEPT: Place = { kind: 'kept', members: NO_MEMBERS, keepsNames: true };
export const BINARY: Place = { kind: 'binary', members: NO_MEMBERS };

/** An object of the protocol: what it does not name there is data. */
export function objectOf(members: Readonly<Record<string, Place>>): Place {
  return { kind: 'text', members: new Map(Object.entries(members)), others: DATA };
}

/** Names that somebody else chose, all with the same below them. */
export function mapOf(others: Place): Place {
  return { kind: 'text', members: NO_MEMBERS, others };
}

/** The same, where the client sends the names back. */
export function mapOfKept(others: Place): Place {
  return { ...mapOf(others), keepsNames: true };
}
