/** Lines of transcripts as a verifier hands them on, written by hand: tests of the story need no signatures. */
import type { Entry } from '../../../shared/transcripts/entry.ts';
import { segmentName } from '../../../shared/transcripts/layout.ts';
import { type Line, lineSchema } from '../../../shared/transcripts/line-schema.ts';

export const SESSION = 'k1-0123456789abcdef0123456789abcdef';
export const CONTAINER = 'transcripts-standard';
export const START_MS = Date.parse('2026-11-22T09:00:00.000Z');

export const alice = {
  kind: 'user',
  id: '5a11e000-0000-4000-8000-0000000000b1',
  name: 'alice',
  guest: false,
} as const;
export const bob = { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b2', name: 'bob', guest: false } as const;
export const assistant = { id: '5a11e000-0000-4000-8000-0000000000c1', name: 'assistant' } as const;

export function callFacts(id: string, target = 'search_customers') {
  return {
    id,
    tenant: '5a11e000-0000-4000-8000-000000000001',
    principal: alice,
    agent: assistant,
    tokenId: 'token',
    address: '192.0.2.1',
    era: 'modern',
    method: 'tools/call',
    target,
  } as const;
}

export function intent(id: string, more: Partial<Extract<Entry, { kind: 'intent' }>> = {}): Entry {
  return {
    kind: 'intent',
    call: callFacts(id),
    decision: { verdict: 'allow', policies: ['support-uses-crm'] },
    request: { query: 'Zoë' },
    ...more,
  };
}

export function outcome(callId: string, more: Partial<Extract<Entry, { kind: 'outcome' }>> = {}): Entry {
  return { kind: 'outcome', callId, status: 'answered', durationMs: 12, message: { result: 1 }, exposure: [], ...more };
}

export function segment(writer: string, number = 1, session = SESSION, server = 'crm', day = '2026/11/22'): string {
  return segmentName({ server, day, session, writer: writer.repeat(32), number });
}

/** One second between two lines, from `startMs` on. */
export function linesIn(name: string, entries: readonly Entry[], startMs = START_MS, fromSeq = 1): Line[] {
  return entries.map((entry, index) => {
    const time = new Date(startMs + index * 1_000).toISOString();
    const chain = { segment: name, seq: fromSeq + index, prev: '0'.repeat(64) };
    return lineSchema.parse({ time, ...entry, chain });
  });
}
