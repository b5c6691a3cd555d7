/** Queue functions in the function host, over the stand-in for Service Bus: a fixture app through the real library. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { type FunctionHost, startFunctionHost } from '../../infra/local/function-host/start.ts';
import type { QueueOptions } from '../../infra/local/service-bus/queue.ts';
import { type ServiceBus, startServiceBus } from '../../infra/local/service-bus/start.ts';
import { proves } from '../requirements.ts';
import { buildApp } from './fixtures/build-app.ts';

const lineSchema = z.object({
  name: z.string(),
  pid: z.number(),
  event: z.enum(['began', 'ended', 'terminated']),
  running: z.number().optional(),
  body: z.unknown().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});

const patience = { timeout: 30_000, interval: 50 };

async function startBus(orders: Omit<QueueOptions, 'name'> = {}, place: { port?: number; folder?: string } = {}) {
  const queues = [{ name: 'orders', ...orders }, { name: 'left', lockDurationMs: 1_000 }, { name: 'off' }];
  const bus = await startServiceBus({ port: 0, ...place, queues });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= bus.stop();
    return stopped;
  };
  onTestFinished(stop);
  return { ...bus, stop };
}

/** The fixture app, and hosts of it that end with the test. */
async function createApp(bus: Pick<ServiceBus, 'connectionString'>, serviceBus: Record<string, unknown> = {}) {
  const app = await buildApp('queue-app', { 'host.json': { version: '2.0', extensions: { serviceBus } } });
  const logs: string[] = [];
  onTestFinished(() => app.remove());

  async function start(env: Record<string, string> = {}, instances = 1): Promise<FunctionHost> {
    const host = await startFunctionHost({
      appDir: app.appDir,
      port: 0,
      instances,
      env: {
        ...app.env,
        BUS: bus.connectionString,
        ORDERS: 'orders',
        'AzureWebJobs.switched-off.Disabled': '1',
        FUNCTION_HOST_DRAIN_MS: '20000',
        ...env,
      },
      onLog: (line) => logs.push(line),
    });
    onTestFinished(() => host.stop());
    return host;
  }

  async function lines(name: string, event: 'began' | 'ended' | 'terminated' = 'ended') {
    const all = (await app.logLines()).map((line) => lineSchema.parse(JSON.parse(line)));
    return all.filter((line) => line.name === name && line.event === event);
  }
  return { start, lines, logs };
}

