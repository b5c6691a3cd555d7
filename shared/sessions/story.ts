/**
 * What happened in a session, item by item, as its verified records tell it (DESIGN §6, §8 `replay`). Plain data made of
 * record forms: nothing here was ever unmasked, and nothing is said that no record says.
 */
import type { Exposure } from '../masking/masker.ts';
import type {
  Actor,
  ApprovalHappening,
  CallFacts,
  DecisionFacts,
  OutcomeStatus,
  ViewedThing,
} from '../transcripts/entry.ts';

/** Of one record: `seq` is its number in the chain of its segment. */
export interface RecordPlace {
  readonly container: string;
  readonly segment: string;
  readonly seq: number;
}

export interface SessionName {
  readonly id: string;
  readonly server: string;
}

/** What a record holds beside its facts, in record form: in its line, or in a side blob of its segment. */
export type RecordContent =
  | { readonly kind: 'inline'; readonly value: unknown }
  | { readonly kind: 'side-blob'; readonly container: string; readonly name: string; readonly bytes: number }
  /** There is some, and whoever assembled did not ask for it. */
  | { readonly kind: 'left-out' };

interface Item {
  readonly at: RecordPlace;
  readonly session: SessionName;
  readonly timeMs: number;
}

export type CallStatus =
  | OutcomeStatus
  /** It went nowhere: policy, or something before it. */
  | 'refused'
  /** It waits under an approval; whether it ran, a later call under the same approval says. */
  | 'held'
  /** No outcome yet, and one may still come. */
  | 'unfinished';

/** A request that somebody known made of a server: one run, one refusal, or one hold. */
export interface CallItem extends Item {
  readonly kind: 'call';
  readonly call: CallFacts;
  readonly decision: DecisionFacts;
  /** Of `refused`. */
  readonly refusal?: { readonly stage: string; readonly code: string; readonly detail: string };
  /** The agent's own words, masked; nobody verified them. */
  readonly justification?: string;
  /** Under which it is held, or was released. */
  readonly approval?: string;
  readonly status: CallStatus;
  /** Of the record that says how it ended. */
  readonly outcomeAt?: RecordPlace;
  readonly httpStatus?: number;
  readonly credential?: { readonly secret: string; readonly version: string };
  readonly durationMs?: number;
  readonly error?: { readonly code: string; readonly detail: string };
  /** What was delivered, over all of its events and its answer, by class, then outcome. A release delivers to nobody. */
  readonly exposure: readonly Exposure[];
  /** Of a stream: messages before the answer. */
  readonly events: number;
  readonly request?: RecordContent;
  readonly answer?: RecordContent;
  /** The first of them, where their content was asked for. */
  readonly eventContents: readonly RecordContent[];
}

/** A request that was turned away before anybody knew whose it was: no token, a wrong one, a foreign origin. */
export interface TurnedAwayItem extends Item {
  readonly kind: 'turned-away';
  readonly stage: string;
  readonly code: string;
  readonly detail: string;
  readonly address: string;
}

/** Something happened to an approval. Its `held` and `joined` are told as a call too, at the same place. */
export interface ApprovalItem extends Item {
  readonly kind: 'approval';
  readonly approval: string;
  readonly event: ApprovalHappening;
  readonly call?: CallFacts;
  readonly decision?: DecisionFacts;
  readonly by?: Actor;
  readonly verdict?: 'approve' | 'deny';
  /** The agent's words when it is held, the person's when it is decided. */
  readonly reason?: string;
  readonly detail?: string;
  readonly request?: RecordContent;
}

/** A kept answer handed over: the exposure to the caller happens here. */
export interface DeliveryItem extends Item {
  readonly kind: 'delivery';
  readonly call: CallFacts;
  readonly approval: string;
  readonly releaseCallId: string;
  readonly exposure: readonly Exposure[];
  readonly error?: { readonly code: string; readonly detail: string };
  readonly answer?: RecordContent;
}

/** A person looked; the exposure is what they saw in clear. */
export interface ViewItem extends Item {
  readonly kind: 'view';
  readonly what: ViewedThing;
  readonly by: Actor;
  readonly subject?: string;
  readonly exposure: readonly Exposure[];
  readonly detail?: string;
}

export interface AdministrationItem extends Item {
  readonly kind: 'administration';
  readonly action: string;
  readonly by?: Actor;
  readonly detail: string;
}

/** How a segment was found whose writer had ended. */
export interface RecoveryItem extends Item {
  readonly kind: 'recovery';
  readonly container: string;
  readonly segment: string;
  readonly lines: number;
  readonly bytes: number;
  readonly unfinished: readonly string[];
  readonly unfinishedCount: number;
}

/** Events or an outcome of a call whose intent is not among the records that were read: who it was is not known here. */
export interface StrayItem extends Item {
  readonly kind: 'stray';
  readonly callId: string;
  readonly status?: OutcomeStatus;
  readonly events: number;
  readonly exposure: readonly Exposure[];
}

export type StoryItem =
  | CallItem
  | TurnedAwayItem
  | ApprovalItem
  | DeliveryItem
  | ViewItem
  | AdministrationItem
  | RecoveryItem
  | StrayItem;

/** Names one record among all: no container's name has a slash, and no segment's a hash. */
export function placeKey({ container, segment, seq }: RecordPlace): string {
  return `${container}/${segment}#${seq}`;
}

/** By time, and within one segment as recorded. */
export function compareItems(left: StoryItem, right: StoryItem): number {
  if (left.timeMs !== right.timeMs) return left.timeMs - right.timeMs;
  const [a, b] = [left.at, right.at];
  if (a.segment === b.segment) return a.seq - b.seq;
  return a.segment < b.segment ? -1 : 1;
}
