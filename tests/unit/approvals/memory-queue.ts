/**
 * The two queues in memory: messages are kept in the order in which they came, and an id that was seen before is taken
 * and dropped in silence, as duplicate detection does (FACTS §4). Not imitated: its window's end, locks and redelivery.
 */
import type { MessageQueue, QueueMessage, QueueName } from '../../../shared/approvals/message-queue.ts';
import { createFaultPoint, type FaultPoint } from './fault-point.ts';

export interface MemoryQueue extends MessageQueue {
  readonly faults: FaultPoint;
  /** Everything that was kept, delivered or not. */
  readonly messages: readonly QueueMessage[];
  /** How many were dropped for their id. */
  readonly duplicates: number;
  /** Takes what is due at `nowMs` out of a queue; the same message is delivered again when a test puts it back. */
  take(queue: QueueName, nowMs: number): readonly QueueMessage[];
  /** Back into the queue: a delivery that was abandoned, or whose lock was lost. */
  putBack(message: QueueMessage): void;
  /** What has not been taken. */
  waiting(queue: QueueName): readonly QueueMessage[];
}

export function createMemoryQueue(faults: FaultPoint = createFaultPoint()): MemoryQueue {
  const messages: QueueMessage[] = [];
  const ids = new Set<string>();
  let waiting: QueueMessage[] = [];
  let duplicates = 0;

  return {
    faults,
    messages,
    get duplicates() {
      return duplicates;
    },
    send: (message) =>
      faults.perform(`send ${message.queue}`, () => {
        if (message.id.length > 128) throw new TypeError('a message id of more than 128 characters');
        const key = `${message.queue}/${message.id}`;
        if (ids.has(key)) {
          duplicates += 1;
          return;
        }
        ids.add(key);
        const copy = structuredClone(message);
        messages.push(copy);
        waiting.push(copy);
      }),
    take(queue, nowMs) {
      const isDue = (message: QueueMessage) => message.queue === queue && (message.notBeforeMs ?? 0) <= nowMs;
      const due = waiting.filter(isDue);
      waiting = waiting.filter((message) => !isDue(message));
      return due;
    },
    putBack(message) {
      waiting.push(message);
    },
    waiting: (queue) => waiting.filter((message) => message.queue === queue),
  };
}
