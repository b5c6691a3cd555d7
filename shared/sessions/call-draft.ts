/**
 * A call while its records come in: what of it is known so far, and the item it makes. It holds facts alone, so that a
 * hundred thousand that have not ended are small; content is kept of what it is asked to keep.
 */
import type { Exposure } from '../masking/masker.ts';
import type { Line } from '../transcripts/line-schema.ts';
import { contentOf } from './record-content.ts';
import type { CallItem, RecordContent, RecordPlace, SessionName, StrayItem } from './story.ts';
import { sumExposure } from './sum-exposure.ts';

type IntentLine = Extract<Line, { kind: 'intent' }>;
type EventLine = Extract<Line, { kind: 'event' }>;
type OutcomeLine = Extract<Line, { kind: 'outcome' }>;

/** A stream may have thousands. */
const MAX_KEPT_EVENTS = 50;

type IntentFacts = Pick<CallItem, 'at' | 'timeMs' | 'call' | 'decision' | 'approval' | 'justification' | 'request'>;
type OutcomeFacts = Required<Pick<CallItem, 'outcomeAt' | 'durationMs'>> &
  Pick<CallItem, 'httpStatus' | 'credential' | 'error' | 'answer'> & { readonly status: OutcomeLine['status'] };

export interface CallDraft {
  readonly callId: string;
  readonly session: SessionName;
  intent?: IntentFacts;
  isKept: boolean;
  outcome?: OutcomeFacts;
  exposure: readonly Exposure[];
  events: number;
  readonly eventContents: RecordContent[];
  /** Of its first record, for a call whose intent never comes. */
  first?: { readonly at: RecordPlace; readonly timeMs: number };
}

export function createCallDraft(callId: string, session: SessionName): CallDraft {
  return { callId, session, isKept: false, exposure: [], events: 0, eventContents: [] };
}

export function addIntent(draft: CallDraft, line: IntentLine, at: RecordPlace, isKept: boolean): void {
  const { call, decision, approval, justification } = line;
  const request = contentOf(line, at, isKept);
  draft.isKept = isKept;
  draft.intent = {
    at,
    timeMs: Date.parse(line.time),
    call,
    decision,
    ...(approval !== undefined && { approval }),
    ...(justification !== undefined && { justification }),
    ...(request !== undefined && { request }),
  };
}

export function addEvent(draft: CallDraft, line: EventLine, at: RecordPlace): void {
  draft.first ??= { at, timeMs: Date.parse(line.time) };
  draft.events += 1;
  draft.exposure = sumExposure(draft.exposure, line.exposure);
  const content = draft.eventContents.length < MAX_KEPT_EVENTS ? contentOf(line, at, draft.isKept) : undefined;
  if (draft.isKept && content !== undefined) draft.eventContents.push(content);
}

export function addOutcome(draft: CallDraft, line: OutcomeLine, at: RecordPlace): void {
  const { status, httpStatus, credential, durationMs, error } = line;
  const answer = contentOf(line, at, draft.isKept);
  draft.first ??= { at, timeMs: Date.parse(line.time) };
  draft.exposure = sumExposure(draft.exposure, line.exposure);
  draft.outcome = {
    status,
    outcomeAt: at,
    durationMs,
    ...(httpStatus !== undefined && { httpStatus }),
    ...(credential !== undefined && { credential }),
    ...(error !== undefined && { error }),
    ...(answer !== undefined && { answer }),
  };
}

interface Leases {
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly streamLeaseMs: number;
}

/** What its records tell: without an outcome it is unfinished, and past its lease nobody will ever know. */
export function finishCall(draft: CallDraft, intent: IntentFacts, leases: Leases): CallItem {
  const { session, exposure, events, eventContents } = draft;
  const outcome = draft.outcome ?? { status: isOver(intent, leases) ? 'unknown' : 'unfinished' };
  return { kind: 'call', session, ...intent, ...outcome, exposure, events, eventContents };
}

export function strayOf({ callId, session, first, outcome, events, exposure }: CallDraft): StrayItem | undefined {
  if (first === undefined) return undefined;
  return {
    kind: 'stray',
    session,
    ...first,
    callId,
    ...(outcome !== undefined && { status: outcome.status }),
    events,
    exposure,
  };
}

function isOver({ timeMs, call }: IntentFacts, { nowMs, leaseMs, streamLeaseMs }: Leases): boolean {
  const isStream = call.method === 'GET' || call.method === 'subscriptions/listen';
  return nowMs - timeMs > (isStream ? streamLeaseMs : leaseMs);
}
