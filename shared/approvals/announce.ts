/**
 * Tells the queues of an approval (DESIGN §5). Each send has a random attempt in its message id, because duplicate
 * detection is silent. A send that fails loses nothing but time: the row stands, and the sweep sends again.
 */
import type { Approval } from './approval.ts';
import type { QueueMessage } from './message-queue.ts';
import { type ApprovalParts, randomHex } from './parts.ts';

type AnnounceParts = Pick<ApprovalParts, 'queue' | 'log' | 'randomBytes'>;

/** A new request: its card, and a look when it expires. */
export async function announce(parts: AnnounceParts, { id, expiresMs }: Approval): Promise<void> {
  await Promise.all([
    sendNotice(parts, id),
    send(parts, {
      queue: 'approval-decisions',
      id: `${id}:expire:${randomHex(parts, 12)}`,
      body: { kind: 'expire', approval: id },
      notBeforeMs: expiresMs,
    }),
  ]);
}

export function sendNotice(parts: AnnounceParts, approval: string): Promise<boolean> {
  const id = `${approval}:notice:${randomHex(parts, 12)}`;
  return send(parts, { queue: 'approval-notices', id, body: { kind: 'notice', approval, attempt: 1 } });
}

/** Time for the approver function: what an answer has decided by then needs no other card. */
const NEXT_CARD_DELAY_MS = 10_000;

/** A card that was answered is used up: another, for whoever else has to answer. */
export function sendNextNotice(
  parts: AnnounceParts & Pick<ApprovalParts, 'nowMs'>,
  approval: string,
  round: number,
): Promise<boolean> {
  return send(parts, {
    queue: 'approval-notices',
    id: `${approval}:notice:${randomHex(parts, 12)}`,
    body: { kind: 'notice', approval, attempt: 1, round },
    notBeforeMs: parts.nowMs() + NEXT_CARD_DELAY_MS,
  });
}

export function sendDecision(parts: AnnounceParts, approval: string, decision: string): Promise<boolean> {
  const id = `${approval}:decision:${decision}:${randomHex(parts, 12)}`;
  return send(parts, { queue: 'approval-decisions', id, body: { kind: 'decision', approval, decision } });
}

/** Look again: at once, or not before a moment. */
export function sendRelease(parts: AnnounceParts, approval: string, notBeforeMs?: number): Promise<boolean> {
  return send(parts, {
    queue: 'approval-decisions',
    id: `${approval}:release:${randomHex(parts, 12)}`,
    body: { kind: 'release', approval },
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
  });
}

/** False where it is not known to have been taken. */
async function send(parts: AnnounceParts, message: QueueMessage): Promise<boolean> {
  try {
    await parts.queue.send(message);
    return true;
  } catch (cause) {
    const { queue, body } = message;
    parts.log('warn', 'message-not-sent', { queue, kind: body.kind, approval: body.approval }, cause);
    return false;
  }
}
