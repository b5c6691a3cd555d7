/** The port without an adapter, the door that keeps labels few, and the budget of traces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundTelemetry } from '../../../shared/telemetry/bound-labels.ts';
import { instruments } from '../../../shared/telemetry/instruments.ts';
import { silentTelemetry, type Telemetry, type TraceFacts } from '../../../shared/telemetry/telemetry.ts';
import { createTraceBudget } from '../../../shared/telemetry/trace-budget.ts';
import { readTraceContext } from '../../../shared/telemetry/trace-context.ts';
import { proves } from '../../requirements.ts';

const known = {
  server: new Set(['crm']),
  tool: new Set(['read_note']),
  class: new Set(['email']),
};

/** Keeps what came through the door. */
function listen() {
  const heard: Readonly<Record<string, unknown>>[] = [];
  const noted: TraceFacts[] = [];
  const telemetry: Telemetry = {
    trace: (_root, run) =>
      run({ adopt: () => undefined, note: (facts) => void noted.push(facts), stage: (_name, work) => work(undefined) }),
    count: (_instrument, _by, labels) => void heard.push(labels),
    measure: (_instrument, _value, labels) => void heard.push(labels),
  };
  return { heard, noted, door: boundTelemetry(telemetry, known) };
}

describe('silent telemetry', () => {
  const incoming = readTraceContext(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);

  it(proves('telemetry.silent', 'runs what it is given, and hands back or throws what that does'), async () => {
    const broken = new Error('broken');
    await silentTelemetry.trace({ name: 'call', callId: 'c1' }, async (trace) => {
      expect(trace.stage('decide', () => 7)).toBe(7);
      await expect(trace.stage('forward', async () => 'sent')).resolves.toBe('sent');
      await expect(trace.stage('forward', () => Promise.reject(broken))).rejects.toBe(broken);
      expect(() =>
        trace.stage('mask', () => {
          throw broken;
        }),
      ).toThrow(broken);
    });
  });

  it(
    proves('telemetry.silent', 'passes the client’s trace on as it came, the message’s before the header’s'),
    async () => {
      const own = readTraceContext(`00-${'c'.repeat(32)}-${'d'.repeat(16)}-00`);
      await silentTelemetry.trace({ name: 'call', callId: 'c1', incoming }, async (trace) => {
        expect(trace.stage('forward', (onward) => onward)).toBe(incoming);
        if (own) trace.adopt(own);
        expect(trace.stage('forward', (onward) => onward)).toBe(own);
      });
    },
  );

  it(proves('telemetry.silent', 'stays what it is behind the door of labels: nothing is wrapped'), () => {
    expect(boundTelemetry(silentTelemetry, known)).toBe(silentTelemetry);
  });
});

describe('labels', () => {
  it(proves('telemetry.labels', 'say what is known, and `other` for anything else'), () => {
    const { heard, door } = listen();
    door.count('calls', 1, { decision: 'allow', server: 'crm', tool: 'read_note' });
    door.count('calls', 1, { decision: 'deny', server: 'https://evil.example', tool: 'ada@example.com' });
    door.count('findings', 1, { class: '4111 1111 1111 1111', outcome: 'masked' });
    expect(heard).toEqual([
      { decision: 'allow', server: 'crm', tool: 'read_note' },
      { decision: 'deny', server: 'other', tool: 'other' },
      { class: 'other', outcome: 'masked' },
    ]);
  });

  it(proves('telemetry.labels', 'of a trace are bounded too, and facts that nobody listed go nowhere'), async () => {
    const { noted, door } = listen();
    await door.trace({ name: 'call', callId: 'c1' }, async (trace) => {
      trace.note({ server: 'crm', tool: 'tell me, who is bob', decision: 'allow' });
      trace.note({ principal: 'bob' } as TraceFacts);
    });
    expect(noted).toEqual([{ server: 'crm', tool: 'other', decision: 'allow' }, {}]);
  });

  it(proves('telemetry.labels', 'never hold another word, whatever is put in'), () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (server, tool, className) => {
        const { heard, door } = listen();
        door.count('calls', 1, { decision: tool as 'allow', server, tool });
        door.count('findings', 1, { class: className, outcome: server as 'masked' });
        for (const labels of heard) {
          for (const value of Object.values(labels)) {
            expect(['crm', 'read_note', 'email', 'none', 'other', 'allow', 'masked']).toContain(value);
          }
        }
      }),
    );
  });

  it(proves('telemetry.labels', 'from words of the code end at a number'), () => {
    const { heard, door } = listen();
    for (let index = 0; index < 500; index += 1) {
      const word = [...String(index)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
      door.count('errors', 1, { kind: `event-${word}` });
    }
    door.count('errors', 1, { kind: 'Ada Lovelace <ada@example.com>' });
    expect(new Set(heard.map(({ kind }) => kind)).size).toBe(201);
    expect(heard.at(-1)).toEqual({ kind: 'other' });
  });

  it(proves('telemetry.labels', 'are those of a list that somebody has to change on purpose'), () => {
    const labels = new Set(Object.values(instruments).flatMap((instrument) => Object.keys(instrument.labels)));
    expect([...labels].sort()).toEqual(
      [
        'class',
        'decision',
        'kind',
        'operation',
        'outcome',
        'queue',
        'result',
        'server',
        'stage',
        'store',
        'tool',
      ].sort(),
    );
  });
});

describe('the budget of traces', () => {
  it(proves('telemetry.traceparent', 'records so many a second and no more, however many ask'), () => {
    let nowMs = 0;
    const budget = createTraceBudget({ perSecond: 2, reserve: 4, monotonicMs: () => nowMs });
    const takenOf = (asked: number) => Array.from({ length: asked }, () => budget.take()).filter(Boolean).length;
    expect(takenOf(1_000)).toBe(4);
    nowMs = 500;
    expect(takenOf(1_000)).toBe(1);
    nowMs = 1_000_000;
    expect(takenOf(1_000)).toBe(4);
  });
});
