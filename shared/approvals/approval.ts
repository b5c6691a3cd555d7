/**
 * An approval: the row of a held call, and the decisions on it, as plain data (DESIGN §1, §5). Shapes only; which change
 * may follow which stands in `states.ts`. Nothing in it is unmasked: arguments and answer rest in the sealed store.
 */
import type { Channel } from '../config/channels.ts';
import type { Agent, Principal } from '../identity/caller.ts';
import type { SessionRef } from '../transcripts/entry.ts';
import type { ApprovalState } from './states.ts';

export type Verdict = 'approve' | 'deny';

/** Who asked: principal and agent of the held call, and from where. */
export interface Requester {
  readonly tenant: string;
  readonly principal: Principal;
  readonly agent: Agent;
  readonly tokenId: string;
  readonly address: string;
  readonly era: 'modern' | 'legacy';
}

/** A blob of the sealed store with its own data key, wrapped by the keyring: without the key it is noise. */
export interface SealedRef {
  readonly blob: string;
  readonly key: string;
}

/** Who holds the release of an approved call, and until when. */
export interface Claim {
  /** Counts from 1. */
  readonly number: number;
  readonly leaseUntilMs: number;
}

export interface Approval {
  /** `{fingerprint}-{generation}-{12 hex digits}`: locates its partition and its row; not a secret, not guessable. */
  readonly id: string;
  /** Keyed hash of the whole call (`fingerprint.ts`); the partition key. */
  readonly fingerprint: string;
  /** Counts the requests for this very call, from 1. */
  readonly generation: number;
  readonly state: ApprovalState;
  /** Random, of the last change: who wrote it knows its own write again after a lost response. */
  readonly attempt: string;
  readonly createdMs: number;
  /** Nothing is decided or claimed at or after this moment. */
  readonly expiresMs: number;
  readonly requester: Requester;
  readonly server: string;
  readonly tool: string;
  /** Of the tool's pinned definition when the call was held. */
  readonly toolDigest: string;
  /** Fixed when the call was received: a release after midnight keeps it. */
  readonly session: SessionRef;
  /** Of the call that was held. */
  readonly callId: string;
  readonly release: 'worker' | 'caller';
  /** What policy wanted when the call was held: quorums, `@id`s and `@reason`s. */
  readonly quorums: readonly string[];
  readonly policies: readonly string[];
  readonly reasons: readonly string[];
  /** The agent's own words, masked, unverified. */
  readonly justification?: string;
  /** Record form of the arguments as JSON text, cut to `PREVIEW_CHARACTERS`; for cards and lists. */
  readonly preview: string;
  /** Keyed digest of what an approver is asked (`evidence.ts`); each decision carries it. */
  readonly evidence: string;
  /** The request as it will be sent; absent once it was erased. */
  readonly request?: SealedRef;
  readonly claim?: Claim;
  /** Quorums that were met when it was released. */
  readonly met?: readonly string[];
  /** Of the release's records in the transcript. */
  readonly releaseCallId?: string;
  /** The kept answer in client form; absent before there is one and once it was erased. */
  readonly answer?: SealedRef;
  /** When it reached its last state, and until when the same call gets the same answer. */
  readonly endedMs?: number;
  readonly keptUntilMs?: number;
  /** Why it ended, for people: `block`, `tool-changed`, `policy`, `by-requester`, `attempts`, … */
  readonly endReason?: string;
  /** Set when a person has to look: a flag, not a state. */
  readonly attention?: string;
  /** When its notice was posted, and when the sweep last sent it again. */
  readonly noticedMs?: number;
  readonly remindedMs?: number;
}

/** Insert-only; written before its id is queued. */
export interface DecisionRow {
  /** 16 hex digits, from person, channel and verdict: the same person says the same thing once. */
  readonly id: string;
  readonly approval: string;
  readonly person: Principal;
  readonly verdict: Verdict;
  /** The approver's own words, masked; may be empty. */
  readonly reason: string;
  readonly channel: Channel;
  /** Of what the approver was asked: `Approval.evidence` at that moment. */
  readonly evidence: string;
  readonly decidedMs: number;
  /** Keyed: whoever can write to the table but has no keyring can decide nothing. */
  readonly mac: string;
}

/** Of a row's arguments, no more than this stands in cards and lists. */
export const PREVIEW_CHARACTERS = 4_000;
