/** Blocks over the wire: who is kept out, what of theirs ends, and how both stand in the record (DESIGN §7). */
import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, modernCall, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const ASSISTANT = '5a11e000-0000-4000-8000-0000000000c1';

/** Finance runs this gateway: bob may block, alice may not. */
const ADMINISTERED = `${POLICIES}
@id("finance-administers")
permit (principal in Group::"finance", action == Action::"administer", resource);
`;

let gateway: TestGateway;
let alice: string;
let bob: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: ADMINISTERED,
    tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL],
    serverYaml: '    notifications: on',
  });
  bob = await gateway.token({ user: 'bob', agent: 'cli' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  alice = await gateway.token({ user: 'alice' });
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'a note' }] });
});
afterEach(async () => {
  gateway.blocks.isDown = false;
  for (const { kind, value, server } of gateway.blocks.rows.values()) {
    await askBlocks('DELETE', `?${new URLSearchParams({ kind, value, ...(server !== undefined && { server }) })}`);
  }
});

async function askBlocks(method: string, query = '', body?: object, token = bob) {
  const answered = await fetch(`${new URL(gateway.url).origin}/api/blocks${query}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: answered.status, body: await answered.json() };
}

const block = (kind: string, value: string, more: object = {}) =>
  askBlocks('POST', '', { kind, value, reason: 'phone lost', ...more });
const read = (token = alice, headers: Record<string, string> = {}) =>
  post(gateway.url, token, callText('read_note', '{"id":"n1"}'), headers);
const lastOf = (kind: string) => gateway.records().findLast((record) => record.kind === kind);

/** `uti` of an access token. */
function tokenIdOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')).uti;
}

describe('a blocked caller', () => {
  it(
    proves('blocks.kinds', 'gets a 403 that tells nothing, on record with who and why, until they are let in again'),
    async () => {
      expect((await block('principal', ALICE)).status).toBe(201);
      const refused = await read();
      expect([refused.status, refused.text]).toEqual([403, '{"error":"forbidden"}']);
      expect(refused.headers.has('www-authenticate')).toBe(false);
      expect(gateway.upstream.arrived).toEqual([]);
      expect(lastOf('refusal')).toMatchObject({
        stage: 'authenticate',
        code: 'blocked',
        detail: `principal ${ALICE} is blocked: phone lost`,
        call: { principal: { id: ALICE }, agent: { id: ASSISTANT }, tokenId: tokenIdOf(alice) },
      });

      expect((await askBlocks('DELETE', `?kind=principal&value=${ALICE}`)).status).toBe(200);
      const admitted = await read();
      expect([admitted.status, admitted.text]).toEqual([200, expect.stringContaining('a note')]);
    },
  );

  it.each([
    ['principal on the server', 'principal', () => ALICE, { server: 'crm' }],
    ['agent', 'agent', () => ASSISTANT, {}],
    ['token', 'token', () => tokenIdOf(alice), {}],
  ])(proves('blocks.kinds', 'is kept out by the %s alone'), async (_, kind, value, more) => {
    expect((await read()).status).toBe(200);
    expect((await block(kind, value(), more)).status).toBe(201);
    expect((await read()).status).toBe(403);
    const groups = ['5a11e000-0000-4000-8000-0000000000a1'];
    const another = await gateway.token({ user: 'bob', agent: 'reporting-bot', groups });
    expect((await read(another)).status).toBe(200);
  });

  it(proves('blocks.kinds', 'is kept out of one session, as its transcript names it, and of no other'), async () => {
    const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'u', version: '1' } };
    const open = async (id: string) => {
      gateway.upstream.script = answerResult(result, { 'mcp-session-id': id });
      const params = `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}`;
      const body = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":${params}}`;
      return { 'mcp-session-id': (await post(gateway.url, alice, body)).headers.get('mcp-session-id') ?? '' };
    };
    const [one, other] = [await open('one'), await open('other')];
    gateway.upstream.script = answerResult({ content: [] });
    await read(alice, one);
    const session = String(lastOf('outcome')?.blob).split('/').at(-2) ?? '';
    expect((await block('session', session)).status).toBe(201);
    expect((await read(alice, one)).status).toBe(403);
    expect(lastOf('refusal')).toMatchObject({ code: 'blocked', blob: expect.stringContaining(session) });
    expect((await read(alice, other)).status).toBe(200);
  });

  it(
    proves(
      'blocks.stale',
      'cannot be told from others while the blocks are out of reach: everybody gets a 503, on record',
    ),
    async () => {
      gateway.blocks.isDown = true;
      // Nobody knows what became of this, so what was known decides nothing any more.
      expect(await block('token', 'x')).toMatchObject({ status: 503, body: { error: { code: 'not-known' } } });
      const refused = await read();
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
      expect(lastOf('refusal')).toMatchObject({ stage: 'authenticate', code: 'blocks-unknown' });
      expect(gateway.upstream.arrived).toEqual([]);
      gateway.blocks.isDown = false;
      expect((await read()).status).toBe(200);
    },
  );
});

