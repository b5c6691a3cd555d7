/**
 * Finds what a lost message, a crash or the clock left behind (DESIGN §3, §5), by the index and without a table scan: sends
 * again, ends what is due, says `unknown` of what was sent and never came back, and erases what is kept no longer.
 * Each request by itself: one that fails keeps no other from its turn. Running twice at once is safe.
 */
import { sendNotice, sendRelease } from './announce.ts';
import type { Approval } from './approval.ts';
import type { OpenRow, StoredApproval } from './approval-store.ts';
import { changeState, markApproval, stripApproval } from './change.ts';
import { tellEvent } from './events.ts';
import { openRowOf } from './open-row.ts';
import type { ApprovalParts } from './parts.ts';
import { type Settled, settle } from './settle.ts';
import { isOpen } from './states.ts';

export interface Swept {
  readonly looked: number;
  readonly failed: number;
  /** Of the index, before the sweep: how many wait for people, for how long the oldest, and how many are `unknown`. */
  readonly pending: number;
  readonly oldestMs: number;
  readonly unknown: number;
}

/** Requests looked at side by side. */
const AT_ONCE = 16;
/** A row of the index is written before its request: so long is waited for that one. */
const ORPHAN_MS = 10 * 60_000;
/** A notice that was sent is posted within this; then it is sent again. */
const NOTICE_MS = 2 * 60_000;
const REMIND_MS = 15 * 60_000;

/** Rejects only when the index itself can't be read. */
export async function sweepApprovals(parts: ApprovalParts): Promise<Swept> {
  let looked = 0;
  let failed = 0;
  let pending = 0;
  let oldestMs = 0;
  let unknown = 0;
  const rows = parts.approvals.listOpen()[Symbol.asyncIterator]();
  async function work(): Promise<void> {
    for (;;) {
      const next = await rows.next();
      if (next.done === true) return;
      looked += 1;
      const { state, createdMs } = next.value;
      if (state === 'unknown') unknown += 1;
      if (state === 'pending') {
        pending += 1;
        oldestMs = Math.max(oldestMs, parts.nowMs() - createdMs);
      }
      try {
        await sweepOne(parts, next.value);
      } catch (cause) {
        failed += 1;
        parts.log('error', 'sweep-failed', { approval: next.value.approval }, cause);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { looked, failed, pending, oldestMs, unknown };
}

async function sweepOne(parts: ApprovalParts, row: OpenRow): Promise<void> {
  if (isAsleep(row, parts.nowMs())) return;
  const settled = await settle(parts, row.approval);
  if (settled.kind === 'absent') {
    // Its batch never landed, or lost to another's.
    if (parts.nowMs() - row.createdMs > ORPHAN_MS) await parts.approvals.removeOpen(row.approval);
    return;
  }
  const left = await tend(parts, settled);
  if (left === undefined) return;
  const now = openRowOf(left.approval);
  // A hint that was not written, or not yet: lists lean on it.
  if (row.state !== now.state || row.needsAttention !== now.needsAttention) await parts.approvals.putOpen(now);
}

/** What ended stays as it is until its answer runs out: a day's requests are not read again each minute. */
function isAsleep({ state, expiresMs }: OpenRow, nowMs: number): boolean {
  return (state === 'done' || state === 'denied') && nowMs < expiresMs;
}

/** As it stands afterwards; undefined when nothing is left to look after. */
async function tend(
  parts: ApprovalParts,
  settled: Exclude<Settled, { kind: 'absent' }>,
): Promise<StoredApproval | undefined> {
  const { stored } = settled;
  const { id, state, release } = stored.approval;
  if (settled.kind === 'release' && release === 'worker') await sendRelease(parts, id);
  if (state === 'pending') return remind(parts, stored);
  if (state === 'sent') return loseIfOver(parts, stored);
  return isOpen(state) ? stored : clear(parts, stored);
}

/** A notice that was lost after its row. One that only waits for Teams goes on by itself: seldom is enough. */
async function remind(parts: ApprovalParts, stored: StoredApproval): Promise<StoredApproval> {
  const { id, noticedMs, remindedMs, createdMs } = stored.approval;
  const { webhookSecret, flow } = parts.config.approvals.teams ?? {};
  if (noticedMs !== undefined || (webhookSecret === undefined && flow === undefined)) return stored;
  const nowMs = parts.nowMs();
  const dueMs = remindedMs === undefined ? createdMs + NOTICE_MS : remindedMs + REMIND_MS;
  if (nowMs < dueMs) return stored;
  const marked = await markApproval(parts, stored, (now) =>
    // Of two sweeps at once one sends.
    now.noticedMs === undefined && now.remindedMs === remindedMs ? { remindedMs: nowMs } : undefined,
  );
  if (marked.kind === 'changed') await sendNotice(parts, id);
  return marked.stored;
}

/** After the lease nobody can be at it any more: whether it took effect, nobody knows, and a person has to look. */
async function loseIfOver(parts: ApprovalParts, stored: StoredApproval): Promise<StoredApproval> {
  const { claim } = stored.approval;
  const nowMs = parts.nowMs();
  if (claim !== undefined && nowMs < claim.leaseUntilMs) return stored;
  const patch = { endedMs: nowMs, endReason: 'lease', attention: 'unknown outcome' };
  const changed = await changeState(parts, stored, 'lose', patch);
  if (changed.kind === 'changed') await tellEvent(parts, changed.stored.approval, 'unknown', { detail: 'lease' });
  return changed.stored;
}

/** The key leaves the row first: from then on the blob is noise, whether or not it is deleted. */
async function clear(parts: ApprovalParts, stored: StoredApproval): Promise<StoredApproval | undefined> {
  const { approval } = stored;
  const { request, answer } = approval;
  if (approval.state === 'unknown' || parts.nowMs() < keptUntil(parts, approval)) return stored;
  const refs = [request, answer].filter((ref) => ref !== undefined);
  if (refs.length > 0) {
    const { approval: now } = (await stripApproval(parts, stored, ['request', 'answer'])).stored;
    if (now.request !== undefined || now.answer !== undefined) return stored;
    await Promise.all(refs.map((ref) => parts.sealed.erase(ref)));
  }
  await parts.approvals.removeOpen(approval.id);
  return undefined;
}

/** An answer or a denial as long as it says; a flag long enough for somebody to see it. */
function keptUntil({ config }: ApprovalParts, { keptUntilMs = 0, attention, endedMs = 0 }: Approval): number {
  return attention === undefined ? keptUntilMs : Math.max(keptUntilMs, endedMs + config.approvals.keepAnswerMs);
}
