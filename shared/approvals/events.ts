/**
 * Tells the transcript what became of an approval, and the index that it did (DESIGN §5, §6), after the row says so: a
 * record never claims what did not happen. Best effort by itself: what must be on record before something happens (a
 * person's decision, the intent of a release) is recorded where it happens.
 */
import type { ApprovalHappening, Entry } from '../transcripts/entry.ts';
import type { Approval } from './approval.ts';
import { openRowOf } from './open-row.ts';
import type { ApprovalParts } from './parts.ts';

type ApprovalEntry = Extract<Entry, { kind: 'approval' }>;
type TellParts = Pick<ApprovalParts, 'recorder' | 'log' | 'approvals'>;

export async function tellEvent(
  parts: TellParts,
  approval: Approval,
  event: ApprovalHappening,
  facts: Partial<Pick<ApprovalEntry, 'detail' | 'by' | 'verdict' | 'reason' | 'call'>> = {},
): Promise<void> {
  const id = approval.id;
  const steps = await Promise.allSettled([
    parts.recorder.record(approval.session, { kind: 'approval', approval: id, event, ...facts }),
    ...(CHANGES.has(event) ? [parts.approvals.putOpen(openRowOf(approval))] : []),
  ]);
  for (const step of steps) {
    if (step.status === 'rejected') parts.log('error', 'approval-event-not-told', { approval: id, event }, step.reason);
  }
}

const CHANGES: ReadonlySet<ApprovalHappening> = new Set([
  'approved',
  'denied',
  'expired',
  'cancelled',
  'failed',
  'unknown',
  'resolved',
  'attention',
]);
