/** Who gets through the API's door, and what of a body a route ever sees. */
import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { APPROVAL, type Ask, bob, createInbox, createScene, view } from './api-scene.ts';

const decisions = `/api/approvals/${APPROVAL}/decisions`;
const good = { verdict: 'approve', evidence: 'evidence-1' };

describe('the door', () => {
  it.each<readonly [string, Ask, number, string]>([
    ['nobody', { path: '/api/approvals' }, 401, ''],
    [
      'a page of any origin, even our own',
      { path: '/api/approvals', as: 'bob', headers: { origin: 'https://gateway.example.com' } },
      403,
      'browser',
    ],
    ['an opaque origin', { path: '/api/approvals', as: 'bob', headers: { origin: 'null' } }, 403, 'browser'],
    ['who is blocked', { path: '/api/approvals', as: 'blocked' }, 403, 'blocked'],
    ['anybody while blocks can’t be read', { path: '/api/approvals', as: 'half-known' }, 503, 'unavailable'],
    ['who asks too often', { path: '/api/approvals', as: 'hasty' }, 429, 'calls-per-minute'],
    ['anybody where the gateway is full', { path: '/api/approvals', as: 'crowded' }, 503, 'server-calls'],
    ['whose groups nobody can say', { path: '/api/approvals', as: 'ungrouped' }, 503, 'unavailable'],
    ['an app that lists', { path: '/api/approvals', as: 'bot' }, 403, 'people-only'],
    ['an app that looks', { path: `/api/approvals/${APPROVAL}`, as: 'bot' }, 403, 'people-only'],
    ['an app that decides', { method: 'POST', path: decisions, body: good, as: 'bot' }, 403, 'people-only'],
    ['a path that is none', { path: '/api/grants', as: 'bob' }, 404, 'no-route'],
    ['a method that is none', { method: 'DELETE', path: '/api/approvals', as: 'bob' }, 404, 'no-route'],
  ])(proves('api.door', 'refuses %s, and asks the inbox nothing'), async (_name, ask, status, code) => {
    const inbox = createInbox();
    const answer = await createScene(inbox).ask(ask);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(code === '' ? {} : { error: { code, message: expect.stringMatching(/\.$/) } });
    expect(inbox.asked).toEqual([]);
  });

  it(proves('api.door', 'tells a person from their token, with groups and address'), async () => {
    const inbox = createInbox();
    await createScene(inbox).ask({ path: '/api/approvals', as: 'bob', headers: { 'x-forwarded-for': '192.0.2.1' } });
    expect(inbox.asked[0]?.person).toEqual({
      tenant: '5a11e000-0000-4000-8000-000000000001',
      principal: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b2', name: 'bob', guest: false },
      groups: ['finance'],
      channel: 'api',
      agent: { id: '5a11e000-0000-4000-8000-0000000000c5' },
      address: '192.0.2.1',
      tokenId: 'bob',
    });
  });

  it.each([
    ['https://bob:secret@gateway.example.com/api/approvals', 200],
    ['https://gateway.example.com//api/approvals', 404],
    ['https://gateway.example.com/api/approvals/%ff', 404],
    ['https://gateway.example.com:port/api/approvals', 400],
    ['/api/approvals', 400],
  ])('answers %s with %i', async (url, status) => {
    expect(await createScene().ask({ path: '/', url, as: 'bob' })).toMatchObject({ status });
  });

  it('lets no cache keep an answer, and no browser read one', async () => {
    const { headers } = await createScene().ask({ path: '/api/approvals', as: 'bob' });
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('logs why a call failed and tells nobody', async () => {
    const scene = createScene(createInbox({ failure: new Error('secret reason') }));
    const answer = await scene.ask({ path: '/api/approvals', as: 'bob' });
    expect(answer).toMatchObject({ status: 500, body: { error: { code: 'internal' } } });
    expect(JSON.stringify(answer.body)).not.toContain('secret reason');
    expect(scene.logged).toEqual([expect.stringContaining('error api-failed')]);
  });
});

describe('who is turned away', () => {
  const from = { 'x-forwarded-for': '192.0.2.1' };

  it.each<readonly [string, Ask, { readonly code: string; readonly detail: string; readonly caller?: object }]>([
    ['nobody, who sent no header at all', { path: '/api/approvals' }, { code: 'missing', detail: 'no bearer token' }],
    [
      'a browser, whoever is signed in there',
      { path: '/api/approvals', as: 'bob', headers: { origin: 'https://gateway.example.com' } },
      { code: 'browser', detail: 'it names an origin' },
    ],
    [
      'who asks too often',
      { path: '/api/approvals', as: 'hasty' },
      { code: 'calls-per-minute', detail: 'retry after 7 s', caller: { ...bob, tokenId: 'hasty' } },
    ],
    [
      'who is blocked',
      { path: '/api/approvals', as: 'blocked' },
      { code: 'blocked', detail: 'why', caller: { ...bob, tokenId: 'blocked' } },
    ],
    [
      'whose groups nobody can say',
      { path: '/api/approvals', as: 'ungrouped' },
      { code: 'groups-unavailable', detail: 'nobody can say their groups', caller: { ...bob, tokenId: 'ungrouped' } },
    ],
  ])(proves('api.refusals', 'is on record: %s'), async (_name, ask, refusal) => {
    const scene = createScene();
    await scene.ask({ ...ask, headers: { ...from, ...ask.headers } });
    expect(scene.refusals).toEqual([{ ...refusal, address: '192.0.2.1' }]);
    expect(scene.logged).toEqual([expect.stringMatching(`^warn api-refused .*"code":"${refusal.code}"`)]);
  });

  it(proves('api.rate', 'hears when to come again'), async () => {
    const { headers, body } = await createScene().ask({ path: '/api/approvals', as: 'hasty' });
    expect(headers['retry-after']).toBe('7');
    expect(body).toMatchObject({ error: { message: expect.stringContaining('Try again in 7 s') } });
  });

  it.each(['bob', 'blocked', 'ungrouped'] as const)('as %s gives the place back that was taken', async (as) => {
    const scene = createScene();
    await scene.ask({ path: '/api/approvals', as });
    expect(scene.taken).toEqual([]);
  });

  it('by a failure gives the place back too', async () => {
    const scene = createScene(createInbox(), () => {
      throw new Error('a bug');
    });
    await expect(scene.ask({ path: '/api/approvals', as: 'bob' })).rejects.toThrow('a bug');
    expect(scene.taken).toEqual([]);
  });

  it('is nobody who asks for the document', async () => {
    const scene = createScene();
    await scene.ask({ path: '/api/openapi.json' });
    expect(scene.refusals).toEqual([]);
  });
});

describe('bodies', () => {
  const text = JSON.stringify(good);

  it.each<readonly [string, Partial<Ask>, number, string]>([
    ['no body', {}, 400, 'invalid'],
    ['an empty object', { body: {} }, 400, 'invalid'],
    ['an array', { body: [good] }, 400, 'invalid'],
    ['a key that is not known', { body: { ...good, approval: 'other' } }, 400, 'invalid'],
    ['a verdict that is none', { body: { ...good, verdict: 'maybe' } }, 400, 'invalid'],
    ['no evidence', { body: { verdict: 'approve' } }, 400, 'invalid'],
    ['empty evidence', { body: { ...good, evidence: '' } }, 400, 'invalid'],
    ['a reason too long', { body: { ...good, reason: 'x'.repeat(501) } }, 400, 'invalid'],
    ['a key twice', { body: '{"verdict":"deny","verdict":"approve","evidence":"e"}' }, 400, 'json'],
    ['a prototype', { body: '{"__proto__":{},"verdict":"approve","evidence":"e"}' }, 400, 'json'],
    ['a byte order mark', { body: `\uFEFF${text}` }, 400, 'json'],
    ['what is no JSON', { body: '{verdict:approve}' }, 400, 'json'],
    ['too deep JSON', { body: `${'['.repeat(9)}${']'.repeat(9)}` }, 400, 'json'],
    [
      'a form',
      { body: 'verdict=approve', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'media-type',
    ],
    [
      'JSON as plain text, as a form could send it',
      { body: text, headers: { 'content-type': 'text/plain' } },
      415,
      'media-type',
    ],
    ['compressed JSON', { body: text, headers: { 'content-encoding': 'gzip' } }, 415, 'media-type'],
    ['more than 64 KiB', { body: `${text}${' '.repeat(65_536)}` }, 413, 'too-large'],
  ])(proves('api.bodies', 'refuses %s, and decides nothing'), async (_name, ask, status, code) => {
    const inbox = createInbox();
    const answer = await createScene(inbox).ask({ method: 'POST', path: decisions, as: 'bob', ...ask });
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(inbox.asked).toEqual([]);
  });

  it.each(['application/json', 'Application/JSON; charset=utf-8'])(proves('api.bodies', 'takes %s'), async (type) => {
    const inbox = createInbox();
    const answer = await createScene(inbox).ask({
      method: 'POST',
      path: decisions,
      as: 'bob',
      body: text,
      headers: { 'content-type': type },
    });
    expect(answer.status).toBe(202);
    expect(inbox.asked[0]?.input).toEqual({
      approval: APPROVAL,
      verdict: 'approve',
      reason: '',
      evidence: 'evidence-1',
    });
  });

  it(proves('api.bodies', 'gives up a body that does not arrive in time'), async () => {
    const stream = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    const answer = await createScene(createInbox(), () => AbortSignal.abort()).ask({
      method: 'POST',
      path: decisions,
      as: 'bob',
      stream,
      headers: { 'content-type': 'application/json' },
    });
    expect(answer).toMatchObject({ status: 408, body: { error: { code: 'too-slow' } } });
  });

  it(proves('api.bodies', 'reads no body of who is not signed in'), async () => {
    let pulls = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull() {
          pulls += 1;
        },
      },
      { highWaterMark: 0 },
    );
    const answer = await createScene().ask({ method: 'POST', path: decisions, stream });
    expect({ status: answer.status, pulls }).toEqual({ status: 401, pulls: 0 });
  });

  it('names places in a mistake, never what stood there', async () => {
    const body = { ...good, verdict: 'stolen-secret', 'another-secret': 1 };
    const answer = await createScene(createInbox({ view })).ask({ method: 'POST', path: decisions, as: 'bob', body });
    expect(JSON.stringify(answer.body)).not.toMatch(/stolen-secret|another-secret/);
  });
});
