/**
 * The app's queues as the deployment makes them: this file and the Bicep module say the same. Locks are shorter than a
 * release takes: the host renews them (`host.json`, DESIGN §5).
 */
import type { QueueOptions } from './service-bus/queue.ts';

const settings = {
  lockDurationMs: 60_000,
  maxDeliveryCount: 10,
  /** A MessageId is never used twice: what comes again within this time is a send that was repeated. */
  duplicateWindowMs: 600_000,
  /** Longer than any request may wait (a week): a message that nobody took is for people to look at. */
  timeToLiveMs: 14 * 86_400_000,
  deadLettersExpired: true,
} as const;

export const approvalQueues: readonly QueueOptions[] = [
  { name: 'approval-notices', ...settings },
  { name: 'approval-decisions', ...settings },
];
