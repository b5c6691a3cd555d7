/**
 * A stand-in for Service Bus and the official client on it, for one test each. Time is the test's own: it passes only
 * when the test says so. Both end with the test.
 */
import {
  type RetryOptions,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from '@azure/service-bus';
import { onTestFinished } from 'vitest';
import type { QueueOptions } from '../../infra/local/service-bus/queue.ts';
import { startServiceBus } from '../../infra/local/service-bus/start.ts';

/** No lock is renewed but by the test. */
const receiverOptions = { maxAutoLockRenewalDurationInMs: 0 } as const;

export async function openServiceBus(
  queue: Omit<QueueOptions, 'name'> = {},
  place: { readonly port?: number; readonly folder?: string } = {},
) {
  let nowMs = Date.now();
  const bus = await startServiceBus({
    port: 0,
    ...place,
    queues: [{ name: 'orders', ...queue }],
    nowMs: () => nowMs,
  });
  let isStopped = false;
  async function stop(): Promise<void> {
    if (!isStopped) await bus.stop();
    isStopped = true;
  }
  onTestFinished(stop);
  const client = connect(bus.connectionString);
  return {
    bus,
    peek: (subQueueType?: 'deadLetter') => peekBodies(bus.connectionString, subQueueType),
    client,
    stop,
    sender: client.createSender('orders'),
    createReceiver: () => client.createReceiver('orders', receiverOptions),
    deadLetters: client.createReceiver('orders', { ...receiverOptions, subQueueType: 'deadLetter' }),
    now: () => new Date(nowMs),
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** Every call is made once unless `maxRetries` says otherwise: what the client would repeat, the test sees. */
export function connect(connectionString: string, retries: RetryOptions = {}): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 0, retryDelayInMs: 20, timeoutInMs: 10_000, ...retries },
  });
  onTestFinished(() => client.close());
  return client;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receiver.receiveMessages(1);
  if (!message) throw new Error('no message came');
  return message;
}

/** What is in the queue, in any state, without touching it. A client of its own: each peeks on from where it was. */
async function peekBodies(connectionString: string, subQueueType?: 'deadLetter'): Promise<unknown[]> {
  const client = connect(connectionString);
  const receiver = client.createReceiver('orders', { ...(subQueueType && { subQueueType }) });
  const messages = await receiver.peekMessages(100);
  await client.close();
  return messages.map(({ body }) => body);
}
