/** A poison message on the real queues: given up on after its deliveries, on record, and out of the way (DESIGN §3). */
import { ServiceBusClient } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTranscripts } from '../adversarial/support/transcript.ts';
import { proves } from '../requirements.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';

let stack: RunningStack;
let bus: ServiceBusClient;

beforeAll(async () => {
  stack = await startBuiltStack();
  bus = new ServiceBusClient(stack.serviceBus.connectionString);
});
afterAll(async () => {
  await bus?.close();
  await stack?.stop();
});

describe('a poison message', () => {
  it.each(['approval-decisions', 'approval-notices'])(
    proves('message.poison', 'in %s ends on record, and its dead-letter queue is empty'),
    async (queue) => {
      const sender = bus.createSender(queue);
      await sender.sendMessages({ body: { kind: 'approve', everything: true }, messageId: `poison-${queue}` });
      const transcripts = openTranscripts(stack);
      await vi.waitFor(
        async () => {
          const dead = (await transcripts.all()).filter(({ detail }) => String(detail).startsWith(`${queue}:`));
          expect(dead).toMatchObject([{ action: 'message-dead', kind: 'administration' }]);
        },
        { timeout: 30_000, interval: 250 },
      );
      for (const subQueueType of [undefined, 'deadLetter'] as const) {
        const receiver = bus.createReceiver(queue, subQueueType === undefined ? {} : { subQueueType });
        await vi.waitFor(async () => expect(await receiver.peekMessages(1)).toEqual([]), { timeout: 10_000 });
        await receiver.close();
      }
    },
  );
});
