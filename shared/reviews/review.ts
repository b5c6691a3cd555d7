/**
 * A review as it rests (DESIGN §1), and the ports of where it does: a report frozen under its digest, a row that is
 * changed by ETag alone, decisions that are only ever added. The transcript is the evidence; these rows are what a page
 * needs. Every method rejects when the store can't be reached; a rejected write may have taken effect (FACTS §3).
 */
import type { Principal } from '../identity/caller.ts';
import type { Answer } from './report.ts';

type Who = Pick<Principal, 'kind' | 'id' | 'name'>;

export type ReviewState = 'open' | 'signed-off';

export interface Review {
  /** `20261122t213000-0123456789abcdef`: when it was opened, and a random part. */
  readonly id: string;
  readonly server: string;
  readonly state: ReviewState;
  /** Digest of the frozen report that is decided on. */
  readonly report: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly builtMs: number;
  readonly answer: Answer['kind'];
  readonly openedMs: number;
  readonly openedBy: Who;
  /** Decisions so far: each changes the row, so that none slips in behind a sign-off. */
  readonly changes: number;
  /** Of the last write: who lost a response finds its own here. */
  readonly attempt: string;
  readonly signedOff?: SignOff;
}

export interface SignOff {
  readonly by: Who;
  readonly atMs: number;
  /** Over the frozen report and the decisions that count; the same stands in the transcript. */
  readonly digest: string;
  readonly kept: number;
  readonly revoked: number;
  readonly notReviewed: number;
}

export const VERDICTS = ['keep', 'revoke'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** On one person or app; the newest counts, the others stay. */
export interface ReviewDecision {
  readonly id: string;
  readonly review: string;
  /** Counts a review's decisions, from 1. */
  readonly number: number;
  readonly principal: Who;
  readonly verdict: Verdict;
  /** In record form. */
  readonly reason: string;
  readonly by: Who;
  readonly decidedMs: number;
}

/** A report that was built for a period, and where it is. */
export interface BuiltReport {
  readonly server: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly builtMs: number;
  readonly report: string;
  readonly answer: Answer['kind'];
}

/** A period that somebody asked for and that takes longer than a request may. */
export interface BuildOrder {
  readonly server: string;
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly orderedMs: number;
}

export interface StoredReview {
  readonly review: Review;
  /** Opaque; a write under an old one conflicts. */
  readonly etag: string;
}

/** `conflict`: something else stands there, which may be our own write whose response was lost. */
export type ReviewWritten = 'written' | 'conflict';

export interface ReviewStore {
  /** Of a server, the newest first, at most `most`. */
  list(server: string, most: number): Promise<readonly Review[]>;
  read(server: string, id: string): Promise<StoredReview | undefined>;
  /** In the order of their numbers. Rejects when one of them can't be read. */
  listDecisions(server: string, review: string): Promise<readonly ReviewDecision[]>;
  create(review: Review): Promise<ReviewWritten>;
  /** Replaces the row if it still has this ETag, and adds the decision: both or neither. */
  decide(review: Review, etag: string, decision: ReviewDecision): Promise<ReviewWritten>;
  replace(review: Review, etag: string): Promise<ReviewWritten>;

  /** The newest built, or the one of exactly this period. */
  readBuilt(server: string, period?: Pick<BuiltReport, 'sinceMs' | 'untilMs'>): Promise<BuiltReport | undefined>;
  /** In the place of one of the same period, and as the newest. */
  putBuilt(built: BuiltReport): Promise<void>;

  listOrders(): Promise<readonly BuildOrder[]>;
  putOrder(order: BuildOrder): Promise<void>;
  /** Twice is as good as once. */
  removeOrder(order: BuildOrder): Promise<void>;
}

/** Frozen reports by their digest; one is never replaced. */
export interface ReportBlobs {
  /** Resolves when exactly these bytes stand there. */
  put(digest: string, bytes: Uint8Array): Promise<void>;
  get(digest: string): Promise<Uint8Array | undefined>;
}

export const REASON_CHARACTERS = 500;

const REVIEW_ID = /^\d{8}t\d{6}-[0-9a-f]{16}$/;
const DIGEST = /^[0-9a-f]{64}$/;

/** Text from an address reaches no store before it has the shape of an id. */
export function isReviewId(text: string): boolean {
  return REVIEW_ID.test(text);
}

export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

export function reviewId(nowMs: number, random: string): string {
  return `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '').toLowerCase()}-${random}`;
}
