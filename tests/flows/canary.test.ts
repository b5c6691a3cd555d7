/**
 * Recognisable secrets, tokens and data go in everywhere that something can go in; then everything that the system wrote
 * is searched for them: blobs, tables and queues as they rest on disk, with what was deleted from them; cards; the log;
 * every answer and page. Not searched are those who have them by right: vault, upstream, Entra, what people typed in Teams.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretClient } from '@azure/keyvault-secrets';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { vaultNames } from '../../infra/local/app-environment.ts';
import { makeCustomers, makePayments } from '../../infra/local/crm-server/seed.ts';
import { sampleId } from '../../infra/local/entra/directory.ts';
import { proves } from '../requirements.ts';
import { type Canary, findLeaks, findLeaksOnDisk, type Leak, makeData, phrase, sentence } from './support/canaries.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';
import { createWebVisitor } from './support/web-visitor.ts';

const PENDING = /Approval id: (k\d-[0-9a-f]{32}-\d+-[0-9a-f]{12}) \(code ([A-Z0-9]+)\)/;

interface Held {
  readonly id: string;
  readonly code: string;
}

let folder: string;
let stack: RunningStack;
/** What went in from outside: data in forms that the sample masks, and credentials. */
const planted: Canary[] = [];
/** Whose an authorization is. */
const holders = new Map<string, string>();
/** What agents were told. */
const answers: { readonly to: string; readonly text: string }[] = [];
const pages: { readonly to: string; readonly text: string }[] = [];

/** New data, remembered as planted, as words. */
function plant(label: string): string {
  const data = makeData(label);
  planted.push(...data);
  return sentence(data);
}

function plantSecret(name: string, value: string): string {
  planted.push({ name, value });
  return value;
}

async function post(path: string, body: string, headers: Record<string, string>, method = 'POST') {
  const answer = await fetch(new URL(path, stack.url), {
    method,
    ...(method === 'POST' && { body }),
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
  });
  const text = await answer.text();
  answers.push({ to: `${holders.get(headers.authorization ?? '') ?? 'nobody'} at ${method} ${path}`, text });
  return { status: answer.status, text };
}

async function tokenOf(request: Parameters<RunningStack['token']>[0]): Promise<string> {
  const token = plantSecret(`token of ${JSON.stringify(request)}`, await stack.token(request));
  holders.set(`Bearer ${token}`, request.user ?? request.app ?? '');
  return token;
}

/** One modern request with this person's token. */
async function ask(token: string, method: string, params: object, more: Record<string, string> = {}) {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const name = 'name' in params ? params.name : 'uri' in params ? params.uri : undefined;
  return post('/mcp/crm', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } }), {
    authorization: `Bearer ${token}`,
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': encodeHeader(method),
    ...(typeof name === 'string' && { 'mcp-name': encodeHeader(name) }),
    ...more,
  });
}

const encodeHeader = (text: string) => (/^[\x21-\x7e]+$/.test(text) ? text : `=?base64?${btoa(text)}?=`);

const callTool = (token: string, name: string, args: object) => ask(token, 'tools/call', { name, arguments: args });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-canary-'));
  stack = await startBuiltStack({ dataDir: folder, env: { SEAL_SCHEDULE: '*/2 * * * * *' } });
});
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Held, and then `decide`d by somebody. */
async function holdRefund(token: string, payment: string, label: string): Promise<Held> {
  const { text } = await callTool(token, 'refund_payment', {
    payment_id: payment,
    amount: 700,
    reason: plant(`${label}: argument`),
    sallyport_justification: plant(`${label}: justification`),
  });
  const [, id, code] = PENDING.exec(text) ?? [];
  if (id === undefined || code === undefined) throw new Error(`not held: ${text}`);
  return { id, code };
}

async function collect(token: string, approval: string): Promise<void> {
  await vi.waitFor(
    async () => {
      const { text } = await callTool(token, 'sallyport_await_approval', { approval });
      expect(text).not.toContain('Held for approval');
    },
    { timeout: 60_000, interval: 200 },
  );
}

async function everybodyCalls(alice: string): Promise<void> {
  const bob = await tokenOf({ user: 'bob' });
  const bot = await tokenOf({ app: 'reporting-bot' });
  await callTool(alice, 'get_customer', { customer_id: 'C-1001' });
  await callTool(alice, 'search_customers', { query: 'a', limit: 20 });
  await callTool(bob, 'run_query', { sql: 'SELECT * FROM customers ORDER BY id LIMIT 20' });
  await callTool(bot, 'export_customers', { format: 'csv' });
  await callTool(bot, 'export_customers', { format: 'json' });
  for (const canary of makeData('query')) {
    planted.push(canary);
    await callTool(alice, 'search_customers', { query: phrase(canary) });
  }
}

