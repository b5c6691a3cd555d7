/** Access reviews of the real gateway, by API and by command, over calls that really ran; and from its blobs alone. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { runSallyport } from '../stack/sallyport-process.ts';
import { testEndorsingKey, vaultKeyId } from '../unit/transcripts/scene.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const BOB = '5a11e000-0000-4000-8000-0000000000b2';

/** Finance watches this gateway: bob may, alice may not. */
const WATCHED = `${POLICIES}
@id("finance-audits")
permit (principal in Group::"finance", action in [Action::"audit", Action::"review"], resource);
`;

let gateway: TestGateway;
let folder: string;
let tokens: Readonly<Record<'alice' | 'bob', string>>;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: WATCHED, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
  gateway.graph.groups = 'directory';
  folder = await mkdtemp(join(tmpdir(), 'sallyport-review-'));
  const alice = await gateway.token({ user: 'alice' });
  tokens = {
    alice: await gateway.token({ user: 'alice', agent: 'cli' }),
    bob: await gateway.token({ user: 'bob', agent: 'cli' }),
  };
  gateway.upstream.script = answerResult({
    content: [{ type: 'text', text: 'card 4111 1111 1111 1111, a@example.com' }],
  });
  for (const id of ['n1', 'n2']) await post(gateway.url, alice, callText('read_note', JSON.stringify({ id })));
  await post(gateway.url, alice, callText('pay', '{"amount":-1}'));
  await gateway.seal();
});
afterAll(async () => {
  await gateway?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function api(path: string, who: 'alice' | 'bob' = 'bob', body?: object) {
  const answered = await fetch(`${new URL(gateway.url).origin}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${tokens[who]}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answered.status, body: JSON.parse(await answered.text()) };
}

const run = (who: 'alice' | 'bob', ...args: string[]) =>
  runSallyport(
    [...args, '--server', 'crm', '--since', '1d', '--url', new URL(gateway.url).origin, '--token-env', 'TOKEN'],
    {
      TOKEN: tokens[who],
    },
  );

const views = () => gateway.records().filter(({ kind }) => kind === 'view');

describe('over the API', () => {
  it(proves('review.api', 'builds a review, reads it again, lists it, and each look is on record first'), async () => {
    const built = await api('/api/reviews/crm/build', 'bob', { since: '1d' });
    expect([built.status, built.body.report.answer.kind]).toEqual([200, 'no']);
    expect(built.body.report.answer.sentence).toMatch(
      /^No exposure was found: in 2 calls that ran \d+ values were masked/,
    );
    expect(built.body.report.people).toMatchObject([
      { principal: { id: ALICE }, standing: 'did', could: ['pay', 'read_note'], did: { calls: 3 } },
      { principal: { id: BOB }, standing: 'duty', duties: ['audit', 'review'] },
    ]);
    const { since, until } = built.body.report;
    const query = new URLSearchParams({ since, until, as: 'export' });
    expect((await api(`/api/reviews/crm?${query}`)).body).toEqual(built.body);
    expect((await api('/api/reviews')).body).toMatchObject({ servers: [{ server: 'crm', latest: { answer: 'no' } }] });
    expect(views()).toMatchObject([
      { what: 'review', by: { principal: { id: BOB } }, subject: expect.stringMatching(/^build of /) },
      { what: 'export', by: { principal: { id: BOB } }, subject: expect.stringMatching(/^report of /) },
      { what: 'review', by: { principal: { id: BOB } }, subject: 'list of crm' },
    ]);
  });

  it(proves('review.read-recorded', 'is not there for who may neither audit nor review'), async () => {
    const nowhere = await api('/api/reviews/nowhere', 'bob');
    for (const path of [
      '/api/reviews/crm',
      '/api/reviews/crm?since=1d',
      '/api/ask?server=crm&principal=alice&since=1d',
    ]) {
      expect(await api(path, 'alice')).toEqual(nowhere);
    }
    expect(await api('/api/reviews/crm/build', 'alice', { since: '1d' })).toEqual(nowhere);
    expect((await api('/api/reviews', 'alice')).body).toEqual({ servers: [] });
  });

  it.each([
    ['/api/reviews/crm?since=yesterday', 'invalid'],
    ['/api/reviews/crm?since=1d&until=2020-01-01', 'invalid'],
    ['/api/ask?server=crm&principal=alice&since=1d&class=cards', 'invalid'],
  ])('refuses %s, rather than to say no', async (path, code) => {
    expect(await api(path)).toMatchObject({ status: 400, body: { error: { code } } });
  });
});

describe('by command', () => {
  it(proves('cli.review', 'prints the review, asks one question with its exit code, and exports'), async () => {
    const shown = await run('bob', 'review');
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toMatch(/^No exposure was found: /);
    expect(shown.stdout).toContain('called read_note 2, pay 1');

    const asked = await run('bob', 'review', 'ask', '--principal', 'alice', '--class', 'card');
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    expect(asked.stdout).toMatch(/^no \(3 calls, \d+ masked, verified to seal 1 of .*\)\n$/);
    const nobody = await run('bob', 'review', 'ask', '--principal', 'zoe');
    expect([nobody.code, nobody.stderr]).toEqual([2, expect.stringContaining('know nobody called zoe')]);

    const file = join(folder, 'review.csv');
    const exported = await run('bob', 'export', '--out', file);
    expect([exported.code, exported.stdout]).toEqual([0, '']);
    expect((await readFile(file, 'utf8')).split('\r\n')[0]).toMatch(/^server,since,until,answer,seal,/);
    const json = await run('bob', 'export', '--format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ server: 'crm', answer: { kind: 'no' } });
    const refused = await run('alice', 'review');
    expect([refused.code, refused.stderr]).toEqual([1, 'There is no such server or review, or it is not for you.\n']);
  }, 60_000);

  it(proves('cli.review', 'reads the blobs by itself, and believes no gateway'), async () => {
    const blobs = join(folder, 'blobs');
    for (const [path, bytes] of gateway.store.content) {
      await mkdir(dirname(join(blobs, path)), { recursive: true });
      await writeFile(join(blobs, path), bytes);
    }
    const key = join(folder, 'key.json');
    await writeFile(key, JSON.stringify((await testEndorsingKey(vaultKeyId))?.export({ format: 'jwk' })));
    const own = (...args: string[]) =>
      runSallyport([...args, '--server', 'crm', '--since', '1d', '--folder', blobs, '--key', key]);
    const shown = await own('review');
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain('so who could is not known');
    const members = join(folder, 'members.json');
    const groups = { support: [{ id: ALICE }], finance: [], auditors: [], administrators: [] };
    await writeFile(members, JSON.stringify(groups));
    const report = JSON.parse((await own('review', '--members', members, '--json')).stdout);
    expect(report).toMatchObject({ answer: { kind: 'no' }, entitlements: { isKnown: true } });

    expect((await own('review', 'ask', '--principal', ALICE)).code).toBe(0);
    const [tampered = ''] = [...gateway.store.content.keys()].filter((path) => path.includes('/crm/'));
    await rm(join(blobs, tampered));
    const asked = await own('review', 'ask', '--principal', ALICE);
    expect([asked.code, asked.stdout]).toEqual([
      3,
      expect.stringContaining('cannot tell: 1 segment of the transcript was tampered with'),
    ]);
  }, 60_000);
});

describe('by its timer', () => {
  it(proves('review.nightly', 'builds what was ordered and each server once a day'), async () => {
    const queues = await gateway.queues();
    gateway.ahead = 25 * 3_600_000;
    await gateway.seal();
    await queues.buildReviews();
    await queues.buildReviews();
    const built = gateway.logged.filter((line) => line.endsWith('review-built'));
    expect(built).toEqual(['info review-built']);
    // A token lives no day.
    gateway.ahead = 0;
    const { body } = await api('/api/reviews');
    const { since, until } = body.servers[0].latest;
    expect(Date.parse(until) - Date.parse(since)).toBe(30 * 86_400_000);
  });
});
