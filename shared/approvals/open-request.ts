/**
 * Holds a call (DESIGN §5): finds the request that stands for this very call, or opens one. Record, index row and sealed
 * request come first, then head and row in one batch: two instances can't open two requests for the same call, and no
 * request stands that no list knows. The loser of a race joins the winner.
 */
import type { JsonObject } from '../json/value.ts';
import type { CallFacts, DecisionFacts, SessionRef } from '../transcripts/entry.ts';
import { announce } from './announce.ts';
import { type Approval, PREVIEW_CHARACTERS, type Requester } from './approval.ts';
import { formatApprovalId, type Head, type StoredApproval } from './approval-store.ts';
import { evidenceOf } from './evidence.ts';
import { fingerprintsOf } from './fingerprint.ts';
import { openRowOf } from './open-row.ts';
import { type ApprovalParts, randomHex } from './parts.ts';
import { bindingFor, writeRequest } from './request.ts';
import { end } from './settle.ts';
import { isOpen } from './states.ts';

export interface HeldCall {
  readonly requester: Requester;
  readonly session: SessionRef;
  readonly facts: CallFacts;
  readonly server: string;
  readonly tool: string;
  readonly toolDigest: string;
  /** As they would be sent. */
  readonly params: JsonObject;
  readonly decision: DecisionFacts;
  readonly release: Approval['release'];
  /** As the agent gave it, not yet masked. */
  readonly justification?: string;
  /** `sallyport_repeat`: run it again although there is an answer. */
  readonly repeat: boolean;
}

export type Standing =
  /** A new request, held just now. */
  | { readonly kind: 'opened'; readonly stored: StoredApproval }
  /** There is one that waits, runs, or stands with its answer, its denial or its doubt. */
  | { readonly kind: 'stands'; readonly stored: StoredApproval }
  /** So many requests of this principal wait already that no more is opened. */
  | { readonly kind: 'too-many'; readonly waiting: number };

/** Each race is lost to somebody who opened one: it is there at the next look. */
const MAX_RACES = 4;

/** Rejects when the store or the transcript can't be reached: then nothing was opened that could run. */
export async function openRequest(parts: ApprovalParts, held: HeldCall): Promise<Standing> {
  const fingerprints = fingerprintsOf(parts.keyring, held);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const found = await findRequests(parts, fingerprints);
    const standing = found.find(({ stored }) => stands(parts, stored.approval, held.repeat));
    if (standing !== undefined) return { kind: 'stands', stored: standing.stored };
    // People read these: an agent that asks for everything drowns what matters.
    const waiting = await parts.approvals.countWaiting(held.requester.principal);
    if (waiting >= parts.config.approvals.openAtMost) return { kind: 'too-many', waiting };
    const [newest] = fingerprints;
    // A request under an older key ended: the new one begins anew under the newest.
    const over = found.find(({ stored }) => stored.approval.fingerprint === newest)?.head;
    const opened = await tryOpen(parts, held, newest, over);
    if (opened !== undefined) return { kind: 'opened', stored: opened };
  }
  throw new Error('a request for this call could not be opened: others open and end it all the time');
}

/** The last request for this call under each live key: while instances know different ones, each may have opened one. */
async function findRequests(
  parts: ApprovalParts,
  fingerprints: readonly string[],
): Promise<readonly { readonly head: Head; readonly stored: StoredApproval }[]> {
  const heads = await Promise.all(fingerprints.map((fingerprint) => parts.approvals.readHead(fingerprint)));
  const known = heads.filter((head) => head !== undefined);
  return Promise.all(
    known.map(async (head) => {
      const stored = await parts.approvals.read(head.approval);
      if (stored === undefined) throw new Error('a head names a request that is not there');
      return { head, stored: await expireIfDue(parts, stored) };
    }),
  );
}

/** What ran out while nobody looked ends now: the clock decides, not the message. */
async function expireIfDue(parts: ApprovalParts, stored: StoredApproval): Promise<StoredApproval> {
  const { state, expiresMs } = stored.approval;
  const isWaiting = state === 'pending' || state === 'approved';
  if (!isWaiting || parts.nowMs() < expiresMs) return stored;
  const settled = await end(parts, stored, 'expire', 'expired');
  return settled.kind === 'absent' ? stored : settled.stored;
}

