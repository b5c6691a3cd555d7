/**
 * Releases an approved call (DESIGN §5): re-check ▸ claim ▸ exchange ▸ keep the answer. Through the same `exchange` as any
 * other call, on an upstream session of its own and without client capabilities. At most once: `sent` stands in the row
 * before the first upstream byte, and after that nobody sends it again.
 */
import type { Approval, Claim } from '../approvals/approval.ts';
import type { StoredApproval } from '../approvals/approval-store.ts';
import { type Changed, changeState, markApproval } from '../approvals/change.ts';
import { tellEvent } from '../approvals/events.ts';
import { bindingFor } from '../approvals/request.ts';
import { flag } from '../approvals/settle.ts';
import type { JsonObject } from '../json/value.ts';
import type { Masked } from '../masking/masker.ts';
import type { OutcomeStatus } from '../transcripts/entry.ts';
import { exchange } from './exchange.ts';
import { writeKept } from './kept-answer.ts';
import type { CallParts } from './parts.ts';
import { recheck } from './recheck.ts';
import { type ReleaseCall, releaseOutgoing } from './release-outgoing.ts';

/** Above the upstream's deadline of 240 s, below the renewal of the message's lock, 300 s. */
export const LEASE_MS = 270_000;
/** So long after the claim nothing is sent any more: the upstream's deadline must end before the lease. */
const SEND_WITHIN_MS = 25_000;
/** After the first claim that came to nothing, and doubled with each. */
const FIRST_REST_MS = 15_000;
/** To put an answer away that is on record. */
const KEEP_TRIES = 3;

/** As it stands afterwards. Rejects when it can't be known what stands: the sweep finds it after the lease. */
export function release(parts: CallParts, stored: StoredApproval): Promise<StoredApproval> {
  const callId = parts.newId();
  return parts.telemetry.trace({ name: 'release', callId }, (trace) => releaseAs(parts, stored, { callId, trace }));
}

async function releaseAs(
  parts: CallParts,
  stored: StoredApproval,
  { callId, trace }: Pick<ReleaseCall, 'callId' | 'trace'>,
): Promise<StoredApproval> {
  trace.note({ server: stored.approval.server, tool: stored.approval.tool, decision: 'refused' });
  const checked = await trace.stage('recheck', () => recheck(parts, stored));
  if (checked.kind !== 'goes') return checked.stored;

  const { met, params, asker, server } = checked;
  const nowMs = parts.nowMs();
  const number = (stored.approval.claim?.number ?? 0) + 1;
  const claim: Claim = { number, leaseUntilMs: nowMs + LEASE_MS };
  const claimed = await changeState(parts, stored, 'claim', { claim, met, releaseCallId: callId });
  if (claimed.kind === 'passed') return claimed.stored;

  trace.note({ decision: 'released' });
  const run = createRun(parts, claimed.stored, params);
  const call: ReleaseCall = { callId, trace, params, asker, met, run };
  const outgoing = releaseOutgoing(parts, server, claimed.stored.approval, call);
  const answer = await exchange(parts, outgoing);
  // Nobody reads a stream of a release but this: its records are made as it is read.
  if (answer.body instanceof ReadableStream) for await (const _ of answer.body);
  return run.finish();
}

type Kept = Masked & { readonly revealed: readonly string[] };

interface Run {
  markSent(): Promise<boolean>;
  keep(kept: Masked, revealed: readonly string[]): void;
  ended(status: OutcomeStatus, isRecorded: boolean): void;
  finish(): Promise<StoredApproval>;
}

function createRun(parts: CallParts, claimed: StoredApproval, params: JsonObject): Run {
  let stored = claimed;
  let kept: Kept | undefined;
  let end: { readonly status: OutcomeStatus; readonly isRecorded: boolean } | undefined;
  function maySend(): boolean {
    const { claim, expiresMs } = stored.approval;
    const nowMs = parts.nowMs();
    return claim !== undefined && nowMs <= claim.leaseUntilMs - LEASE_MS + SEND_WITHIN_MS && nowMs < expiresMs;
  }
  return {
    async markSent() {
      if (!maySend()) return false;
      try {
        const sent = await changeState(parts, stored, 'send', { request: undefined });
        stored = sent.stored;
        if (sent.kind === 'changed') await forgetRequest(parts, claimed.approval);
        // The write may have taken long: what leaves now must be over before the lease is.
        return sent.kind === 'changed' && maySend();
      } catch (cause) {
        // It may say `sent` now or later: then it is unknown after the lease, and was never made.
        parts.log('error', 'release-not-marked', { approval: stored.approval.id }, cause);
        return false;
      }
    },
    keep(answer, revealed) {
      kept = { ...answer, revealed };
    },
    ended(status, isRecorded) {
      end = { status, isRecorded };
    },
    finish: () => finish(parts, stored, { params, kept, end }),
  };
}