async function withClient<T>(
  bus: Pick<ServiceBus, 'connectionString'>,
  work: (client: ServiceBusClient) => Promise<T>,
) {
  const client = new ServiceBusClient(bus.connectionString);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

function send(bus: Pick<ServiceBus, 'connectionString'>, messages: ServiceBusMessage[], queue = 'orders') {
  return withClient(bus, (client) => client.createSender(queue).sendMessages(messages));
}

/** What stands in a queue, locked or not. */
function peek(bus: Pick<ServiceBus, 'connectionString'>, queue = 'orders', dead: { subQueueType?: 'deadLetter' } = {}) {
  return withClient(bus, (client) => client.createReceiver(queue, dead).peekMessages(1_000));
}

function untilEmpty(bus: Pick<ServiceBus, 'connectionString'>, queue = 'orders'): Promise<void> {
  return vi.waitFor(async () => expect(await peek(bus, queue)).toEqual([]), patience);
}

describe('a queue function', () => {
  it(proves('host.queues', 'gets the body as JSON and the metadata under the runtime’s names'), async () => {
    const bus = await startBus();
    const app = await createApp(bus);
    await app.start();
    await send(bus, [
      {
        messageId: 'm-1',
        correlationId: 'c-1',
        subject: 'new',
        contentType: 'application/json',
        body: { id: 'a' },
        applicationProperties: { TenantId: 't', count: 2 },
      },
    ]);
    await untilEmpty(bus);
    const [began] = await app.lines('orders', 'began');
    expect(began?.body).toEqual({ id: 'a' });
    expect(began?.metadata).toMatchObject({
      messageId: 'm-1',
      correlationId: 'c-1',
      subject: 'new',
      contentType: 'application/json',
      deliveryCount: 1,
      sequenceNumber: 1,
      enqueuedTimeUtc: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      expiresAtUtc: '9999-12-31T23:59:59.9999999Z',
      lockToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      applicationProperties: { tenantId: 't', count: 2 },
    });
  });

  it('gets text that is no JSON as text', async () => {
    const bus = await startBus();
    const app = await createApp(bus);
    await app.start();
    await send(bus, [{ body: Buffer.from('grüße') }, { body: 'quoted' }]);
    await untilEmpty(bus);
    const bodies = (await app.lines('orders')).map(({ body }) => body);
    expect(new Set(bodies)).toEqual(new Set(['grüße', 'quoted']));
  });

  it(proves('host.queue-failure', 'that throws gets the message again, until the queue gives up on it'), async () => {
    const bus = await startBus({ maxDeliveryCount: 3 });
    const app = await createApp(bus);
    await app.start();
    await send(bus, [
      { messageId: 'twice', body: { fails: 2 } },
      { messageId: 'ever', body: { fails: 99 } },
    ]);
    await untilEmpty(bus);
    const counts = async (id: string) =>
      (await app.lines('orders', 'began'))
        .filter(({ metadata }) => metadata?.messageId === id)
        .map(({ metadata }) => metadata?.deliveryCount);
    expect(await counts('twice')).toEqual([1, 2, 3]);
    expect(await counts('ever')).toEqual([1, 2, 3]);
    expect((await app.lines('orders')).map(({ body }) => body)).toEqual([{ fails: 2 }]);
    // The dead-letter queue's own function took it over, and failed as well: there it stays.
    await vi.waitFor(async () => expect(await app.lines('dead-orders', 'began')).not.toEqual([]), patience);
    const [dead] = await app.lines('dead-orders', 'began');
    expect(dead?.metadata).toMatchObject({
      messageId: 'ever',
      deadLetterSource: 'orders',
      applicationProperties: { deadLetterReason: 'MaxDeliveryCountExceeded' },
    });
    expect(app.logs.join('\n')).toContain('orders failed on the message ever: Error: the order is bad');
  });

  it(proves('host.queue-failure', 'settles each of many messages by its own outcome'), async () => {
    const bus = await startBus({ maxDeliveryCount: 1 });
    const app = await createApp(bus, { maxConcurrentCalls: 16 });
    await app.start({ 'AzureWebJobs.dead-orders.Disabled': 'true' });
    const ids = Array.from({ length: 300 }, (_, n) => n);
    const isBad = (id: number) => (id * 7919) % 5 === 0;
    await send(
      bus,
      ids.map((id) => ({ messageId: String(id), body: { id: String(id), ...(isBad(id) && { fails: 1 }) } })),
    );
    await untilEmpty(bus);
    const dead = await peek(bus, 'orders', { subQueueType: 'deadLetter' });
    expect(dead.map(({ messageId }) => Number(messageId)).toSorted((a, b) => a - b)).toEqual(ids.filter(isBad));
    expect(await app.lines('orders')).toHaveLength(ids.filter((id) => !isBad(id)).length);
  });

  it(proves('host.queue-failure', 'gets again what it could not complete, and the log says so'), async () => {
    const bus = await startBus({ lockDurationMs: 1_500 });
    const app = await createApp(bus);
    await app.start();
    bus.faults.add({ operation: 'settle', queue: 'orders', does: 'fail' });
    await send(bus, [{ messageId: 'm-1', body: { id: 'a' } }]);
    await untilEmpty(bus);
    const counts = (await app.lines('orders', 'began')).map(({ metadata }) => metadata?.deliveryCount);
    expect(counts).toEqual([1, 2]);
    expect(app.logs.join('\n')).toContain('orders could not complete the message m-1, it will come again');
  });

  it('goes on after its connection was cut in the middle of a settlement', async () => {
    const bus = await startBus({ lockDurationMs: 1_500 });
    const app = await createApp(bus);
    await app.start({ FUNCTION_HOST_DRAIN_MS: '500' });
    bus.faults.add({ operation: 'settle', queue: 'orders', does: 'drop', when: 'before' });
    await send(bus, [{ body: { id: 'a' } }, { body: { id: 'b' } }]);
    await vi.waitFor(async () => expect((await app.lines('orders')).length).toBeGreaterThanOrEqual(2), patience);
    await untilEmpty(bus);
  });

  it(proves('host.queues', 'runs as many at once as host.json says, in each instance'), async () => {
    const bus = await startBus();
    const app = await createApp(bus, { maxConcurrentCalls: 2 });
    const host = await app.start({}, 2);
    await send(
      bus,
      Array.from({ length: 12 }, () => ({ body: { takesMs: 150 } })),
    );
    await untilEmpty(bus);
    const began = await app.lines('orders', 'began');
    expect(new Set(began.map(({ pid }) => pid))).toEqual(new Set(host.pids));
    expect(Math.max(...began.map(({ running = 0 }) => running))).toBe(2);
  });

  it('that is switched off takes nothing', async () => {
    const bus = await startBus();
    const app = await createApp(bus);
    await app.start();
    await send(bus, [{ body: 1 }], 'off');
    await send(bus, [{ body: 2 }]);
    await untilEmpty(bus);
    expect(await peek(bus, 'off')).toMatchObject([{ body: 1, deliveryCount: 0 }]);
  });

  it('that completes nothing by itself gets the message again when its lock has run out', async () => {
    const bus = await startBus();
    const app = await createApp(bus, { maxAutoLockRenewalDuration: '00:00:00' });
    await app.start();
    await send(bus, [{ body: 1 }], 'left');
    await vi.waitFor(async () => expect((await app.lines('left')).length).toBeGreaterThan(1), patience);
    const counts = (await app.lines('left', 'began')).map(({ metadata }) => metadata?.deliveryCount);
    expect(counts.slice(0, 2)).toEqual([1, 2]);
  });

  it(proves('host.queue-lock', 'keeps its message for as long as it runs'), async () => {
    const bus = await startBus({ lockDurationMs: 1_500 });
    const app = await createApp(bus);
    await app.start();
    await send(bus, [{ body: { takesMs: 4_000 } }]);
    await untilEmpty(bus);
    expect(await app.lines('orders', 'began')).toHaveLength(1);
  });

  it(proves('host.queue-lock', 'loses its message to another run once renewal has come to its end'), async () => {
    const bus = await startBus({ lockDurationMs: 1_000 });
    const app = await createApp(bus, { maxAutoLockRenewalDuration: '00:00:00', maxConcurrentCalls: 4 });
    await app.start();
    await send(bus, [{ body: { takesMs: 2_500 } }]);
    await vi.waitFor(async () => expect((await app.lines('orders', 'began')).length).toBeGreaterThan(1), patience);
    const [first, second] = await app.lines('orders', 'began');
    expect([first, second].map((line) => line?.metadata?.deliveryCount)).toEqual([1, 2]);
    expect(second?.running).toBe(2);
  });
});

describe('life of a host with queues', () => {
  it(proves('host.queue-drain', 'a stop lets what runs finish and leaves the rest untouched'), async () => {
    const bus = await startBus();
    const app = await createApp(bus, { maxConcurrentCalls: 1 });
    const host = await app.start();
    await send(bus, [{ body: { id: 'runs', takesMs: 1_000 } }]);
    await vi.waitFor(async () => expect(await app.lines('orders', 'began')).toHaveLength(1), patience);
    await send(bus, [{ body: { id: 'waits' } }]);
    await host.stop();
    expect((await app.lines('orders')).map(({ body }) => body)).toMatchObject([{ id: 'runs' }]);
    expect(await app.lines('orders', 'began')).toHaveLength(1);
    expect(await app.lines('app', 'terminated')).toHaveLength(1);
    expect(await peek(bus)).toMatchObject([{ body: { id: 'waits' }, deliveryCount: 0 }]);
  });

  it(proves('host.queue-drain', 'what a killed host had in hand comes to the next one'), async () => {
    const bus = await startBus({ lockDurationMs: 1_500 });
    const app = await createApp(bus);
    const host = await app.start();
    await send(bus, [{ body: { takesMs: 1_000 } }]);
    await vi.waitFor(async () => expect(await app.lines('orders', 'began')).toHaveLength(1), patience);
    process.kill(host.pids[0] ?? 0, 'SIGKILL');
    const next = await app.start();
    await untilEmpty(bus);
    expect(await app.lines('orders')).toMatchObject([{ pid: next.pids[0] }]);
    const counts = (await app.lines('orders', 'began')).map(({ metadata }) => metadata?.deliveryCount);
    expect(counts).toEqual([1, 2]);
  });

  it(proves('host.queue-reconnect', 'it starts without a Service Bus, finds it later, and again'), async () => {
    const folder = await mkdtemp(join(tmpdir(), 'queues-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const first = await startBus({}, { folder });
    await first.stop();
    const app = await createApp(first);
    await app.start();
    await vi.waitFor(() => expect(app.logs.join('\n')).toContain('ECONNREFUSED'), patience);

    const second = await startBus({}, { folder, port: first.port });
    await send(second, [{ body: 1 }]);
    await vi.waitFor(async () => expect(await app.lines('orders')).toHaveLength(1), patience);
    await untilEmpty(second);
    await second.stop();

    const third = await startBus({}, { folder, port: first.port });
    await send(third, [{ body: 2 }]);
    await vi.waitFor(async () => expect(await app.lines('orders')).toHaveLength(2), patience);
    await untilEmpty(third);
    // Said once for each function, however many receivers try for however long.
    expect(app.logs.filter((line) => /^orders: .*ECONNREFUSED/.test(line)).length).toBeLessThanOrEqual(2);
  });

  it(proves('host.queues', 'it does not start without the connection that a function names'), async () => {
    const app = await createApp({ connectionString: '' });
    await expect(app.start()).rejects.toThrow(
      /^Function "[a-z-]+": neither BUS \(a connection string\) nor BUS__fullyQualifiedNamespace is set$/,
    );
  });
});
