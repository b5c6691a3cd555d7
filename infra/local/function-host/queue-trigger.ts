/**
 * Queue triggers: complete on success, abandon on a throw, and the queue does the rest (delivers again at once, dead-
 * letters in the end). Locks are renewed while a function runs. Connections that are lost or not there yet are tried
 * for again without end. Never settles two messages of one link at once: the AMQP library under the client merges
 * settlements of one tick into the first one's outcome (LOCAL-STACK §B4), so there are N receivers of one message each.
 */
import { randomUUID } from 'node:crypto';
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { Invoke } from './invocations.ts';
import { createQueueClient } from './queue-client.ts';
import type { QueueFunction } from './queue-function.ts';
import { describeMessage } from './queue-message.ts';
import { createTroubleLog } from './trouble-log.ts';

export interface QueueTriggers {
  /** Takes no new message; resolves when those that run are settled. */
  drain(): Promise<void>;
  /** Ends the connections; what is not settled by then is delivered again once its lock has run out. */
  close(): Promise<void>;
}

interface Tools {
  readonly invoke: Invoke;
  readonly log: (line: string) => void;
}

export async function startQueueTriggers(functions: readonly QueueFunction[], tools: Tools): Promise<QueueTriggers> {
  const clients = new Map<string, Promise<ServiceBusClient>>();

  /** One for all functions of a connection. */
  function clientOf({ connection }: QueueFunction): Promise<ServiceBusClient> {
    const key = JSON.stringify(connection);
    const client = clients.get(key) ?? createQueueClient(connection);
    clients.set(key, client);
    return client;
  }

  const listeners = await Promise.all(functions.map(async (each) => listen(each, await clientOf(each), tools)));
  return {
    drain: async () => {
      await Promise.all(listeners.map((listener) => listener.drain()));
    },
    close: async () => {
      await Promise.allSettled([...clients.values()].map(async (client) => (await client).close()));
    },
  };
}

function listen(
  { target, triggerName, queue, isDeadLetters, settings }: QueueFunction,
  client: ServiceBusClient,
  { invoke, log }: Tools,
): Pick<QueueTriggers, 'drain'> {
  const { name } = target.metadata;
  const trouble = createTroubleLog((line) => log(`${name}: ${line}`));
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  async function run(message: ServiceBusReceivedMessage): Promise<'complete' | 'abandon' | 'leave'> {
    // Came while the link was being emptied: another instance may have it at once.
    if (stopping.signal.aborted) return 'abandon';
    try {
      await invoke(target, { invocationId: randomUUID(), ...describeMessage(message, triggerName) });
      return settings.isAutoComplete ? 'complete' : 'leave';
    } catch (cause) {
      log(`${name} failed on the message ${String(message.messageId)}: ${String(cause)}`);
      return 'abandon';
    }
  }

  function openReceiver(): { close(): Promise<void> } {
    const receiver = client.createReceiver(queue, {
      receiveMode: 'peekLock',
      maxAutoLockRenewalDurationInMs: settings.maxLockRenewalMs,
      skipParsingBodyAsJson: true,
      ...(isDeadLetters && { subQueueType: 'deadLetter' }),
    });
    // After a reconnect the client may hand over a second message while the first still runs: settlements wait in line.
    let settled = Promise.resolve();

    async function handle(message: ServiceBusReceivedMessage): Promise<void> {
      const end = await run(message);
      if (end === 'leave') return;
      settled = settled
        .then(() => settle(receiver, message, end))
        .catch((cause: unknown) => {
          log(
            `${name} could not ${end} the message ${String(message.messageId)}, it will come again: ${String(cause)}`,
          );
        });
      await settled;
    }

    return receiver.subscribe(
      {
        processMessage: (message) => track(handle(message)),
        processError: async ({ error }) => {
          if (!stopping.signal.aborted) trouble(error);
        },
      },
      { autoCompleteMessages: false, maxConcurrentCalls: 1, abortSignal: stopping.signal },
    );
  }

  function track(work: Promise<void>): Promise<void> {
    running.add(work);
    return work.finally(() => running.delete(work));
  }

  const subscriptions = Array.from({ length: settings.maxConcurrentCalls }, openReceiver);
  return {
    drain: async () => {
      stopping.abort();
      await Promise.allSettled(subscriptions.map((subscription) => subscription.close()));
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

function settle(
  receiver: ServiceBusReceiver,
  message: ServiceBusReceivedMessage,
  end: 'complete' | 'abandon',
): Promise<void> {
  return end === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message);
}
