/** Sessions added up: what counts, and that it says when it stopped. */
import { describe, expect, it } from 'vitest';
import { addUpSessions } from '../../../shared/sessions/add-up-sessions.ts';
import { foldLines, type SessionSummary } from '../../../shared/sessions/session-summary.ts';
import type { Line } from '../../../shared/transcripts/line-schema.ts';
import { proves } from '../../requirements.ts';

const chain = { segment: 'crm/2026/11/23/s/w-1.jsonl', seq: 1, prev: '0'.repeat(64) };
const time = '2026-11-23T08:00:00.000Z';

/** One session: `calls` of this person, each with an answer in which one card was masked. */
function session(id: string, person: string, calls: number): SessionSummary {
  const intent: Line = {
    time,
    kind: 'intent',
    call: {
      id: 'c',
      tenant: 't',
      principal: { kind: 'user', id: person, guest: false },
      agent: { id: 'a' },
      tokenId: 'k',
      address: '192.0.2.1',
      era: 'modern',
      method: 'tools/call',
    },
    decision: { verdict: 'allow', policies: [] },
    chain,
  };
  const exposure = [{ class: 'card', outcome: 'masked', count: 1 }] as const;
  const outcome: Line = {
    time,
    kind: 'outcome',
    callId: 'c',
    status: 'answered',
    durationMs: 1,
    exposure: [...exposure],
    chain,
  };
  const lines = Array.from({ length: calls }, () => [intent, outcome]).flat();
  const summary = foldLines(undefined, { id, server: 'crm', retention: 'standard' }, lines);
  if (summary === undefined) throw new Error('a session of nothing');
  return summary;
}

async function* listed(...summaries: readonly SessionSummary[]): AsyncGenerator<SessionSummary> {
  yield* summaries;
}

describe('sessions added up', () => {
  it(proves('home.exposure', 'count calls, and what was delivered by class'), async () => {
    const totals = await addUpSessions(
      listed(session('s1', 'alice', 2), session('s2', 'alice', 1), session('s3', 'bob', 1)),
      10,
    );
    const exposure = [{ class: 'card', outcome: 'masked', count: 4 }];
    expect(totals).toEqual({ sessions: 3, calls: 4, exposure, isPartial: false });
  });

  it(proves('home.exposure', 'leave out those in which somebody only looked'), async () => {
    const view: Line = {
      time,
      kind: 'view',
      what: 'home',
      by: { principal: { kind: 'user', id: 'carol', guest: false } },
      exposure: [],
      chain,
    };
    const looked = foldLines(undefined, { id: 's', server: 'crm', retention: 'standard' }, [view]);
    if (looked === undefined) throw new Error('a session of nothing');
    expect(await addUpSessions(listed(looked), 10)).toMatchObject({ sessions: 0, calls: 0 });
  });

  it(proves('home.exposure', 'say when there were more than were added up'), async () => {
    const three = [session('s1', 'alice', 1), session('s2', 'bob', 1), session('s3', 'carol', 1)];
    expect(await addUpSessions(listed(...three), 2)).toMatchObject({ sessions: 2, isPartial: true });
    expect(await addUpSessions(listed(...three), 3)).toMatchObject({ sessions: 3, isPartial: false });
  });
});
