import { describe, expect, it } from 'vitest';
import { deliverEvent, deliverResponse } from '../../../shared/calls/deliver.ts';
import { createTrail } from '../../../shared/calls/outcome.ts';
import type { Outgoing } from '../../../shared/calls/outgoing.ts';
import type { CallParts } from '../../../shared/calls/parts.ts';
import type { Masker } from '../../../shared/masking/masker.ts';
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';

const brokenMasker: Masker = {
  maskMessage: () => {
    throw new Error('a limit');
  },
  maskArguments: () => {
    throw new Error('a limit');
  },
  maskRequest: () => '[masked]',
};

function scene(masker: Masker) {
  const entries: Entry[] = [];
  // Only what `deliver` and `createTrail` use of the many parts.
  const parts = {
    masker,
    recorder: { record: async (_session: unknown, entry: Entry) => void entries.push(entry) },
    log: () => undefined,
    nowMs: () => 1_000,
  } as unknown as CallParts;
  const trace = { adopt: () => undefined, note: () => undefined, stage: (_name: string, run: () => unknown) => run() };
  const admitted = { callId: 'c1', session: {}, receivedMs: 900, server: { name: 'crm' }, facts: {}, trace };
  const outgoing = { admitted, shape: (result: unknown) => result } as unknown as Outgoing;
  return { entries, parts, outgoing, trail: createTrail(parts, outgoing, undefined) };
}

describe('an answer that could not be masked', () => {
  it(proves('masking.fail-closed', 'is withheld, and the record says so without its content'), async () => {
    const { entries, parts, outgoing, trail } = scene(brokenMasker);
    const response = { kind: 'response', id: 1, result: { content: [{ type: 'text', text: '536-22-1234' }] } } as const;
    const body = await deliverResponse(parts, outgoing, trail, response, 200);
    expect(body).toMatchObject({ id: 1, error: { code: 1003 } });
    expect(JSON.stringify([body, entries])).not.toContain('536-22-1234');
    expect(entries).toMatchObject([
      {
        ...{ kind: 'outcome', status: 'withheld', error: { code: 'masking', detail: 'it failed' } },
        exposure: [{ class: 'unread', outcome: 'withheld', count: 1 }],
      },
    ]);
  });

  it(proves('masking.fail-closed', 'an event is withheld too'), async () => {
    const { entries, parts, outgoing, trail } = scene(brokenMasker);
    const event = { kind: 'notification', method: 'notifications/message', params: { data: 'x' } } as const;
    expect(await deliverEvent(parts, outgoing, trail, event, true)).toBeUndefined();
    expect(entries).toEqual([
      {
        ...{ kind: 'event', callId: 'c1', message: '[withheld]' },
        exposure: [{ class: 'unread', outcome: 'withheld', count: 1 }],
      },
    ]);
  });
});