describe('what a blocked caller has open', () => {
  const note = (text: string) =>
    `data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${text}"}}\n\n`;

  /** Opens a stream that has brought one event, and stays open. */
  async function openStream(request: { method: string; body?: string; headers?: Record<string, string> }) {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(note('begun'));
      resolve(response);
    };
    const answered = await fetch(gateway.url, {
      method: request.method,
      headers: {
        authorization: `Bearer ${alice}`,
        accept: request.body === undefined ? 'text/event-stream' : 'application/json, text/event-stream',
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body !== undefined && { body: request.body }),
    });
    const reader = answered.body?.getReader();
    if (!reader) throw new Error('no stream');
    expect(text(await reader.read())).toContain('begun');
    return { reader, upstream: await promise };
  }

  const text = ({ value }: { value?: Uint8Array | undefined }) => Buffer.from(value ?? []).toString('utf8');

  async function readToEnd(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
    let rest = '';
    for (;;) {
      const read = await reader.read();
      if (read.done) return rest;
      rest += text(read);
    }
  }

  const ended = {
    status: 'abandoned',
    error: { code: 'blocked', detail: `principal ${ALICE} is blocked: phone lost` },
  };

  it.each([
    ['a GET stream', { method: 'GET' }],
    [
      'a subscription',
      { method: 'POST', ...modernCall('subscriptions/listen', { notifications: { toolsListChanged: true } }) },
    ],
    ['an answer that streams', { method: 'POST', body: callText('read_note', '{"id":"n1"}') }],
  ])(proves('blocks.streams', 'ends at once, upstream too: %s'), async (_, request) => {
    const broken = gateway.upstream.brokenOff();
    const { reader, upstream } = await openStream(request);
    await block('principal', ALICE);
    upstream.write(note('too late'));
    const rest = await readToEnd(reader);
    expect(rest).not.toContain('too late');
    expect(rest).not.toContain('phone lost');
    await vi.waitFor(() => expect(gateway.upstream.brokenOff()).toBe(broken + 1));
    expect(lastOf('outcome')).toMatchObject(ended);
  });

  it(proves('blocks.streams', 'ends at once: a call that waits for its answer, which is not delivered'), async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    gateway.upstream.script = (_arrived, response) => resolve(response);
    const answered = read();
    const upstream = await promise;
    await block('principal', ALICE);
    const { status, text: said } = await answered;
    expect([status, said]).toEqual([200, expect.stringContaining('Whether the call took effect is not known')]);
    expect(lastOf('outcome')).toMatchObject(ended);
    upstream.end();
  });

  it(proves('blocks.streams', 'goes on for everybody else'), async () => {
    const { reader, upstream } = await openStream({ method: 'GET' });
    await block('principal', ALICE, { server: 'crm' });
    await readToEnd(reader);
    upstream.end();
    await askBlocks('DELETE', `?kind=principal&value=${ALICE}&server=crm`);
    const other = await openStream({ method: 'GET' });
    await block('token', 'of-somebody-else');
    other.upstream.write(note('still here'));
    expect(text(await other.reader.read())).toContain('still here');
    await other.reader.cancel();
  });
});

describe('who may block', () => {
  it(proves('blocks.recorded', 'is on record with what they did, before it took effect'), async () => {
    await block('principal', ALICE);
    await read();
    const told = gateway.records().filter(({ kind }) => kind === 'administration' || kind === 'refusal');
    expect(told.slice(-2)).toMatchObject([
      {
        kind: 'administration',
        action: 'block-add',
        by: { principal: { name: 'bob@sallyport.example' }, channel: 'api' },
        detail: `principal ${ALICE} until it is removed: phone lost`,
      },
      { kind: 'refusal', code: 'blocked' },
    ]);
  });

  it(
    proves(
      'blocks.api',
      'is who policy lets administer the gateway; another’s attempt is on record, and changes nothing',
    ),
    async () => {
      const hers = await apiToken(gateway, 'alice');
      const body = { kind: 'agent', value: ASSISTANT, reason: 'r' };
      expect(await askBlocks('POST', '', body, hers)).toMatchObject({
        status: 403,
        body: { error: { code: 'not-allowed' } },
      });
      expect(lastOf('administration')).toMatchObject({ action: 'block-refused', by: { principal: { id: ALICE } } });
      expect(gateway.blocks.rows.size).toBe(0);
      // A token for calling MCP servers, as agents hold it, opens nothing here.
      expect((await askBlocks('GET', '', undefined, alice)).status).toBe(403);
    },
  );

  it('is heard while they are not blocked themselves, and so can lock nobody out but others', async () => {
    const bobs = '5a11e000-0000-4000-8000-0000000000b2';
    expect(await block('principal', bobs)).toMatchObject({ status: 409, body: { error: { code: 'yourself' } } });
    gateway.blocks.rows.set('bob', {
      ...{ kind: 'principal', value: bobs, reason: 'by another administrator' },
      ...{ by: { id: ALICE }, createdMs: 0 },
    });
    // The change of another instance is known here after a poll.
    await vi.waitFor(async () => expect((await askBlocks('GET')).body).toMatchObject({ error: { code: 'blocked' } }), {
      timeout: 15_000,
      interval: 250,
    });
    gateway.blocks.rows.clear();
    await vi.waitFor(async () => expect((await askBlocks('GET')).status).toBe(200), { timeout: 15_000, interval: 250 });
  });
});
