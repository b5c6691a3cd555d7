/**
 * What people do with approvals, from whichever channel: the one interface of pages, API and Teams replies (DESIGN §5).
 * It authorizes by itself: a caller of it only says who the person is and how they came. What is not for a person and
 * what is not there get the same answer.
 */
import type { Channel } from '../config/channels.ts';
import type { Principal } from '../identity/caller.ts';
import type { Json } from '../json/value.ts';
import type { Verdict } from './approval.ts';
import type { ApprovalState } from './states.ts';

/** A person whose identity the channel has verified; apps never become one. */
export interface Person {
  readonly tenant: string;
  readonly principal: Principal & { readonly kind: 'user' };
  /** Names of `gateway.yaml`'s groups that the person is in, freshly known. */
  readonly groups: readonly string[];
  readonly channel: Channel;
  /** The app through which the person came: the gateway's own for pages and Teams, the CLI's for the API. */
  readonly agent: { readonly id: string; readonly name?: string };
  readonly address: string;
  /** `uti`, `jti` or the session's id; names the sign-in without being it. */
  readonly tokenId: string;
}

export interface ApprovalSummary {
  readonly id: string;
  readonly code: string;
  readonly state: ApprovalState;
  readonly server: string;
  readonly tool: string;
  readonly requester: { readonly kind: 'user' | 'app'; readonly id: string; readonly name?: string };
  readonly agent: { readonly id: string; readonly name?: string };
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly justification?: string;
  readonly attention?: string;
}

export interface ApprovalView extends ApprovalSummary {
  /** Masked, but for classes that policy reveals to this person. Once it was sent or has ended, the masked excerpt. */
  readonly arguments: Json;
  readonly reasons: readonly string[];
  readonly policies: readonly string[];
  /** Quorums that are still needed, with whom they want. */
  readonly needs: readonly { readonly quorum: string; readonly from: readonly { group: string; people: number }[] }[];
  readonly decisions: readonly {
    readonly person: { readonly id: string; readonly name?: string };
    readonly verdict: Verdict;
    readonly reason: string;
    readonly channel: Channel;
    readonly decidedMs: number;
    /** Whether it counted when it was last looked at. */
    readonly counts: boolean;
  }[];
  /** To be sent back with the decision: what the person saw is what is decided. */
  readonly evidence: string;
  readonly endedMs?: number;
  readonly endReason?: string;
  /** Whether this person may decide it now, and if not why, in words for them. */
  readonly mayDecide: boolean;
  readonly whyNot?: string;
}

export interface DecisionInput {
  readonly approval: string;
  readonly verdict: Verdict;
  /** At most `REASON_CHARACTERS`; may be empty for an approval, not for a denial. */
  readonly reason: string;
  /** As shown (`ApprovalView.evidence`); absent from Teams replies, which answer the card. */
  readonly evidence?: string;
}

export type DecisionRefusal =
  /** Not there, or not for this person: nobody learns which. */
  | 'not-found'
  /** It is the person's own request. */
  | 'own-request'
  /** This channel does not count for any quorum that it needs. */
  | 'channel'
  /** It is not pending any more: decided, expired, cancelled. */
  | 'ended'
  /** What was shown is not what would be decided. */
  | 'changed'
  /** No reason where one is wanted, or a too long one. */
  | 'reason'
  /** The store or the transcript can't be written: nobody can say whether it was kept. Look again. */
  | 'unavailable';

export type DecisionResult =
  | {
      readonly kind: 'taken';
      readonly verdict: Verdict /** It was said before, by the same person. */;
      readonly isRepeat: boolean;
    }
  | { readonly kind: 'refused'; readonly code: DecisionRefusal /** For the person. */; readonly text: string };

export const REASON_CHARACTERS = 500;

export interface Inbox {
  /** Pending requests that this person may decide, oldest first; and how many there are, at most `limit` given. */
  list(
    person: Person,
    limit: number,
  ): Promise<{ readonly approvals: readonly ApprovalSummary[]; readonly total: number }>;
  /**
   * For who may decide it, asked for it, or audits its server; undefined for everybody else. That they looked, and what
   * they saw, is on record by then; rejects where it can't be.
   */
  show(person: Person, approvalId: string): Promise<ApprovalView | undefined>;
  /** For the same people, and without what it asks for. */
  find(person: Person, approvalId: string): Promise<ApprovalSummary | undefined>;
  /** Records, inserts the decision, queues its id; the approver function applies it. Never rejects. */
  decide(person: Person, input: DecisionInput): Promise<DecisionResult>;
  /** Ids of pending approvals with this short code; more than one is for the page to tell apart. */
  findByCode(code: string): Promise<readonly string[]>;
}
