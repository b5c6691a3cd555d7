/** The API over the wire: a channel of its own, refusals on record, and a limit apart from what agents call. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './support/gateway.ts';
import { apiToken, callTool, decide, idOf, recordsOf, stateOf } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, callText, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const BOB = '5a11e000-0000-4000-8000-0000000000b2';

const stops: (() => Promise<void>)[] = [];

async function start(more: Partial<TestGatewayOptions> = {}): Promise<TestGateway> {
  const tools = [READ_TOOL, PAY_TOOL, SECRET_TOOL];
  const gateway = await startTestGateway({ policies: APPROVING_POLICIES, tools, ...more });
  gateway.graph.groups = 'directory';
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'paid' }] });
  return gateway;
}

async function startForOne(more: Partial<TestGatewayOptions> = {}): Promise<TestGateway> {
  const gateway = await start(more);
  stops.push(() => gateway.stop());
  return gateway;
}

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function ask(gateway: TestGateway, token: string | undefined, path = '/api/approvals') {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answered = await fetch(new URL(path, gateway.url), { headers });
  return { status: answered.status, headers: answered.headers, body: await answered.json() };
}

const lastNote = (gateway: TestGateway) => gateway.records().findLast(({ kind }) => kind === 'administration');

const hold = async (gateway: TestGateway): Promise<string> =>
  idOf(await callTool(gateway, await gateway.token({ user: 'alice' }), 'pay', { amount: 900 }));

describe('an approval over the API', () => {
  it(
    proves('api.channel', 'does not count where a quorum leaves `api` out: nothing is listed, decided or run'),
    async () => {
      const gateway = await startForOne({ channels: ['page'] });
      const id = await hold(gateway);
      const bob = await apiToken(gateway, 'bob');
      expect((await ask(gateway, bob)).body).toEqual({ approvals: [], total: 0 });
      const shown = await ask(gateway, bob, `/api/approvals/${id}`);
      expect(shown).toMatchObject({
        status: 200,
        body: { mayDecide: false, whyNot: 'This request can’t be answered here. Open its page.' },
      });
      const decided = await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' });
      expect([decided.status, await decided.json()]).toMatchObject([403, { error: { code: 'channel' } }]);
      await gateway.deliverMessages();
      expect([stateOf(gateway, id), gateway.upstream.arrived]).toEqual(['pending', []]);
      expect(recordsOf(gateway, id).at(-1)).toMatchObject({
        event: 'decision-refused',
        detail: 'channel',
        by: { principal: { id: BOB }, channel: 'api' },
      });
    },
  );

  it(proves('api.channel', 'counts where a quorum lists it, and says on record that it came so'), async () => {
    const gateway = await startForOne({ channels: ['api'] });
    const id = await hold(gateway);
    expect((await ask(gateway, await apiToken(gateway, 'bob'))).body).toMatchObject({ approvals: [{ id }], total: 1 });
    expect((await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' })).status).toBe(202);
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('done');
    expect(recordsOf(gateway, id)).toContainEqual(
      expect.objectContaining({ event: 'decided', by: expect.objectContaining({ channel: 'api' }) }),
    );
  });
});

describe('who is turned away', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await start();
  });
  afterAll(() => gateway.stop());

  it.each<readonly [string, () => Promise<string | undefined>, number, string]>([
    ['nobody', async () => undefined, 401, 'missing: no bearer token, '],
    ['who has no token but words', async () => 'not-a-token', 401, 'malformed: malformed '],
    [
      'who has a token of nobody’s key',
      () => gateway.token({ user: 'bob', agent: 'cli', key: 'foreign' }),
      401,
      'bad-signature: the signature does not verify, ',
    ],
    [
      'an agent, with whom it acts for',
      () => gateway.token({ user: 'bob' }),
      403,
      `insufficient-scope: lacks Sallyport.Manage; principal ${BOB}, agent `,
    ],
    [
      'who comes too late, by name',
      () => gateway.token({ user: 'bob', agent: 'cli', ttlSeconds: -61 }),
      401,
      'expired: exp ',
    ],
  ])(
    proves('api.refusals', 'is on record under _gateway, never with the token: %s'),
    async (_, give, status, detail) => {
      const token = await give();
      expect((await ask(gateway, token)).status).toBe(status);
      const note = lastNote(gateway);
      expect(note).toMatchObject({ action: 'api-refused', blob: expect.stringContaining('_gateway/') });
      expect(note?.detail).toMatch(new RegExp(`^${detail}.*from \\S+$`));
      if (token !== undefined) expect(JSON.stringify(gateway.records())).not.toContain(token);
    },
  );

  it(
    proves('api.refusals', 'for a block is on record as who they are, with the reason that they do not hear'),
    async () => {
      // Read with the first request: this one has heard nothing yet.
      const other = await startForOne();
      other.blocks.rows.set('alice', {
        ...{ kind: 'principal', value: ALICE, reason: 'phone lost' },
        ...{ by: { id: BOB }, createdMs: 0 },
      });
      const answered = await ask(other, await apiToken(other, 'alice'));
      expect([answered.status, JSON.stringify(answered.body)]).toEqual([
        403,
        expect.not.stringContaining('phone lost'),
      ]);
      expect(lastNote(other)).toMatchObject({
        action: 'api-refused',
        by: { principal: { id: ALICE }, channel: 'api' },
        detail: expect.stringContaining('is blocked: phone lost'),
      });
    },
  );
});

describe('the limit of the API', () => {
  it(proves('api.rate', 'is a principal’s own, and apart from what their agents call'), async () => {
    const gateway = await startForOne({ yaml: 'limits: { principal: { callsPerMinute: 3 } }' });
    const [alice, bob] = await Promise.all([apiToken(gateway, 'alice'), apiToken(gateway, 'bob')]);
    const agent = await gateway.token({ user: 'alice' });
    const call = () => post(gateway.url, agent, callText('read_note', '{"id":"n1"}'));
    for (const _ of [1, 2, 3]) expect((await ask(gateway, alice)).status).toBe(200);
    const refused = await ask(gateway, alice);
    expect(refused).toMatchObject({ status: 429, body: { error: { code: 'calls-per-minute' } } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(lastNote(gateway)).toMatchObject({
      action: 'api-refused',
      by: { principal: { id: ALICE } },
      detail: expect.stringMatching(/^calls-per-minute: retry after \d+ s, from /),
    });
    expect((await ask(gateway, bob)).status).toBe(200);

    // Her agent has its own share still: neither uses up the other's.
    for (const _ of [1, 2, 3]) expect((await call()).status).toBe(200);
    expect((await call()).status).toBe(429);
  });
});
