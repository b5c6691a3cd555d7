/** Settlements: never two in one turn of the event loop, whoever asks and however often. */
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import { expect, it, vi } from 'vitest';
import { createSettler } from '../../../../../infra/local/function-host/settle.ts';
import { proves } from '../../../../requirements.ts';

function message(id: number): ServiceBusReceivedMessage {
  return { messageId: String(id), state: 'active', body: undefined, _rawAmqpMessage: { body: undefined } };
}

/** Answers never, so that only turns can keep settlements apart; says in which turn each came. */
function createProbe() {
  const turns: number[] = [];
  let turn = 0;
  let isCounting = true;
  const count = () => {
    turn += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const note = () => {
    turns.push(turn);
    return new Promise<void>(() => undefined);
  };
  const stop = () => {
    isCounting = false;
  };
  return { turns, stop, receiver: { completeMessage: note, abandonMessage: note } };
}

it(
  proves('host.queue-failure', 'two messages are never settled in one turn, though none waits for an answer'),
  async () => {
    const { turns, stop, receiver } = createProbe();
    const settle = createSettler(receiver);
    for (let id = 0; id < 20; id += 1) void settle(message(id), id % 3 === 0 ? 'abandon' : 'complete');
    await vi.waitFor(() => expect(turns).toHaveLength(20));
    stop();
    expect(new Set(turns).size).toBe(20);
  },
);

it('a failure that may pass is tried again, any other is the caller’s', async () => {
  const failures = [Object.assign(new Error('busy'), { retryable: true }), new Error('lock lost')];
  const tried: string[] = [];
  const settle = createSettler({
    completeMessage: async ({ messageId }) => {
      tried.push(String(messageId));
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    },
    abandonMessage: async () => undefined,
  });
  await expect(settle(message(1), 'complete')).rejects.toThrow('lock lost');
  await settle(message(2), 'complete');
  expect(tried).toEqual(['1', '1', '2']);
});
