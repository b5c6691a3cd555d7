/** The queue in memory keeps what is sent, once, and gives it when it is due. */
import { describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../../shared/approvals/message-queue.ts';
import { makeApproval, NOON_MS } from './approval-fixture.ts';
import { createMemoryQueue } from './memory-queue.ts';

const approval = makeApproval().id;
const decision: QueueMessage = {
  queue: 'approval-decisions',
  id: `${approval}:decision:00112233445566aa:0a`,
  body: { kind: 'decision', approval, decision: '00112233445566aa' },
};
const expiry: QueueMessage = {
  queue: 'approval-decisions',
  id: `${approval}:expire`,
  body: { kind: 'expire', approval },
  notBeforeMs: NOON_MS,
};

describe('the memory queue', () => {
  it('drops a second message of an id in silence, also once the first was taken', async () => {
    const queue = createMemoryQueue();
    await queue.send(decision);
    expect(queue.take('approval-decisions', NOON_MS)).toEqual([decision]);
    await queue.send(decision);
    expect(queue.take('approval-decisions', NOON_MS)).toEqual([]);
    expect(queue.messages).toEqual([decision]);
    expect(queue.duplicates).toBe(1);
  });

  it('gives a scheduled message from its moment on, in its own queue, and again once it was put back', async () => {
    const queue = createMemoryQueue();
    await Promise.all([queue.send(expiry), queue.send(decision)]);
    expect(queue.take('approval-decisions', NOON_MS - 1)).toEqual([decision]);
    expect(queue.waiting('approval-decisions')).toEqual([expiry]);
    expect(queue.take('approval-notices', NOON_MS)).toEqual([]);
    expect(queue.take('approval-decisions', NOON_MS)).toEqual([expiry]);
    queue.putBack(expiry);
    expect(queue.take('approval-decisions', NOON_MS)).toEqual([expiry]);
  });

  it('may hold a message whose sender was told that it failed', async () => {
    const queue = createMemoryQueue();
    queue.faults.fault = () => 'lose-response';
    await expect(queue.send(decision)).rejects.toThrow('send approval-decisions: socket hang up');
    expect(queue.messages).toEqual([decision]);
  });
});
