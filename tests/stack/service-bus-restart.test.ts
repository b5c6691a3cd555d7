/** The Service Bus stand-in over a restart: what was sent, scheduled, locked, dead-lettered and remembered is still so. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startServiceBus } from '../../infra/local/service-bus/start.ts';
import { proves } from '../requirements.ts';
import { connect, openServiceBus, receiveOne } from './service-bus-client.ts';

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'service-bus-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

it(proves('servicebus.persist', 'messages, their state and the ids remembered survive a restart'), async () => {
  const folder = await createFolder();
  const queue = { duplicateWindowMs: 600_000, lockDurationMs: 30_000 };
  const before = await openServiceBus(queue, { folder });
  await before.sender.sendMessages(['dead', 'held', 'plain'].map((body) => ({ body, messageId: body })));
  await before.sender.scheduleMessages({ body: 'planned' }, new Date(before.now().getTime() + 60_000));
  const receiver = before.createReceiver();
  await receiver.deadLetterMessage(await receiveOne(receiver), {
    deadLetterReason: 'bad',
    deadLetterErrorDescription: 'for a test',
  });
  expect(await receiveOne(receiver)).toMatchObject({ body: 'held' });
  await before.stop();

  const after = await openServiceBus(queue, { folder });
  await after.sender.sendMessages({ body: 'twice', messageId: 'plain' });
  expect(await after.peek()).toEqual(['held', 'plain', 'planned']);
  expect(await receiveOne(after.deadLetters)).toMatchObject({ body: 'dead', deadLetterReason: 'bad' });
  const next = after.createReceiver();
  expect(await receiveOne(next)).toMatchObject({ body: 'plain' });
  after.pass(120_000);
  expect(await receiveOne(next)).toMatchObject({ body: 'held', deliveryCount: 1 });
});

it(proves('servicebus.persist', 'the connection string stays good: the same port and the same key'), async () => {
  const folder = await createFolder();
  const first = await openServiceBus({}, { folder });
  await first.sender.sendMessages({ body: 1 });
  await first.client.close();
  await first.stop();
  const second = await openServiceBus({}, { folder, port: first.bus.port });
  await connect(first.bus.connectionString).createSender('orders').sendMessages({ body: 2 });
  expect(await second.peek()).toEqual([1, 2]);
});

it('gives a subscriber that stayed what comes after', async () => {
  const folder = await createFolder();
  const first = await openServiceBus({}, { folder });
  const bodies: unknown[] = [];
  connect(first.bus.connectionString, { maxRetries: 5, timeoutInMs: 2_000 })
    .createReceiver('orders')
    .subscribe({
      processMessage: async ({ body }) => {
        bodies.push(body);
      },
      processError: async () => undefined,
    });
  await first.sender.sendMessages({ body: 1 });
  await vi.waitFor(() => expect(bodies).toEqual([1]), { timeout: 30_000 });
  await vi.waitFor(async () => expect(await first.peek()).toEqual([]), { timeout: 30_000 });
  await first.client.close();
  await first.stop();
  const second = await openServiceBus({}, { folder, port: first.bus.port });
  await second.sender.sendMessages({ body: 2 });
  await vi.waitFor(() => expect(bodies).toEqual([1, 2]), { timeout: 30_000 });
});

it('keeps its file for its owner only', async () => {
  const folder = await createFolder();
  await openServiceBus({}, { folder });
  expect((await stat(join(folder, 'service-bus.sqlite'))).mode & 0o777).toBe(0o600);
});

it('says in one line that its port is taken', async () => {
  const { bus } = await openServiceBus();
  await expect(startServiceBus({ port: bus.port, queues: [] })).rejects.toThrow(
    `service-bus: port ${bus.port} on 127.0.0.1 cannot be used`,
  );
});
