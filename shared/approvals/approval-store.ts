/**
 * Where approvals rest (DESIGN §5), as a narrow port: rows by ETag, decisions that can only be inserted, and an index of
 * what is not finished. The store is dumb: it decides nothing and retries nothing that could take effect twice.
 * Every method rejects when the store can't be reached; a rejected write may have taken effect (FACTS §3): who wrote
 * reads back and looks for its own `attempt`.
 */
import type { Approval, DecisionRow } from './approval.ts';
import type { ApprovalState } from './states.ts';

/** Opaque; a write under an old one conflicts. */
export type ETag = string;

/** Which request stands for a fingerprint now. */
export interface Head {
  readonly generation: number;
  readonly approval: string;
  readonly etag: ETag;
}

export interface StoredApproval {
  readonly approval: Approval;
  readonly etag: ETag;
}

/** `conflict`: something else stands there, which may be our own write whose response was lost. */
export type Written = { readonly kind: 'written'; readonly etag: ETag } | { readonly kind: 'conflict' };

/** A row of the index: what lists, short codes and timers need without reading every approval. */
export interface OpenRow {
  readonly approval: string;
  /** Short, for people to type (`short-code.ts`). */
  readonly code: string;
  readonly server: string;
  readonly tool: string;
  /** Who asked: lists are made for those who may answer. */
  readonly requester: { readonly kind: 'user' | 'app'; readonly id: string };
  /** A hint, written after the row itself: whoever leans on it reads the row. */
  readonly state: ApprovalState;
  /** Likewise. */
  readonly needsAttention: boolean;
  readonly createdMs: number;
  /** When it is to be looked at next: while it waits its expiry, once it ended until when its answer is kept. */
  readonly expiresMs: number;
}

export interface ApprovalStore {
  readHead(fingerprint: string): Promise<Head | undefined>;
  /**
   * Head and request in one batch: all or nothing. `over` is the head that it replaces; without one there must be none.
   */
  open(approval: Approval, over: Head | undefined): Promise<Written>;
  read(approvalId: string): Promise<StoredApproval | undefined>;
  /** Replaces the request's row if it still has this ETag. */
  replace(approval: Approval, etag: ETag): Promise<Written>;

  /** `conflict` when a row of this id stands already. */
  insertDecision(decision: DecisionRow): Promise<Written>;
  /** Of one approval, in any order. A row that can't be read is left out and counted. */
  listDecisions(
    approvalId: string,
  ): Promise<{ readonly decisions: readonly DecisionRow[]; readonly unreadable: number }>;

  /** Inserts or replaces. */
  putOpen(row: OpenRow): Promise<void>;
  /** How many requests of this principal wait, as the hints of the index say. */
  countWaiting(requester: OpenRow['requester']): Promise<number>;
  /** Absent is fine. */
  removeOpen(approvalId: string): Promise<void>;
  /** All of them, in no order. One that can't be read comes empty but for its id, as `unknown`: put it anew. */
  listOpen(): AsyncIterable<OpenRow>;
}

export interface ApprovalIdParts {
  readonly fingerprint: string;
  readonly generation: number;
  /** 12 hex digits: two instances that race for a generation never share an id. */
  readonly nonce: string;
}

const APPROVAL_ID = /^(k[1-9][0-9]{0,3}-[0-9a-f]{32})-([1-9][0-9]{0,6})-([0-9a-f]{12})$/;

export function formatApprovalId({ fingerprint, generation, nonce }: ApprovalIdParts): string {
  return `${fingerprint}-${generation}-${nonce}`;
}

/** Undefined for what is no approval id: text from a URL or a message never reaches a key of a table otherwise. */
export function parseApprovalId(id: string): ApprovalIdParts | undefined {
  const [, fingerprint, generation, nonce] = APPROVAL_ID.exec(id) ?? [];
  if (fingerprint === undefined || generation === undefined || nonce === undefined) return undefined;
  return { fingerprint, generation: Number(generation), nonce };
}
