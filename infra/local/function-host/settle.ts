/**
 * Completes and abandons messages, one settlement a turn of the event loop, repeated ones too. The AMQP library under
 * the client merges settlements of one turn into the first one's outcome and tells nobody: a message that failed would
 * be completed with its neighbour. Waiting for each answer instead would cost 20 ms a message (Nagle's algorithm).
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';

export type End = 'complete' | 'abandon';

const TRIES = 3;
const PAUSE_MS = 250;

/** Rejects with the last failure; the message then comes again once its lock has run out. */
export function createSettler(
  receiver: Pick<ServiceBusReceiver, 'completeMessage' | 'abandonMessage'>,
): (message: ServiceBusReceivedMessage, end: End) => Promise<void> {
  let turn: Promise<unknown> = Promise.resolve();

  async function settleOnce(message: ServiceBusReceivedMessage, end: End): Promise<void> {
    const mine = turn;
    turn = mine.then(() => nextTurn());
    await mine;
    await (end === 'complete' ? receiver.completeMessage(message) : receiver.abandonMessage(message));
  }

  return async (message, end) => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await settleOnce(message, end);
      } catch (cause) {
        if (tries === TRIES || !isRetryable(cause)) throw cause;
        await pause(PAUSE_MS);
      }
    }
  };
}

function isRetryable(cause: unknown): boolean {
  return cause instanceof Error && 'retryable' in cause && cause.retryable === true;
}
