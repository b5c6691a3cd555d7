/** What is refused, how it is answered, and that it is recorded (DESIGN §2; FACTS §1.13). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { idOf, recordsOf, textOf } from './support/held-calls.ts';
import { callText, modernCall, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
});

const lastRefusal = () => gateway.records().findLast((record) => record.kind === 'refusal');
const refusals = (server: string) =>
  gateway.records().filter((record) => record.kind === 'refusal' && String(record.blob).includes(`/${server}/`));

describe('tokens', () => {
  it.each<[string, Parameters<TestGateway['token']>[0] | undefined, string]>([
    ['no token', undefined, 'missing'],
    ['an expired one', { user: 'alice', ttlSeconds: -600 }, 'expired'],
    ['one for somebody else', { user: 'alice', audience: 'https://graph.microsoft.com' }, 'wrong-audience'],
    ['one of another tenant', { user: 'alice', tenant: '99999999-0000-4000-8000-000000000009' }, 'wrong-issuer'],
    ['alg none', { user: 'alice', alg: 'none' }, 'wrong-algorithm'],
    ['one signed with another key', { user: 'alice', key: 'foreign' }, 'bad-signature'],
  ])(
    proves('identity.recorded', '%s: 401, generic outside, recorded under _gateway'),
    async (_name, request, reason) => {
      const before = refusals('_gateway').length;
      const token = request && (await gateway.token(request));
      const answer = await post(gateway.url, token, callText('read_note', '{"id":"n1"}'));
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toContain('resource_metadata="');
      expect(answer.text).not.toContain(reason);
      const recorded = refusals('_gateway');
      expect(recorded).toHaveLength(before + 1);
      expect(recorded.at(-1)).toMatchObject({ stage: 'authenticate', code: reason });
      expect(JSON.stringify(gateway.records())).not.toContain(token ?? 'Bearer');
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );

  it(proves('identity.overage', 'past the group limit: denied by name, nothing sent'), async () => {
    const grace = await gateway.token({ user: 'grace' });
    const answer = await post(gateway.url, grace, callText('read_note', '{"id":"n1"}'));
    expect(JSON.parse(answer.text).error).toMatchObject({
      code: 1001,
      message: expect.stringContaining('group membership'),
    });
    expect(lastRefusal()).toMatchObject({ stage: 'groups', code: 'groups-unavailable' });
    expect(gateway.upstream.arrived).toEqual([]);
  });
});

describe('policy', () => {
  it(
    proves('policy.same-bytes', 'a tool that is not visible, not pinned or not there gives the same bytes'),
    async () => {
      const ask = async (tool: string) =>
        (await post(gateway.url, alice, callText(tool, '{}'))).text.replaceAll(tool, 'TOOL');
      const hidden = await ask('secret_tool');
      expect(await ask('no_such_tool')).toBe(hidden);
      expect(hidden).toContain('Unknown tool: TOOL');
      expect(gateway.upstream.arrived).toEqual([]);
      expect(lastRefusal()).toMatchObject({ code: 'not-visible', decision: { verdict: 'deny' } });
    },
  );

  it(
    proves('policy.same-bytes', 'a server that is not there and one that is not allowed give the same bytes'),
    async () => {
      const mallory = await gateway.token({ user: 'mallory' });
      const ping = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
      const forbidden = await post(gateway.url, mallory, ping);
      const absent = await post(gateway.url.replace('/crm', '/nothing'), mallory, ping);
      expect(absent.text.replace('nothing', 'crm')).toBe(forbidden.text);
      expect(absent.status).toBe(forbidden.status);
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );

  it('a denied call is a tool result that says why, in both eras', async () => {
    const legacy = JSON.parse((await post(gateway.url, alice, callText('pay', '{"amount":-1}'))).text);
    expect(legacy.result).toMatchObject({ isError: true });
    expect(legacy.result.content[0].text).toContain('An amount is positive.');
    expect(legacy.result).not.toHaveProperty('resultType');
    const modern = modernCall('tools/call', { name: 'pay', arguments: { amount: -1 } }, 'pay');
    const answer = JSON.parse((await post(gateway.url, alice, modern.body, modern.headers)).text);
    expect(answer.result).toMatchObject({ isError: true, resultType: 'complete' });
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('policy.hold', 'a call that approvals would allow is held, not refused, and nothing is sent'), async () => {
    const before = refusals('crm').length;
    const answer = await post(gateway.url, alice, callText('pay', '{"amount":101}'));
    expect(JSON.parse(answer.text).result.isError).toBe(true);
    expect(textOf(answer)).toMatch(/^Held for approval: .* More than 100 needs one person from finance\./);
    expect(recordsOf(gateway, idOf(answer))).toContainEqual(
      expect.objectContaining({
        kind: 'approval',
        event: 'held',
        decision: expect.objectContaining({
          verdict: 'hold',
          quorums: ['finance'],
          policies: ['large-amounts-need-finance'],
        }),
      }),
    );
    expect(refusals('crm')).toHaveLength(before);
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('policy.arguments', 'an argument that differs from the schema’s only in case is refused'), async () => {
    const answer = await post(gateway.url, alice, callText('pay', '{"amount":1,"Note":"x"}'));
    expect(JSON.parse(answer.text).result.isError).toBe(true);
    expect(gateway.upstream.arrived).toEqual([]);
  });
});

describe('messages', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number, number]>([
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', {}, 400, -32600],
    ['a duplicate key', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}', {}, 400, -32600],
    ['a byte order mark', '\uFEFF{"jsonrpc":"2.0","id":1,"method":"ping"}', {}, 400, -32700],
    ['UTF-16', Uint8Array.from(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"ping"}', 'utf16le')), {}, 400, -32700],
    [
      'deep nesting',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(80)}${']'.repeat(80)}}}`,
      {},
      400,
      -32700,
    ],
    ['5 MB', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"${'x'.repeat(5_000_000)}"}}`, {}, 413, -32600],
    ['text/plain', '{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'content-type': 'text/plain' }, 415, -32000],
    [
      'another charset',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      { 'content-type': 'application/json; charset=utf-7' },
      415,
      -32000,
    ],
    ['gzip', '{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'content-encoding': 'gzip' }, 415, -32000],
    [
      'no event stream accepted',
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
      { accept: 'application/json' },
      406,
      -32000,
    ],
    [
      'a modern header without the claim',
      callText('read_note', '{"id":"n1"}'),
      { 'mcp-protocol-version': '2026-07-28' },
      400,
      -32602,
    ],
    [
      'a header that names another tool',
      modernCall('tools/call', { name: 'pay', arguments: {} }, 'pay').body,
      { ...modernCall('tools/call', {}, 'read_note').headers },
      400,
      -32020,
    ],
  ])(
    proves('reader.strict', '%s is refused and recorded, and nothing is sent'),
    async (_name, body, headers, status, code) => {
      const before = gateway.records().filter((record) => record.kind === 'refusal').length;
      const answer = await post(gateway.url, alice, body, headers);
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text).error.code).toBe(code);
      expect(gateway.records().filter((record) => record.kind === 'refusal')).toHaveLength(before + 1);
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );

  it.each(['tasks/list', 'roots/list', 'no/such', 'constructor', 'toString'])(
    proves('mcp.not-handled', '%s answers -32601 by name'),
    async (method) => {
      const answer = await post(gateway.url, alice, `{"jsonrpc":"2.0","id":1,"method":"${method}"}`);
      expect(JSON.parse(answer.text).error).toEqual({ code: -32601, message: `Method not found: ${method}` });
      const modern = modernCall(method);
      const modernAnswer = await post(gateway.url, alice, modern.body, modern.headers);
      expect([modernAnswer.status, JSON.parse(modernAnswer.text).error.code]).toEqual([404, -32601]);
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );
});

describe('HTTP', () => {
  it.each<[string, Record<string, string>]>([
    ['a foreign Origin', { origin: 'https://evil.example.com' }],
    ['an opaque Origin', { origin: 'null' }],
  ])(proves('mcp.http', '%s is a 403 before the token is looked at'), async (_name, headers) => {
    const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), headers);
    expect(answer.status).toBe(403);
    expect(lastRefusal()).toMatchObject({ stage: 'http', code: 'origin' });
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('stream.lifetime', 'a server whose notifications are off answers a GET with 405'), async () => {
    const headers = { authorization: `Bearer ${alice}`, accept: 'text/event-stream' };
    expect((await fetch(gateway.url, { headers })).status).toBe(405);
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it.each(['PUT', 'PATCH', 'OPTIONS'])(proves('mcp.get-delete', '%s is not allowed'), async (method) => {
    const answer = await fetch(gateway.url, { method, headers: { authorization: `Bearer ${alice}` } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each(['/mcp/crm%2F..%2Fx', '/mcp/CRM', '/mcp/_gateway', '/mcp/..%2F..%2Fetc', `/mcp/${'a'.repeat(40)}`])(
    proves('mcp.http', 'a path that names no server (%s) is not found'),
    async (path) => {
      const answer = await post(new URL(path, gateway.url).href, alice, callText('read_note', '{"id":"n1"}'));
      expect(answer.status).toBe(404);
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );
});
