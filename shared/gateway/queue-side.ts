/**
 * What queues and timers ask of the gateway (DESIGN §3): decisions applied, cards posted, dead letters flagged, and the
 * sweep. Each rejects to have its message delivered again.
 */
import type { Approval } from '../approvals/approval.ts';
import type { QueueName } from '../approvals/message-queue.ts';
import { createNotifier } from '../approvals/notify.ts';
import { sweepApprovals } from '../approvals/sweep.ts';
import { applyDecision } from '../calls/apply-decision.ts';
import { buryMessage } from '../calls/bury-message.ts';
import type { CallParts } from '../calls/parts.ts';
import type { Channel } from '../config/channels.ts';
import { createKeptSecret } from '../credentials/kept-secret.ts';
import type { GatewayPorts } from './ports.ts';
import { createSealSide, type SealSide } from './seal-side.ts';

export interface QueueSide extends SealSide {
  /** Queue `approval-decisions`. */
  applyDecision(message: unknown): Promise<void>;
  /** Queue `approval-notices`. */
  postNotice(message: unknown): Promise<void>;
  /** Their dead-letter queues. */
  buryDecision(message: unknown): Promise<void>;
  buryNotice(message: unknown): Promise<void>;
  /** Timer. */
  sweepApprovals(): Promise<void>;
  /** Timer. Rejects when the store can't be read: the next run goes on. */
  buildReviews(): Promise<void>;
}

export function createQueueSide(parts: CallParts, ports: GatewayPorts): QueueSide {
  const { config } = parts;
  const { teams } = config.approvals;
  const address = teams?.flow?.urlSecret ?? teams?.webhookSecret;
  const secret = (name: string) => createKeptSecret({ source: ports.secrets, name, nowMs: ports.nowMs });
  const counts = ({ quorums }: Pick<Approval, 'quorums'>, channel: Channel): boolean =>
    quorums.some((name) => config.quorums.get(name)?.channels.includes(channel));
  const notifier = createNotifier({
    ...parts,
    publicUrl: ports.publicUrl,
    ...(address === undefined ? {} : { teams: ports.createCardPoster(secret(address)) }),
    mayReply: (approval) => teams?.replySecret !== undefined && counts(approval, 'teams-reply'),
    ...(teams?.flow !== undefined && { mayAnswer: (approval) => counts(approval, 'teams-flow') }),
  });
  const bury = async (queue: QueueName, message: unknown): Promise<void> => {
    await buryMessage(parts, queue, message);
    parts.telemetry.count('deadLetters', 1, { queue });
  };
  return {
    ...createSealSide(parts, ports),
    applyDecision: (message) => applyDecision(parts, message),
    postNotice: (message) => notifier.post(message),
    buryDecision: (message) => bury('approval-decisions', message),
    buryNotice: (message) => bury('approval-notices', message),
    // Loaded by the timer that needs it: an instance that serves agents does not.
    buildReviews: async () => (await import('./review-side.ts')).createReviewSide(parts, ports).buildDue(),
    async sweepApprovals() {
      const [{ looked, failed, ...holds }] = await Promise.all([
        sweepApprovals(parts),
        ports.replayMarks.forget(parts.nowMs()).catch((cause: unknown) => parts.log('warn', 'replies-kept', {}, cause)),
      ]);
      parts.log(failed === 0 ? 'info' : 'error', 'approvals-swept', { looked, failed });
      parts.telemetry.measure('holdsPending', holds.pending, {});
      parts.telemetry.measure('oldestHold', holds.oldestMs / 1_000, {});
      parts.telemetry.measure('holdsUnknown', holds.unknown, {});
    },
  };
}
