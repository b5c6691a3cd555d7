/**
 * The two queues (DESIGN §3, §5), as a port. Messages carry ids only: whoever can send to a queue can decide nothing.
 * A message id is never used twice: duplicate detection drops in silence, and counts scheduled messages (FACTS §4).
 */
import { z } from 'zod';
import { MAX_ROUNDS } from './flow/answer-actions.ts';

export type QueueName = 'approval-notices' | 'approval-decisions';

export interface QueueMessage {
  readonly queue: QueueName;
  /** At most 128 characters. */
  readonly id: string;
  readonly body: DecisionMessage | NoticeMessage;
  /** Milliseconds since 1970; absent: now. */
  readonly notBeforeMs?: number;
}

export interface MessageQueue {
  /** Rejects past its own deadline; the message may be there all the same. */
  send(message: QueueMessage): Promise<void>;
}

const approval = z.string().max(80);

/** `approval-decisions`: look at this approval again, because of a decision, its expiry, or a release that waits. */
export const decisionMessageSchema = z.strictObject({
  kind: z.enum(['decision', 'expire', 'release']),
  approval,
  /** Of `decision`: which one; for the log, all are read anyway. */
  decision: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
});

export type DecisionMessage = z.infer<typeof decisionMessageSchema>;

/** `approval-notices`: post the card of this approval. */
export const noticeMessageSchema = z.strictObject({
  kind: z.literal('notice'),
  approval,
  /** Counts from 1. */
  attempt: z.int().min(1).max(100),
  /** Which card of the request; absent: the first. */
  round: z.int().min(2).max(MAX_ROUNDS).optional(),
});

export type NoticeMessage = z.infer<typeof noticeMessageSchema>;
