import { describe, expect, it } from 'vitest';
import { type AssembleOptions, assembleStory } from '../../../shared/sessions/assemble-story.ts';
import { type CallItem, compareItems, placeKey, type StoryItem } from '../../../shared/sessions/story.ts';
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import {
  alice,
  assistant,
  bob,
  CONTAINER,
  callFacts,
  intent,
  linesIn,
  outcome,
  SESSION,
  START_MS,
  segment,
} from './story-lines.ts';

const ONE = segment('a');

interface Fed {
  readonly name?: string;
  readonly entries: readonly Entry[];
  readonly startMs?: number;
}

function storyOf(fed: readonly Fed[], options: Partial<AssembleOptions> = {}): StoryItem[] {
  const items: StoryItem[] = [];
  const assembler = assembleStory({
    onItem: (item) => items.push(item),
    nowMs: START_MS + 3_600_000,
    leaseMs: 270_000,
    streamLeaseMs: 1_000_000_000,
    ...options,
  });
  for (const { name = ONE, entries, startMs } of fed) {
    assembler.take(linesIn(name, entries, startMs), { container: CONTAINER, name });
  }
  assembler.end();
  return items.sort(compareItems);
}

function callsOf(items: readonly StoryItem[]): CallItem[] {
  return items.filter((item) => item.kind === 'call');
}

