/** Sessions over the API: the desk's answers with their statuses and shapes, and nothing besides. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createApiApp } from '../../../shared/api/api-app.ts';
import { sessionRoutes } from '../../../shared/api/routes/sessions.ts';
import { NotRecorded, type SessionRef } from '../../../shared/transcripts/entry.ts';
import { proves } from '../../requirements.ts';
import { createDeskScene, type DeskScene } from '../sessions/desk-scene.ts';
import { alice, assistant, bob, intent, outcome, SESSION } from '../sessions/story-lines.ts';

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
let desk: DeskScene;

beforeEach(async () => {
  desk = await createDeskScene();
  desk.audits.set(bob.id, ['crm']);
  const exposure = [{ class: 'card', outcome: 'masked', count: 2 }] as const;
  await desk.record(session, intent('one', { justification: 'asked to' }), outcome('one', { exposure }), intent('two'));
  await desk.seal();
});

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
type Answered = { readonly status: number; readonly body: any };

async function ask(path: string, principal: typeof alice | typeof bob = bob): Promise<Answered> {
  const app = createApiApp([sessionRoutes(desk.desk)], () => undefined);
  const caller = { tenant: 't', principal, agent: assistant, groups: [], tokenId: 'x', expiresAt: 0 };
  const answer = await app.request(path, {}, { caller, groups: [], address: '192.0.2.7' });
  return { status: answer.status, body: await answer.json() };
}

describe('GET /api/sessions', () => {
  it(proves('sessions.api', 'lists sessions with what they are found by'), async () => {
    const { status, body } = await ask('/api/sessions?person=alice&tool=search_customers');
    expect(status).toBe(200);
    expect(body.sessions).toMatchObject([
      {
        id: SESSION,
        server: 'crm',
        people: [{ id: alice.id, name: 'alice' }],
        tools: ['search_customers'],
        calls: 2,
        held: 0,
        unfinished: 1,
        exposure: [{ class: 'card', outcome: 'masked', count: 2 }],
      },
    ]);
    expect(desk.looks).toMatchObject([{ what: 'sessions', server: 'crm', by: bob.id }]);
  });

  it('gives where to go on', async () => {
    await desk.record({ ...session, id: `k1-${'9'.repeat(32)}` }, intent('x'));
    await desk.seal();
    const first = await ask('/api/sessions?limit=1');
    expect(first.body.sessions).toMatchObject([{ id: `k1-${'9'.repeat(32)}` }]);
    const second = await ask(`/api/sessions?limit=1&after=${first.body.next}`);
    expect(second.body.sessions).toMatchObject([{ id: SESSION }]);
  });

  it.each(['since=yesterday', 'decision=maybe', 'outcome=x', 'after=x', 'limit=0', 'page=1'])(
    'refuses ?%s',
    async (query) => {
      expect((await ask(`/api/sessions?${query}`)).status).toBe(400);
      expect(desk.looks).toEqual([]);
    },
  );
});

describe('GET /api/sessions/{id}', () => {
  it(proves('sessions.api', 'gives the story with its proof, and contents when they are asked for'), async () => {
    const { status, body } = await ask(`/api/sessions/${SESSION}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: SESSION,
      server: 'crm',
      proof: { state: 'sealed', lastSeal: 1 },
      total: 2,
      items: [
        { kind: 'call', status: 'answered', justification: 'asked to', proof: 'sealed', call: { id: 'one' } },
        { kind: 'call', status: 'unfinished' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('Zoë');
    const whole = await ask(`/api/sessions/${SESSION}?content=yes&from=0&limit=1`);
    expect(whole.body.items).toHaveLength(1);
    expect(whole.body.items[0].request).toEqual({ value: { query: 'Zoë' } });
    expect(whole.body.total).toBe(2);
  });

  it(proves('sessions.audit-only', 'is not there for who may not audit, and no look is on record'), async () => {
    const [foreign, absent] = [
      await ask(`/api/sessions/${SESSION}`, alice),
      await ask(`/api/sessions/k1-${'0'.repeat(32)}`),
    ];
    expect(foreign).toEqual(absent);
    expect(foreign.status).toBe(404);
    expect((await ask('/api/sessions', alice)).status).toBe(404);
    expect(desk.looks).toEqual([]);
  });

  it(proves('sessions.read-recorded', 'shows nothing when the look can’t be recorded'), async () => {
    desk.recordFailure = new NotRecorded('storage is down');
    for (const path of ['/api/sessions', `/api/sessions/${SESSION}`]) {
      const { status, body } = await ask(path);
      expect({ status, code: body.error.code }).toEqual({ status: 503, code: 'not-recorded' });
    }
  });
});