/**
 * What is sent now can be sent from here no more: whoever puts an old row back, with its key, finds nothing to send. Best
 * effort: the row's state is what keeps honest instances from it.
 */
async function forgetRequest(parts: CallParts, { id, request }: Approval): Promise<void> {
  if (request === undefined) return;
  await parts.sealed.erase(request).catch((cause: unknown) => {
    parts.log('warn', 'held-request-not-erased', { approval: id }, cause);
  });
}

interface RunEnd {
  readonly params: JsonObject;
  readonly kept: Kept | undefined;
  readonly end: { readonly status: OutcomeStatus; readonly isRecorded: boolean } | undefined;
}

async function finish(
  parts: CallParts,
  stored: StoredApproval,
  { params, kept, end }: RunEnd,
): Promise<StoredApproval> {
  const { approval } = stored;
  if (approval.state === 'claimed') return giveBack(parts, stored);
  if (approval.state !== 'sent' || end === undefined || !end.isRecorded) return stored;
  switch (end.status) {
    case 'answered':
    case 'error':
    case 'withheld':
      return keepAnswer(parts, stored, params, kept);
    case 'failed': {
      const changed = await conclude(parts, stored, 'fail', { endedMs: parts.nowMs(), endReason: 'upstream' });
      if (changed.kind === 'changed') await tellEvent(parts, changed.stored.approval, 'failed', { detail: 'upstream' });
      return changed.stored;
    }
    // Only the sweep, after the lease, may say that nobody knows (DESIGN §5).
    case 'unknown':
    case 'abandoned':
      return stored;
  }
}

/**
 * Nothing was sent: whoever comes next need not wait for the whole lease. Each time a little longer, so that five claims
 * outlast a short outage of the vault or the transcript.
 */
async function giveBack(parts: CallParts, stored: StoredApproval): Promise<StoredApproval> {
  const { claim: own } = stored.approval;
  const changed = await markApproval(parts, stored, ({ state, claim }: Approval) =>
    state === 'claimed' && claim !== undefined && claim.number === own?.number
      ? { claim: { ...claim, leaseUntilMs: Math.min(claim.leaseUntilMs, parts.nowMs() + restOf(claim)) } }
      : undefined,
  );
  return changed.stored;
}

function restOf({ number }: Claim): number {
  return FIRST_REST_MS * 2 ** (number - 1);
}

async function keepAnswer(
  parts: CallParts,
  stored: StoredApproval,
  params: JsonObject,
  kept: Kept | undefined,
): Promise<StoredApproval> {
  const ranMs = parts.nowMs();
  const bytes = kept === undefined ? undefined : writeKept(kept, ranMs, params);
  const answer = bytes === undefined ? undefined : await sealAnswer(parts, stored.approval, bytes);
  const keptUntilMs = ranMs + parts.config.approvals.keepAnswerMs;
  const patch = { endedMs: ranMs, keptUntilMs, ...(answer === undefined ? {} : { answer }) };
  const changed = await conclude(parts, stored, 'finish', patch);
  if (kept !== undefined && answer === undefined) return flag(parts, changed.stored, 'its answer could not be kept');
  return changed.stored;
}

/** It may be `unknown` by now: a late outcome is still the outcome. */
async function conclude(
  parts: CallParts,
  stored: StoredApproval,
  event: 'finish' | 'fail',
  patch: Partial<Pick<Approval, 'endedMs' | 'keptUntilMs' | 'answer' | 'endReason'>>,
): Promise<Changed> {
  const changed = await changeState(parts, stored, event, patch);
  const isLate = changed.kind === 'passed' && changed.stored.approval.state === 'unknown';
  // Nobody has to look any more.
  return isLate ? changeState(parts, changed.stored, event, { ...patch, attention: undefined }) : changed;
}

/** Undefined where it can't be kept: the call has run all the same, and says so. */
async function sealAnswer(parts: CallParts, approval: Approval, bytes: Uint8Array) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await parts.sealed.seal(bindingFor(approval, 'answer'), bytes);
    } catch (cause) {
      parts.log('error', 'answer-not-kept', { approval: approval.id, tries }, cause);
      if (tries >= KEEP_TRIES) return undefined;
    }
  }
}
