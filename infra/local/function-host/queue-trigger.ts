/**
 * Queue triggers: complete on success, abandon on a throw, and the queue does the rest (delivers again at once, dead-
 * letters in the end). Locks are renewed while a function runs. A Service Bus that is away is tried for without end: by
 * a connection for each function, because the client does not always come back when many receivers share one.
 * After a reconnect in the middle of a run, one more may run than host.json says.
 */
import { randomUUID } from 'node:crypto';
import type { ServiceBusClient, ServiceBusReceivedMessage } from '@azure/service-bus';
import type { Invoke } from './invocations.ts';
import { createQueueClient } from './queue-client.ts';
import type { QueueFunction } from './queue-function.ts';
import { describeMessage } from './queue-message.ts';
import { createSettler, type End } from './settle.ts';
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
  const listeners = await Promise.all(
    functions.map(async (each) => listen(each, await createQueueClient(each.connection), tools)),
  );
  return {
    drain: async () => {
      await Promise.all(listeners.map((listener) => listener.drain()));
    },
    close: async () => {
      await Promise.allSettled(listeners.map((listener) => listener.close()));
    },
  };
}

function listen(
  { target, triggerName, queue, isDeadLetters, settings }: QueueFunction,
  client: ServiceBusClient,
  { invoke, log }: Tools,
): QueueTriggers {
  const { name } = target.metadata;
  const trouble = createTroubleLog((line) => log(`${name}: ${line}`));
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  async function run(message: ServiceBusReceivedMessage): Promise<End | 'leave'> {
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

  const receiver = client.createReceiver(queue, {
    receiveMode: 'peekLock',
    maxAutoLockRenewalDurationInMs: settings.maxLockRenewalMs,
    skipParsingBodyAsJson: true,
    ...(isDeadLetters && { subQueueType: 'deadLetter' }),
  });
  const settle = createSettler(receiver);

  async function handle(message: ServiceBusReceivedMessage): Promise<void> {
    const end = await run(message);
    if (end === 'leave') return;
    try {
      await settle(message, end);
    } catch (cause) {
      log(`${name} could not ${end} the message ${String(message.messageId)}, it will come again: ${String(cause)}`);
    }
  }

  const subscription = receiver.subscribe(
    {
      processMessage: (message) => {
        const handled = handle(message);
        running.add(handled);
        return handled.finally(() => running.delete(handled));
      },
      processError: async ({ error }) => {
        if (!stopping.signal.aborted) trouble(error);
      },
    },
    {
      autoCompleteMessages: false,
      maxConcurrentCalls: settings.maxConcurrentCalls,
      abortSignal: stopping.signal,
    },
  );
  return {
    drain: async () => {
      stopping.abort();
      await subscription.close();
      while (running.size > 0) await Promise.allSettled(running);
    },
    close: () => client.close(),
  };
}