/** What never becomes a call is recorded too. */
async function everythingRefused(alice: string): Promise<void> {
  const bearer = { authorization: `Bearer ${alice}` };
  const bad = plant('refused body');
  await post('/mcp/crm', `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"note":"${bad}"`, bearer);
  await post('/mcp/crm', `{"method":"${bad}","method":"twice"}`, bearer);
  await post('/mcp/crm', JSON.stringify([{ jsonrpc: '2.0', id: 1, method: bad }]), bearer);
  await ask(alice, plant('method'), {});
  await callTool(alice, plant('tool name'), { note: plant('arguments of no tool') });
  await callTool(alice, 'search_customers', { [plant('argument name')]: 1 });
  await callTool(alice, 'run_query', { sql: `SELECT '${plant('hidden tool')}'` });
  await callTool(alice, 'sallyport_await_approval', { approval: plant('approval id') });
  await ask(alice, 'resources/read', { uri: `crm://${encodeURIComponent(plant('uri'))}` });
  await ask(alice, 'prompts/get', { name: plant('prompt name') });
  await ask(alice, 'tools/list', {}, { 'mcp-name': encodeHeader(plant('header')) });
  await ask(alice, 'tools/list', { cursor: plant('cursor') }, { 'user-agent': plant('user agent') });
  const session = plantSecret('session id', `sid-${makeData('session')[4]?.value ?? ''}`);
  const [, , , , inQuery, inPath] = makeData('address').map(({ value }) => value);
  await post('/mcp/crm', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', { ...bearer, 'mcp-session-id': session });
  await post(`/mcp/crm?access_token=${plantSecret('in a query', inQuery ?? '')}`, '{}', {});
  await post(`/mcp/${encodeURIComponent(plantSecret('in a path', inPath ?? ''))}`, '{}', bearer);
  for (const [name, path] of Object.entries({
    page: '/ui/approvals/',
    api: '/api/approvals/',
    metadata: '/.well-known/oauth-protected-resource/',
  })) {
    const [, , , , token] = makeData(name);
    await post(path + plantSecret(`in a path: ${name}`, token?.value ?? ''), '', bearer, 'GET');
  }
}

async function everyBadToken(): Promise<void> {
  const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
  const [, , , , garbage, basic, key] = [...makeData('scheme'), ...makeData('key').slice(4)];
  const credentials = [
    `Bearer ${await tokenOf({ user: 'alice', ttlSeconds: -600 })}`,
    `Bearer ${await tokenOf({ user: 'alice', audience: 'https://vault.azure.net' })}`,
    `Bearer ${await tokenOf({ user: 'mallory' })}`,
    `Bearer ${plantSecret('no token at all', garbage?.value ?? '')}`,
    `Basic ${btoa(`alice:${plantSecret('basic password', basic?.value ?? '')}`)}`,
  ];
  for (const authorization of credentials) {
    await post('/mcp/crm', list, { authorization });
    await post('/api/approvals', '', { authorization }, 'GET');
  }
  await post('/mcp/crm', list, { 'x-api-key': plantSecret('api key', key?.value ?? ''), cookie: `a=${key?.value}` });
}

/** Gives an id that stands in the records. */
async function peopleDecide(alice: string): Promise<string> {
  const large = makePayments().filter(({ amount }) => amount > 1_500);
  const payments = large.slice(0, 3).map(({ id }) => id);
  const held = await Promise.all(payments.map((payment, index) => holdRefund(alice, payment, `held ${index}`)));
  const [onPage, overApi, inTeams] = held;
  if (!onPage || !overApi || !inTeams) throw new Error('the sample has too few payments');
  await vi.waitFor(() => expect(stack.teams.cards()).toHaveLength(3), { timeout: 60_000 });

  const bob = createWebVisitor(stack, 'bob');
  await bob.get('/ui/approvals');
  await bob.get(`/ui/approvals/${onPage.id}`);
  const reason = plant('reason on the page');
  const { text: decided } = await bob.post(`/ui/approvals/${onPage.id}`, { verdict: 'approve', reason });
  expect(decided).toContain('You approved this request');

  const api = { authorization: `Bearer ${await tokenOf({ user: 'bob', agent: 'cli' })}` };
  const { text } = await post(`/api/approvals/${overApi.id}`, '', api, 'GET');
  const denial = { verdict: 'deny', reason: plant('reason over the API'), evidence: JSON.parse(text).evidence };
  expect(await post(`/api/approvals/${overApi.id}/decisions`, JSON.stringify(denial), api)).toMatchObject({
    status: 202,
  });

  await stack.teams.reply({ as: 'mallory', text: `approve ${plant('nonsense in Teams')}` });
  await stack.teams.reply({ as: 'bob', text: `approve ${inTeams.code} ${plant('reason in Teams')}` });

  for (const { id } of held) await collect(alice, id);
  for (const { id } of held) await bob.get(`/ui/approvals/${id}`);
  remember('bob', bob);
  return onPage.id;
}

/** Everything that can be looked at is looked at: what was indexed, reviewed and exported is written too. */
async function carolLooks(): Promise<void> {
  const carol = createWebVisitor(stack, 'carol');
  const session = /href="(\/ui\/sessions\/[^"]+)"/g;
  const listed = await vi.waitFor(
    async () => {
      const { text } = await carol.get('/ui/sessions');
      const found = [...text.matchAll(session)].map(([, path = '']) => path.replaceAll('&amp;', '&'));
      expect(found.length).toBeGreaterThan(2);
      return found;
    },
    { timeout: 60_000, interval: 500 },
  );
  for (const path of listed) await carol.get(path);
  await carol.get('/ui/');
  // A form says again to its own reader what they looked for: that page alone is not searched.
  await createWebVisitor(stack, 'carol').get(`/ui/sessions?person=${encodeURIComponent(plant('looked for'))}`);
  await carol.get('/ui/reviews/crm');
  const since = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const built = await carol.post('/ui/reviews/crm', { action: 'build', since, until: '' });
  expect(built.text).toContain('Was data exposed?');
  for (const format of ['csv', 'json']) await carol.get(`/ui/reviews/crm/export.${format}${new URL(built.url).search}`);
  await carol.get(built.url);
  const [, report = ''] = /name="report" value="([^"]+)"/.exec(built.text) ?? [];
  const opened = await carol.post('/ui/reviews/crm', { action: 'open', report });
  const [, review = ''] = /name="review" value="([^"]+)"/.exec(opened.text) ?? [];
  const reason = plant('reason of a review');
  const decision = { action: 'decide', review, report, person: `user:${sampleId('b6')}`, verdict: 'revoke', reason };
  const decided = await carol.post('/ui/reviews/crm', decision);
  expect(decided.text).toContain('Revoked');
  const api = { authorization: `Bearer ${await tokenOf({ user: 'carol', agent: 'cli' })}` };
  await post('/api/sessions?server=crm', '', api, 'GET');
  await post(`/api/ask?server=crm&principal=${encodeURIComponent(plant('asked about'))}&since=1d`, '', api, 'GET');
  remember('carol', carol);
}

