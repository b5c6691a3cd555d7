/** The app's queues over the stand-in for Service Bus, by the official client on both sides. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { expect, it, onTestFinished } from 'vitest';
import { approvalQueues } from '../../infra/local/queues.ts';
import { type ServiceBus, startServiceBus } from '../../infra/local/service-bus/start.ts';
import type { MessageQueue, QueueMessage, QueueName } from '../../shared/approvals/message-queue.ts';
import { createServiceBusQueue } from '../../shared/azure/service-bus-queue.ts';
import { proves } from '../requirements.ts';
import { startLossyProxy } from './tcp-proxy.ts';

const unused = { getToken: () => Promise.reject(new Error('a connection string needs no token')) };
const approval = `k1-${'0'.repeat(32)}-1-0123456789ab`;

async function startBus(place: { port?: number; folder?: string } = {}) {
  const bus = await startServiceBus({ port: 0, ...place, queues: approvalQueues });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= bus.stop();
    return stopped;
  };
  onTestFinished(stop);
  return { ...bus, stop };
}

function openQueue(connectionString: string, deadlineMs?: number) {
  const queue = createServiceBusQueue({
    address: { connectionString },
    credential: unused,
    ...(deadlineMs !== undefined && { deadlineMs }),
  });
  onTestFinished(() => queue.close());
  return queue;
}

/** What stands in a queue, scheduled messages too, without touching it. */
async function peek({ connectionString }: Pick<ServiceBus, 'connectionString'>, queue: QueueName) {
  const client = new ServiceBusClient(connectionString);
  const messages = await client.createReceiver(queue).peekMessages(100);
  await client.close();
  return messages;
}

function decision(id: string): QueueMessage {
  return { queue: 'approval-decisions', id, body: { kind: 'decision', approval, decision: '0123456789abcdef' } };
}

/** As the sweep does: again until it is taken. */
async function untilSent(queue: MessageQueue, id: string): Promise<void> {
  await expect.poll(() => queue.send(decision(id)).then(() => 'sent', String), { timeout: 30_000 }).toBe('sent');
}

it(proves('queues.send', 'a message arrives as JSON under its own id, in its own queue'), async () => {
  const bus = await startBus();
  const queue = openQueue(bus.connectionString);
  await Promise.all([
    queue.send(decision('d-1')),
    queue.send({ queue: 'approval-notices', id: 'n-1', body: { kind: 'notice', approval, attempt: 1 } }),
  ]);
  expect(await peek(bus, 'approval-decisions')).toMatchObject([
    { messageId: 'd-1', contentType: 'application/json', body: decision('d-1').body, state: 'active' },
  ]);
  expect(await peek(bus, 'approval-notices')).toMatchObject([
    { messageId: 'n-1', body: { kind: 'notice', approval, attempt: 1 } },
  ]);
});

it(proves('queues.send', 'a message for later is scheduled, not held back here'), async () => {
  const bus = await startBus();
  const notBeforeMs = Date.now() + 3_600_000;
  const body = { kind: 'expire', approval } as const;
  await openQueue(bus.connectionString).send({ queue: 'approval-decisions', id: 'e-1', body, notBeforeMs });
  const [message] = await peek(bus, 'approval-decisions');
  expect(message).toMatchObject({ messageId: 'e-1', body, state: 'scheduled' });
  expect(message?.scheduledEnqueueTimeUtc?.getTime()).toBe(notBeforeMs);
});

it(proves('queues.warm-up', 'opens all that a first message needs, and leaves nothing in the queues'), async () => {
  const bus = await startBus();
  const proxy = await startLossyProxy(bus.port);
  onTestFinished(() => proxy.stop());
  const queue = openQueue(bus.connectionString.replace(String(bus.port), String(proxy.port)));
  await queue.warmUp();
  expect(await Promise.all([peek(bus, 'approval-notices'), peek(bus, 'approval-decisions')])).toEqual([[], []]);

  // Whoever opens a way to a queue shows its claim first: the first messages need show nothing more.
  proxy.loseNext('put-token');
  await queue.send(decision('d-1'));
  await queue.send({ queue: 'approval-notices', id: 'n-1', body: { kind: 'notice', approval, attempt: 1 } });
  expect(proxy.lost).toBe(0);
});