/** Whether the same call gets this request's answer instead of a new request (DESIGN §5). */
function stands(parts: ApprovalParts, approval: Approval, repeat: boolean): boolean {
  const { state, keptUntilMs } = approval;
  if (isOpen(state) || state === 'unknown') return true;
  const isKept = keptUntilMs !== undefined && parts.nowMs() < keptUntilMs;
  if (state === 'denied') return isKept;
  return state === 'done' && isKept && !repeat;
}

async function tryOpen(
  parts: ApprovalParts,
  held: HeldCall,
  fingerprint: string,
  over: Head | undefined,
): Promise<StoredApproval | undefined> {
  const draft = draftApproval(parts, held, fingerprint, (over?.generation ?? 0) + 1);
  const { session, facts, decision } = held;
  const content = parts.masker.maskRequest(held.params, held.server);
  const sealing = parts.sealed.seal(bindingFor(draft, 'request'), writeRequest(held.params));
  const begun = await Promise.allSettled([
    sealing,
    parts.recorder.record(session, {
      kind: 'approval',
      approval: draft.id,
      event: 'held',
      call: facts,
      decision,
      ...(draft.justification === undefined ? {} : { reason: draft.justification }),
      request: content,
    }),
    parts.approvals.putOpen(openRowOf(draft)),
  ]);
  const failed = begun.find((step) => step.status === 'rejected');
  const [request] = begun;
  if (failed !== undefined || request.status === 'rejected') {
    await abandon(parts, draft, request.status === 'fulfilled' ? request.value : undefined);
    throw new Error('a held call could not be kept', { cause: failed?.reason });
  }

  const approval: Approval = { ...draft, request: request.value };
  const stored = await landBatch(parts, approval, over);
  if (stored === undefined) {
    await abandon(parts, draft, request.value);
    return undefined;
  }
  await announce(parts, approval);
  return stored;
}

/** Nobody is asked on a card: anybody in the channel reads it. */
const NOTHING: ReadonlySet<string> = new Set();

function draftApproval(parts: ApprovalParts, held: HeldCall, fingerprint: string, generation: number): Approval {
  const nowMs = parts.nowMs();
  const { requester, server, tool, toolDigest, session, facts, decision, release, justification } = held;
  const words = justification === undefined ? undefined : parts.masker.maskRequest(justification);
  const approval = {
    id: formatApprovalId({ fingerprint, generation, nonce: randomHex(parts, 12) }),
    fingerprint,
    generation,
    createdMs: nowMs,
    expiresMs: nowMs + parts.config.approvals.expireMs,
    requester,
    server,
    tool,
    toolDigest,
    session,
    callId: facts.id,
    release,
    quorums: decision.quorums ?? [],
    policies: decision.policies,
    reasons: decision.reasons ?? [],
    ...(typeof words === 'string' ? { justification: words } : {}),
    preview: previewOf(parts, server, held.params),
  };
  return {
    ...approval,
    state: 'pending',
    attempt: randomHex(parts, 16),
    evidence: evidenceOf(parts.keyring, approval),
  };
}

function previewOf(parts: ApprovalParts, server: string, params: JsonObject): string {
  const { record } = parts.masker.maskArguments(params.arguments ?? {}, { server, revealed: NOTHING });
  const text = JSON.stringify(record, undefined, 1);
  // Masked whole and then cut: a value cut in half would not be found.
  return text.length <= PREVIEW_CHARACTERS ? text : `${text.slice(0, PREVIEW_CHARACTERS - 1)}…`;
}

/** Undefined when somebody else opened one. An error is followed by a look: the batch may have landed. */
async function landBatch(
  parts: ApprovalParts,
  approval: Approval,
  over: Head | undefined,
): Promise<StoredApproval | undefined> {
  try {
    const written = await parts.approvals.open(approval, over);
    if (written.kind === 'written') return { approval, etag: written.etag };
  } catch (cause) {
    const stored = await parts.approvals.read(approval.id);
    if (stored === undefined) throw cause;
    return stored;
  }
  return parts.approvals.read(approval.id);
}

/** Best effort: what stays behind is a blob without its key, and an index row that the sweep takes away. */
async function abandon(parts: ApprovalParts, draft: Approval, request: Approval['request']): Promise<void> {
  const steps = [parts.approvals.removeOpen(draft.id), ...(request === undefined ? [] : [parts.sealed.erase(request)])];
  for (const step of await Promise.allSettled(steps)) {
    if (step.status === 'rejected') parts.log('warn', 'approval-not-cleared', { approval: draft.id }, step.reason);
  }
}