function remember(to: string, visitor: ReturnType<typeof createWebVisitor>): void {
  pages.push(...visitor.pages.map(({ url, text }) => ({ to: `${to} at ${url}`, text })));
  planted.push(...visitor.cookies.flatMap((cookie) => cookieSecrets(to, cookie)));
}

/** A cookie is a key to its session: nobody may find it in a record. */
function cookieSecrets(to: string, cookie: string): readonly Canary[] {
  const value = /^[^=]+=([^;]{20,})/.exec(cookie)?.[1];
  return value === undefined ? [] : [{ name: `cookie of ${to}`, value }];
}

async function vaultSecrets(): Promise<readonly Canary[]> {
  const audience = 'https://vault.azure.net';
  const token = await stack.token({ app: 'gateway-identity', version: 1, audience, tenant: stack.entra.tenantId });
  const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 600_000 }) };
  const client = new SecretClient(stack.keyVault.url, credential, {
    allowInsecureConnection: true,
    disableChallengeResourceVerification: true,
  });
  const names = [vaultNames.crmSecret, vaultNames.teamsReplies, vaultNames.teamsWebhook];
  return Promise.all(names.map(async (name) => ({ name, value: (await client.getSecret(name)).value ?? '' })));
}

/** The sample lets finance see email addresses; on disk even those stand nowhere. */
function hiddenFrom(to: string, canaries: readonly Canary[]): readonly Canary[] {
  return to.startsWith('bob ') ? canaries.filter(({ name }) => !name.endsWith('email')) : canaries;
}

/** Of people whose data the upstream handed out in every call above. */
function customerData(): readonly Canary[] {
  return makeCustomers()
    .slice(0, 10)
    .flatMap(({ id, email, phone, ssn }) =>
      Object.entries({ email, phone, ssn }).map(([name, value]) => ({ name: `${id} ${name}`, value })),
    );
}

describe('what goes in and must not come out', () => {
  it(proves('canary.nothing-written', 'stands in nothing that the system wrote, in no form'), async () => {
    const secrets = await vaultSecrets();
    const alice = await tokenOf({ user: 'alice' });
    await everybodyCalls(alice);
    await everythingRefused(alice);
    await everyBadToken();
    const approval = await peopleDecide(alice);
    await carolLooks();
    const cards = JSON.stringify(stack.teams.cards().map(({ card }) => card));
    await stack.stop();

    const written = [...planted, ...secrets, ...customerData()];
    const handedOut = [...secrets, ...customerData()];
    const onDisk = (canaries: readonly Canary[]) =>
      Promise.all(['azurite', 'service-bus'].map((name) => findLeaksOnDisk(canaries, join(folder, name))));
    // What does stand there is found: the search looks where it should.
    const [inStorage = [], inQueues = []] = await onDisk([{ name: 'an approval', value: approval }]);
    expect([inStorage.length > 0, inQueues.length > 0]).toEqual([true, true]);
    const leaks: Leak[] = [
      ...(await onDisk(written)).flat(),
      ...findLeaks(written, 'log', Buffer.from(stack.log.join('\n'))),
      ...findLeaks(written, 'cards', Buffer.from(cards)),
      ...pages.flatMap(({ to, text }) => findLeaks(hiddenFrom(to, written), to, Buffer.from(text))),
      ...answers.flatMap(({ to, text }) => findLeaks(hiddenFrom(to, handedOut), to, Buffer.from(text))),
    ];
    expect(leaks).toEqual([]);
  }, 300_000);
});