it(
  proves('queues.warm-up', 'fails within its deadline while Service Bus is away, and the first message tries again'),
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-warm-up-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { connectionString, port, stop } = await startBus({ folder });
    await stop();
    const queue = openQueue(connectionString, 1_000);
    await expect(queue.warmUp()).rejects.toThrow();
    const bus = await startBus({ port, folder });
    await untilSent(queue, 'd-1');
    expect(await peek(bus, 'approval-decisions')).toMatchObject([{ messageId: 'd-1' }]);
  },
);

it(
  proves('health.dependencies', 'says that both queues can be reached, sends nothing, and says so when they can’t'),
  async () => {
    const bus = await startBus();
    const queue = openQueue(bus.connectionString, 1_000);
    await queue.reach();
    await queue.warmUp();
    await queue.reach();
    expect(await Promise.all([peek(bus, 'approval-notices'), peek(bus, 'approval-decisions')])).toEqual([[], []]);
    await bus.stop();
    await expect(queue.reach()).rejects.toThrow();

    const half = await startServiceBus({ port: 0, queues: approvalQueues.slice(0, 1) });
    onTestFinished(() => half.stop());
    await expect(openQueue(half.connectionString, 1_000).reach()).rejects.toThrow();
  },
);

it('one that is due already is there at once', async () => {
  const bus = await startBus();
  await openQueue(bus.connectionString).send({ ...decision('d-1'), notBeforeMs: Date.now() - 1 });
  expect(await peek(bus, 'approval-decisions')).toMatchObject([{ messageId: 'd-1', state: 'active' }]);
});

it(proves('queues.send', 'what is sent again after a lost answer stands once'), async () => {
  const bus = await startBus();
  const queue = openQueue(bus.connectionString);
  await queue.send(decision('d-1'));
  bus.faults.add({ operation: 'send', does: 'drop' });
  await queue.send(decision('d-2'));
  expect((await peek(bus, 'approval-decisions')).map(({ messageId }) => messageId)).toEqual(['d-1', 'd-2']);
});

it(proves('queues.deadline', 'a Service Bus that never answers costs the deadline, no more'), async () => {
  const bus = await startBus();
  const queue = openQueue(bus.connectionString, 400);
  bus.faults.add({ operation: 'send', does: 'hang', times: 10 });
  await expect(queue.send(decision('d-1'))).rejects.toThrow('the message d-1 may not have reached the queue');
  bus.faults.clear();
  await untilSent(queue, 'd-2');
});

it(proves('queues.deadline', 'nor does one that accepts a connection and says nothing'), async () => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });
  const address = mute.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const key = 'SharedAccessKeyName=a;SharedAccessKey=k=;UseDevelopmentEmulator=true';
  const queue = createServiceBusQueue({
    address: { connectionString: `Endpoint=sb://127.0.0.1:${port};${key}` },
    credential: unused,
    deadlineMs: 300,
  });
  await expect(queue.send(decision('d-1'))).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
});

it(proves('queues.deadline', 'a Service Bus that comes back is used again'), async () => {
  const folder = await mkdtemp(join(tmpdir(), 'queue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const first = await startBus({ folder });
  const queue = openQueue(first.connectionString, 1_000);
  await queue.send(decision('d-1'));
  await first.stop();
  await expect(queue.send(decision('d-2'))).rejects.toThrow('the message d-2 may not have reached');
  const second = await startBus({ folder, port: first.port });
  await untilSent(queue, 'd-3');
  expect((await peek(second, 'approval-decisions')).map(({ messageId }) => messageId)).toEqual(['d-1', 'd-3']);
});

it('a queue that was never made is an error, not silence', async () => {
  const bus = await startServiceBus({ port: 0, queues: [] });
  onTestFinished(() => bus.stop());
  await expect(openQueue(bus.connectionString).send(decision('d-1'))).rejects.toMatchObject({
    cause: { code: 'MessagingEntityNotFound' },
  });
});
