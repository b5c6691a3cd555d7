/**
 * What people do with access reviews, from page or command (DESIGN §1): read, open, decide, sign off. It authorizes by
 * itself; what is not for somebody and what is not there get the same answer. Each read is on record before anything is
 * shown, each decision before it takes effect.
 */
import type { Agent, Principal } from '../identity/caller.ts';
import type { Period } from './read-period.ts';
import type { ReviewReport } from './report.ts';
import type { BuiltReport, Review, ReviewDecision, Verdict } from './review.ts';

/** A person at a page, or whoever calls the API; apps may read where policy lets them audit. */
export interface ReviewActor {
  readonly principal: Principal;
  readonly agent: Agent;
  /** Names of `gateway.yaml`'s groups. */
  readonly groups: readonly string[];
  readonly channel: string;
  readonly tokenId: string;
  readonly address: string;
}

/** Which report: of a review, or of a period that was built; without either the newest. */
export interface WhichReport {
  readonly review?: string;
  readonly period?: Pick<Period, 'sinceMs' | 'untilMs'>;
}

export interface ReviewView {
  readonly server: string;
  readonly report: ReviewReport;
  /** Of the frozen report. */
  readonly digest: string;
  readonly opened?: OpenedReview;
  /** May open, decide and sign off; who may only audit reads. */
  readonly mayReview: boolean;
  /** `personKey` of the reader: nobody decides on themselves. */
  readonly self: string;
}

export interface OpenedReview {
  readonly review: Review;
  /** All of them, in order. */
  readonly decisions: readonly ReviewDecision[];
  /** What a sign-off now would name. */
  readonly digest: string;
  /** Object ids that are blocked on the server at this moment; undefined where nobody can say. */
  readonly blocked: ReadonlySet<string> | undefined;
}

export interface ServerReviews {
  readonly server: string;
  readonly latest?: BuiltReport;
  readonly reviews: readonly Review[];
}

export type ReviewRefusal =
  /** Not there, or not for them: nobody learns which. */
  | 'not-found'
  /** What was shown is not what would be decided or signed. */
  | 'changed'
  /** It is signed off. */
  | 'ended'
  /** Their own row: somebody else decides it. */
  | 'own-row'
  /** No reason, or too long a one. */
  | 'reason'
  /** Nobody can say whether it was kept, or nothing was: look again. */
  | 'unavailable';

export type Done<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: ReviewRefusal; readonly text: string };

export interface DecideInput {
  readonly server: string;
  readonly review: string;
  readonly principal: Pick<Principal, 'kind' | 'id'>;
  readonly verdict: Verdict;
  readonly reason: string;
  /** Digest of the report as it was shown. */
  readonly report: string;
}

export interface SignOffInput {
  readonly server: string;
  readonly review: string;
  /** As it was shown: over the report and the decisions. */
  readonly digest: string;
}

export type BuildOutcome =
  | { readonly kind: 'built'; readonly report: ReviewReport; readonly digest: string }
  /** It takes longer than a request may: a timer builds it. */
  | { readonly kind: 'ordered' };

export interface Reviews {
  /** Servers that the actor may audit or review. */
  overview(actor: ReviewActor): Promise<readonly ServerReviews[]>;
  /** `what`: as what the read goes on record. Undefined: not there, or not for them. Rejects where it can't be recorded. */
  show(
    actor: ReviewActor,
    server: string,
    which: WhichReport,
    what?: 'review' | 'export',
  ): Promise<ReviewView | 'not-built' | undefined>;
  /** Undefined as above. */
  build(actor: ReviewActor, period: Period): Promise<BuildOutcome | undefined>;
  /** Opens a review of a report that was built; `report` is its digest. */
  open(actor: ReviewActor, server: string, report: string): Promise<Done<Review>>;
  decide(actor: ReviewActor, input: DecideInput): Promise<Done<ReviewDecision>>;
  signOff(actor: ReviewActor, input: SignOffInput): Promise<Done<Review>>;
}
