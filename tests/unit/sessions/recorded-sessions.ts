/** Real transcripts in memory: two sessions of `crm` and one of `_gateway`, by two writers, with roll-overs. */
import type { Entry, SessionRef } from '../../../shared/transcripts/entry.ts';
import type { Line } from '../../../shared/transcripts/line-schema.ts';
import { verifyTranscripts } from '../../../shared/transcripts/verify.ts';
import { createMemoryStore, type MemoryStore } from '../transcripts/memory-store.ts';
import { createScene, testEndorsingKey } from '../transcripts/scene.ts';
import { createTestClock } from '../transcripts/test-clock.ts';
import { alice, assistant, bob, callFacts, intent, outcome, SESSION } from './story-lines.ts';

export const crmSession: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
export const viewSession: SessionRef = { ...crmSession, id: `k1-${'c'.repeat(32)}` };
export const gatewaySession: SessionRef = { id: `k1-${'d'.repeat(32)}`, server: '_gateway', retention: 'standard' };

const card = (count: number, outcomeOf: 'masked' | 'revealed' = 'masked') => ({
  class: 'card',
  outcome: outcomeOf,
  count,
});

/** What the two writers record, by turns. */
const firstWriter: readonly (readonly [SessionRef, Entry])[] = [
  [crmSession, intent('one')],
  [crmSession, { kind: 'event', callId: 'one', message: { progress: 1 }, exposure: [card(1)] }],
  [crmSession, outcome('one', { exposure: [card(2)] })],
  [
    crmSession,
    { kind: 'approval', approval: 'a-1', event: 'held', call: callFacts('two', 'refund_payment'), request: {} },
  ],
  [
    viewSession,
    { kind: 'view', what: 'session', by: { principal: bob, agent: assistant }, subject: SESSION, exposure: [] },
  ],
  [gatewaySession, { kind: 'refusal', stage: 'authenticate', code: 'expired', detail: 'x', address: '192.0.2.9' }],
];
const secondWriter: readonly (readonly [SessionRef, Entry])[] = [
  [crmSession, { kind: 'approval', approval: 'a-1', event: 'decided', by: { principal: bob }, verdict: 'approve' }],
  [crmSession, intent('three', { call: callFacts('three', 'refund_payment'), approval: 'a-1' })],
  [crmSession, outcome('three', { status: 'error' })],
  [
    crmSession,
    {
      kind: 'delivery',
      call: callFacts('four', 'refund_payment'),
      approval: 'a-1',
      releaseCallId: 'three',
      exposure: [card(1, 'revealed')],
    },
  ],
  [gatewaySession, { kind: 'administration', action: 'signed-in', by: { principal: alice }, detail: 'with a browser' }],
];

export async function recordSessions(): Promise<MemoryStore> {
  const store = createMemoryStore();
  const clock = createTestClock();
  const [one, two] = [createScene({ store, clock }), createScene({ store, clock })];
  for (let round = 0; round < 2; round += 1) {
    for (const [scene, entries] of [
      [one, firstWriter],
      [two, secondWriter],
    ] as const) {
      for (const [session, entry] of entries) {
        await scene.recorder.record(session, round === 0 ? entry : again(entry));
        await clock.advance(1_000);
      }
    }
    // Idle segments are closed: what comes next stands in new ones.
    await clock.advance(1_000_000);
  }
  await Promise.all([one.recorder.close(), two.recorder.close()]);
  return store;
}

/** Another call of the same kind, with a tool of its own. */
function again(entry: Entry): Entry {
  if (entry.kind === 'intent')
    return { ...entry, call: { ...entry.call, id: `${entry.call.id}-b`, target: 'list_orders' } };
  return 'callId' in entry ? { ...entry, callId: `${entry.callId}-b` } : entry;
}

export interface ReadSegment {
  readonly container: string;
  readonly name: string;
  /** In the batches in which the verifier hands them on. */
  readonly batches: readonly (readonly Line[])[];
}

export async function readSegments(store: MemoryStore): Promise<readonly ReadSegment[]> {
  const segments = new Map<string, { container: string; name: string; batches: (readonly Line[])[] }>();
  await verifyTranscripts({
    reader: store,
    endorsingKey: testEndorsingKey,
    onLines: (lines, { container, name }) => {
      const known = segments.get(name) ?? { container, name, batches: [] };
      known.batches.push(lines);
      segments.set(name, known);
    },
  });
  return [...segments.values()];
}
