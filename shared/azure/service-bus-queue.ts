/**
 * The two queues over Azure Service Bus: one connection for the process, one sender a queue, opened at `warmUp` or by the
 * first message. Bodies are JSON. Never waits longer than its own deadline; what the client sends again within it bears the
 * same MessageId, so that duplicate detection drops it (DESIGN §5, FACTS §4). Queues are made by the deployment.
 * The SDK, half a megabyte that only held calls need, is loaded when the connection is: an app starts without it.
 */
import type { TokenCredential } from '@azure/identity';
import type { ServiceBusClient, ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';
import type { MessageQueue, QueueMessage, QueueName } from '../approvals/message-queue.ts';

/** Shared key for the embedded stack; in Azure the namespace's host name, opened by the managed identity. */
export type ServiceBusAddress = { readonly connectionString: string } | { readonly namespace: string };

export interface ServiceBusQueueOptions {
  readonly address: ServiceBusAddress;
  readonly credential: TokenCredential;
  /** For one message, connecting and retries included; milliseconds, default 5,000. */
  readonly deadlineMs?: number;
}

export interface ServiceBusQueue extends MessageQueue {
  /**
   * Opens connection and senders, so that the first held call does not wait for them; sends nothing. Rejects past the
   * deadline: then the first message opens what is missing.
   */
  warmUp(): Promise<void>;
  /** Whether a message could be sent to each queue now: opens a link of its own to it, and sends nothing. Rejects if not. */
  reach(): Promise<void>;
  /** Ends the connection, within the deadline; what was sent before stays sent. Never rejects. */
  close(): Promise<void>;
}

const QUEUES = ['approval-notices', 'approval-decisions'] as const satisfies readonly QueueName[];
const DEADLINE_MS = 5_000;
/** Few and close together: who sends waits, and what is not sent is sent again by the sweep. */
const RETRIES = { maxRetries: 3, retryDelayInMs: 200, timeoutInMs: 2_000 };

export function createServiceBusQueue(options: ServiceBusQueueOptions): ServiceBusQueue {
  const { deadlineMs = DEADLINE_MS } = options;
  let connected: Promise<ServiceBusClient> | undefined;
  const senders = new Map<QueueName, ServiceBusSender>();

  function connection(): Promise<ServiceBusClient> {
    connected ??= connect(options);
    return connected;
  }

  async function senderOf(queue: QueueName): Promise<ServiceBusSender> {
    const client = await connection();
    const sender = senders.get(queue) ?? client.createSender(queue);
    senders.set(queue, sender);
    return sender;
  }

  return {
    async warmUp() {
      const deadline = AbortSignal.timeout(deadlineMs);
      // To know how long a batch may be, the client asks the queue, which opens the link that messages take.
      const open = async (queue: QueueName) => (await senderOf(queue)).createMessageBatch({ abortSignal: deadline });
      await within(deadline, Promise.all(QUEUES.map(open)));
    },
    async reach() {
      const deadline = AbortSignal.timeout(deadlineMs);
      const client = await connection();
      const links = QUEUES.map((queue) => client.createSender(queue));
      const opening = links.map((link) => link.createMessageBatch({ abortSignal: deadline }));
      try {
        await within(deadline, Promise.all(opening));
      } finally {
        // Whoever asked has the answer already.
        for (const link of links) link.close().catch(() => undefined);
      }
    },
    async send(message) {
      const deadline = AbortSignal.timeout(deadlineMs);
      try {
        const sender = await senderOf(message.queue);
        await within(deadline, sender.sendMessages(toMessage(message), { abortSignal: deadline }));
      } catch (cause) {
        throw new Error(`the message ${message.id} may not have reached the queue ${message.queue}`, { cause });
      }
    },
    // Says goodbye and waits for an answer, a minute long where nobody is left to give it.
    async close() {
      const closing = connected?.then((client) => client.close());
      if (closing !== undefined) await within(AbortSignal.timeout(deadlineMs), closing).catch(() => undefined);
    },
  };
}

async function connect({ address, credential }: ServiceBusQueueOptions): Promise<ServiceBusClient> {
  const { ServiceBusClient } = await import('@azure/service-bus');
  const retryOptions = { ...RETRIES };
  if ('connectionString' in address) return new ServiceBusClient(address.connectionString, { retryOptions });
  return new ServiceBusClient(address.namespace, credential, { retryOptions });
}

function toMessage({ id, body, notBeforeMs }: QueueMessage): ServiceBusMessage {
  return {
    messageId: id,
    contentType: 'application/json',
    body,
    ...(notBeforeMs !== undefined && { scheduledEnqueueTimeUtc: new Date(notBeforeMs) }),
  };
}

/** Opening a connection does not mind its signal while the other end says nothing. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  return Promise.race([promise, work]).finally(() => signal.removeEventListener('abort', abort));
}
