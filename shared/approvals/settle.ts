/**
 * Applies what was decided, or the clock (DESIGN §5): reads row and decisions, judges them anew, and makes the one change
 * that follows. Idempotent: a message that comes twice, late or out of order changes nothing that was not due.
 */
import type { Approval } from './approval.ts';
import type { StoredApproval } from './approval-store.ts';
import { type AssessFailure, type Assessment, assess } from './assess.ts';
import { changeState, markApproval } from './change.ts';
import { tellEvent } from './events.ts';
import type { ApprovalParts } from './parts.ts';

export type Settled =
  /** Nothing is due now. */
  | { readonly kind: 'stands'; readonly stored: StoredApproval }
  /** Approved, and nobody has released it; or whoever claimed it let its lease run out. */
  | { readonly kind: 'release'; readonly stored: StoredApproval }
  /** Somebody could not be asked: look again. */
  | { readonly kind: 'later'; readonly stored: StoredApproval; readonly detail: string }
  | { readonly kind: 'absent' };

/** Claims that end without anything sent; then the request fails (DESIGN §5). */
export const MAX_CLAIMS = 5;

/** Rejects when the store can't be reached or it can't be known what stands: look again. */
export async function settle(parts: ApprovalParts, approvalId: string): Promise<Settled> {
  const stored = await parts.approvals.read(approvalId);
  if (stored === undefined) return { kind: 'absent' };
  const { state } = stored.approval;
  if (state === 'pending') return settlePending(parts, stored);
  if (state === 'approved' || state === 'claimed') return settleApproved(parts, stored);
  return { kind: 'stands', stored };
}

async function settlePending(parts: ApprovalParts, stored: StoredApproval): Promise<Settled> {
  const { approval } = stored;
  if (parts.nowMs() >= approval.expiresMs) return end(parts, stored, 'expire', 'expired');
  if (await isRequesterBlocked(parts, approval)) return end(parts, stored, 'cancel', 'block');
  // Nobody said anything yet: the sweep looks at a thousand of these each minute, and need not ask Graph a thousand times.
  const said = await parts.approvals.listDecisions(approval.id);
  if (said.decisions.length === 0 && said.unreadable === 0) return { kind: 'stands', stored };
  const assessed = await assess(parts, approval);
  if (!assessed.ok) return settleFailure(parts, stored, assessed.error);
  const seen = await noteForeign(parts, stored, assessed.value);
  const { standing } = assessed.value;
  switch (standing.kind) {
    case 'waits':
      return { kind: 'stands', stored: seen };
    case 'denied': {
      const keptUntilMs = parts.nowMs() + parts.config.approvals.keepAnswerMs;
      const patch = { endedMs: parts.nowMs(), keptUntilMs, endReason: 'denied' };
      const changed = await changeState(parts, seen, 'deny', patch);
      if (changed.kind === 'changed') await tellEvent(parts, changed.stored.approval, 'denied');
      return { kind: 'stands', stored: changed.stored };
    }
    case 'impossible':
      return end(parts, seen, 'cancel', 'policy');
    case 'approved': {
      const changed = await changeState(parts, seen, 'approve', { met: standing.met });
      if (changed.kind === 'passed') return { kind: 'stands', stored: changed.stored };
      await tellEvent(parts, changed.stored.approval, 'approved', { detail: standing.met.join(', ') });
      return settleApproved(parts, changed.stored);
    }
  }
}

/** A block ends what its subject has waiting (DESIGN §7). While nobody can say, it waits on: the release asks again. */
async function isRequesterBlocked({ blocks }: ApprovalParts, approval: Approval): Promise<boolean> {
  const { requester, server, session } = approval;
  const checked = await blocks.check({ ...requester, server, session: session.id });
  return !checked.ok && checked.error.code === 'blocked';
}

async function settleApproved(parts: ApprovalParts, stored: StoredApproval): Promise<Settled> {
  const { state, claim, expiresMs } = stored.approval;
  const nowMs = parts.nowMs();
  if (state === 'claimed' && claim !== undefined) {
    if (nowMs < claim.leaseUntilMs) return { kind: 'stands', stored };
    if (claim.number >= MAX_CLAIMS) {
      const patch = { endedMs: nowMs, endReason: 'attempts', attention: 'attempts' };
      const changed = await changeState(parts, stored, 'fail', patch);
      if (changed.kind === 'changed') await tellEvent(parts, changed.stored.approval, 'failed', { detail: 'attempts' });
      return { kind: 'stands', stored: changed.stored };
    }
  }
  if (nowMs >= expiresMs) return end(parts, stored, 'expire', 'expired');
  return { kind: 'release', stored };
}

/** Ends what was never sent; nothing is kept of it but the row. */
export async function end(
  parts: ApprovalParts,
  stored: StoredApproval,
  event: 'expire' | 'cancel',
  endReason: string,
): Promise<Settled> {
  const changed = await changeState(parts, stored, event, { endedMs: parts.nowMs(), endReason });
  const { approval } = changed.stored;
  if (changed.kind === 'changed') {
    await tellEvent(parts, approval, event === 'expire' ? 'expired' : 'cancelled', { detail: endReason });
  }
  return { kind: 'stands', stored: changed.stored };
}

/** What can't be asked is asked later; what was tampered with ends, and a person looks. */
export async function settleFailure(
  parts: ApprovalParts,
  stored: StoredApproval,
  failure: AssessFailure,
): Promise<Settled> {
  const { id } = stored.approval;
  if (failure.kind === 'later') {
    parts.log('warn', 'approval-later', { approval: id, detail: failure.detail }, failure.cause);
    return { kind: 'later', stored, detail: failure.detail };
  }
  parts.log('error', 'approval-spoilt', { approval: id, detail: failure.detail });
  const flagged = await flag(parts, stored, failure.detail);
  return end(parts, flagged, 'cancel', 'spoilt');
}

/** A decision that nobody of ours wrote changes nothing, and does not go unseen. */
async function noteForeign(
  parts: ApprovalParts,
  stored: StoredApproval,
  { foreign }: Assessment,
): Promise<StoredApproval> {
  return foreign === 0 ? stored : flag(parts, stored, 'a decision that can’t be verified');
}

/** Sets the flag once, and tells it once. */
export async function flag(parts: ApprovalParts, stored: StoredApproval, attention: string): Promise<StoredApproval> {
  const changed = await markApproval(parts, stored, (approval: Approval) =>
    approval.attention === attention ? undefined : { attention },
  );
  if (changed.kind === 'changed') await tellEvent(parts, changed.stored.approval, 'attention', { detail: attention });
  return changed.stored;
}