describe('a story is assembled from records', () => {
  it(
    proves(
      'sessions.replay',
      'an intent, its events and its outcome are one call, with what was delivered in all of them',
    ),
    () => {
      const card = (outcomeOf: 'masked' | 'revealed', count: number) => ({ class: 'card', outcome: outcomeOf, count });
      const [call, ...others] = storyOf([
        {
          entries: [
            intent('one'),
            {
              kind: 'event',
              callId: 'one',
              message: { method: 'notifications/message' },
              exposure: [card('masked', 2)],
            },
            outcome('one', { exposure: [card('masked', 1), card('revealed', 1)], httpStatus: 200 }),
          ],
        },
      ]);
      expect(others).toEqual([]);
      expect(call).toMatchObject({
        kind: 'call',
        status: 'answered',
        httpStatus: 200,
        durationMs: 12,
        events: 1,
        exposure: [card('masked', 3), card('revealed', 1)],
        at: { container: CONTAINER, segment: ONE, seq: 1 },
        outcomeAt: { seq: 3 },
        session: { id: SESSION, server: 'crm' },
        timeMs: START_MS,
        request: { kind: 'left-out' },
        answer: { kind: 'left-out' },
      });
    },
  );

  it('records of one call in two segments meet, whichever is read first', () => {
    const [begun, ended] = [segment('a', 1), segment('a', 2)];
    const event: Entry = {
      kind: 'event',
      callId: 'one',
      message: {},
      exposure: [{ class: 'email', outcome: 'masked', count: 1 }],
    };
    const first: Fed = { name: begun, entries: [intent('one'), event] };
    const second: Fed = { name: ended, entries: [event, outcome('one')], startMs: START_MS + 60_000 };
    const inOrder = storyOf([first, second]);
    expect(callsOf(inOrder)).toMatchObject([
      {
        status: 'answered',
        events: 2,
        exposure: [{ class: 'email', outcome: 'masked', count: 2 }],
        outcomeAt: { segment: ended },
      },
    ]);
    expect(storyOf([second, first])).toEqual(inOrder);
  });

  it('a call without an outcome is unfinished, and unknown once nobody can be at it', () => {
    const fed = [{ entries: [intent('one'), intent('listen', { call: { ...callFacts('listen'), method: 'GET' } })] }];
    const at = (nowMs: number) => callsOf(storyOf(fed, { nowMs })).map(({ status }) => status);
    expect(at(START_MS + 270_000)).toEqual(['unfinished', 'unfinished']);
    expect(at(START_MS + 270_001)).toEqual(['unknown', 'unfinished']);
    expect(at(START_MS + 1_000_001_001)).toEqual(['unknown', 'unknown']);
  });

  it('what was refused is a call where it is known whose, and nobody’s where it is not', () => {
    const refusal: Entry = { kind: 'refusal', stage: 'decide', code: 'policy', detail: 'no', address: '192.0.2.1' };
    const items = storyOf([{ entries: [{ ...refusal, call: callFacts('one'), justification: 'please' }, refusal] }]);
    expect(items).toMatchObject([
      {
        kind: 'call',
        status: 'refused',
        decision: { verdict: 'deny', code: 'policy' },
        justification: 'please',
        refusal: { stage: 'decide', code: 'policy', detail: 'no' },
      },
      { kind: 'turned-away', stage: 'decide', code: 'policy' },
    ]);
  });

  it('a hold is a call that waits, and its approval’s lifeline follows', () => {
    const held: Entry = {
      kind: 'approval',
      approval: 'a-1',
      event: 'held',
      call: callFacts('one', 'refund_payment'),
      decision: { verdict: 'hold', policies: ['refunds'], quorums: ['finance'], reasons: ['over 500'] },
      reason: 'the customer is right',
      request: { name: 'refund_payment' },
    };
    const decided: Entry = {
      kind: 'approval',
      approval: 'a-1',
      event: 'decided',
      by: { principal: bob },
      verdict: 'approve',
      reason: 'fine',
    };
    const items = storyOf([
      { entries: [held, decided, { kind: 'approval', approval: 'a-1', event: 'approved' }] },
      { name: segment('b'), entries: [intent('two', { approval: 'a-1' }), outcome('two')], startMs: START_MS + 60_000 },
    ]);
    expect(items).toMatchObject([
      {
        kind: 'call',
        status: 'held',
        approval: 'a-1',
        justification: 'the customer is right',
        decision: { quorums: ['finance'] },
      },
      { kind: 'approval', event: 'held' },
      { kind: 'approval', event: 'decided', by: { principal: bob }, verdict: 'approve', reason: 'fine' },
      { kind: 'approval', event: 'approved' },
      { kind: 'call', status: 'answered', approval: 'a-1' },
    ]);
  });

  it('deliveries, views, administration and recovery are items of their own', () => {
    const by = { principal: alice, agent: assistant };
    const exposure = [{ class: 'card', outcome: 'revealed', count: 1 }] as const;
    const items = storyOf([
      {
        entries: [
          { kind: 'delivery', call: callFacts('one'), approval: 'a-1', releaseCallId: 'two', exposure },
          { kind: 'view', what: 'approval', by, subject: 'a-1', exposure },
          { kind: 'administration', action: 'block', by, detail: 'x' },
          {
            kind: 'recovery',
            container: CONTAINER,
            segment: segment('c'),
            bytes: 10,
            lines: 2,
            head: '0'.repeat(64),
            unfinished: ['nine'],
            unfinishedCount: 1,
          },
        ],
      },
    ]);
    expect(items).toMatchObject([
      { kind: 'delivery', releaseCallId: 'two', exposure },
      { kind: 'view', what: 'approval', by, exposure },
      { kind: 'administration', action: 'block' },
      { kind: 'recovery', segment: segment('c'), unfinished: ['nine'] },
    ]);
  });

  it('an outcome whose intent was not read is told as such, with what it delivered', () => {
    const exposure = [{ class: 'card', outcome: 'revealed', count: 1 }] as const;
    expect(storyOf([{ entries: [outcome('lost', { exposure })] }])).toMatchObject([
      { kind: 'stray', callId: 'lost', status: 'answered', exposure },
    ]);
  });

  it('two intents of one id are two calls', () => {
    const calls = callsOf(storyOf([{ entries: [intent('one'), intent('one'), outcome('one')] }]));
    expect(calls.map(({ status }) => status)).toEqual(['unknown', 'answered']);
  });

  it('content is kept of what is asked for alone: from the line, or by the name of its side blob', () => {
    const sha256 = 'ab'.repeat(32);
    const name = segment('a');
    const lines = linesIn(name, [intent('one'), outcome('one'), intent('two'), outcome('two')]);
    const large = lines.map((line) => {
      if (line.kind !== 'outcome') return line;
      const { message: _, ...facts } = line;
      return { ...facts, messageRef: { sha256, bytes: 70_000 } };
    });
    const items: StoryItem[] = [];
    const assembler = assembleStory({
      onItem: (item) => items.push(item),
      nowMs: START_MS,
      leaseMs: 1,
      streamLeaseMs: 1,
      keepsContent: (key) => key === placeKey({ container: CONTAINER, segment: name, seq: 3 }),
    });
    assembler.take(large, { container: CONTAINER, name });
    assembler.end();
    expect(callsOf(items)).toMatchObject([
      { request: { kind: 'left-out' }, answer: { kind: 'left-out' } },
      {
        request: { kind: 'inline', value: { query: 'Zoë' } },
        answer: { kind: 'side-blob', name: `${name.slice(0, -6)}/${sha256}`, bytes: 70_000 },
      },
    ]);
  });

  it('a call is told as soon as it has ended: a hundred thousand leave nothing behind', () => {
    let told = 0;
    const assembler = assembleStory({ onItem: () => (told += 1), nowMs: START_MS, leaseMs: 1, streamLeaseMs: 1 });
    const [intentLine] = linesIn(ONE, [intent('x')]);
    const [outcomeLine] = linesIn(ONE, [outcome('x')]);
    if (intentLine?.kind !== 'intent' || outcomeLine?.kind !== 'outcome') throw new Error('not the lines of a call');
    for (let n = 0; n < 100_000; n += 1) {
      const id = String(n);
      const lines = [
        { ...intentLine, call: { ...intentLine.call, id } },
        { ...outcomeLine, callId: id },
      ];
      assembler.take(lines, { container: CONTAINER, name: ONE });
      if (told !== n + 1) break;
    }
    expect(told).toBe(100_000);
  });
});
