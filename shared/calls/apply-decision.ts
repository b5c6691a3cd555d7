/**
 * What the approver function does with a message of `approval-decisions` (DESIGN §5): looks at the approval it names,
 * applies what is due, and releases the call if it may run now. The message only says where to look: whoever can send
 * to the queue can decide nothing.
 */
import { sendRelease } from '../approvals/announce.ts';
import type { StoredApproval } from '../approvals/approval-store.ts';
import { parseApprovalId } from '../approvals/approval-store.ts';
import { decisionMessageSchema } from '../approvals/message-queue.ts';
import { PoisonMessage } from '../approvals/poison-message.ts';
import { settle } from '../approvals/settle.ts';
import { noteAdministration } from './administration.ts';
import type { CallParts } from './parts.ts';
import { release } from './release.ts';

/** When Graph, the vault or a block list can't be asked: look again this much later. */
const LOOK_AGAIN_MS = 15_000;

/**
 * Resolves when nothing is left to do with the message. Rejects to have it delivered again; with `PoisonMessage` where
 * that will not help, so that it ends in the dead-letter queue.
 */
export async function applyDecision(parts: CallParts, message: unknown): Promise<void> {
  const parsed = decisionMessageSchema.safeParse(message);
  if (!parsed.success || parseApprovalId(parsed.data.approval) === undefined) {
    throw new PoisonMessage('a decision message that is none', { cause: parsed.error });
  }
  const { kind, approval } = parsed.data;
  const settled = await settle(parts, approval);
  switch (settled.kind) {
    case 'absent':
      await noteAdministration(parts, {
        action: 'message-refused',
        detail: `${kind} of an approval that is not there`,
      });
      return;
    case 'later':
      await sendRelease(parts, approval, parts.nowMs() + LOOK_AGAIN_MS);
      return;
    case 'stands':
      return;
    case 'release':
      if (settled.stored.approval.release === 'worker') await releaseNow(parts, settled.stored);
  }
}

async function releaseNow(parts: CallParts, stored: StoredApproval): Promise<void> {
  const { approval } = await release(parts, stored);
  const nowMs = parts.nowMs();
  const isWaiting = approval.state === 'approved' || approval.state === 'claimed';
  // Put off, or given back: nothing was sent, and the next look is ours to ask for, once nobody else may be at it.
  const notBeforeMs = Math.max(nowMs + LOOK_AGAIN_MS, approval.claim?.leaseUntilMs ?? 0);
  if (isWaiting) await sendRelease(parts, approval.id, notBeforeMs);
}
