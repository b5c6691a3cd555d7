/** Legacy sessions: the id a client holds is ours, and opens for nobody else (FACTS §1.9–10). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const RAW_ID = 'upstream-session-0815';
const INITIALIZE =
  '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"sampling":{},"roots":{}},"clientInfo":{"name":"t","version":"1"}}}';
const RESULT = {
  protocolVersion: '2025-11-25',
  capabilities: { tools: { listChanged: true }, prompts: {}, resources: {} },
  serverInfo: { name: 'u', version: '1' },
};

let gateway: TestGateway;
let alice: string;
let sealed: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: POLICIES,
    tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL],
    serverYaml: '    notifications: on',
  });
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.upstream.script = answerResult(RESULT, { 'mcp-session-id': RAW_ID });
  sealed = (await post(gateway.url, alice, INITIALIZE)).headers.get('mcp-session-id') ?? '';
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [] });
});

describe('initialize', () => {
  it(proves('mcp.initialize', 'reaches the upstream and comes back as it is'), async () => {
    gateway.upstream.script = answerResult(RESULT, { 'mcp-session-id': RAW_ID });
    const answer = JSON.parse((await post(gateway.url, alice, INITIALIZE)).text);
    expect(answer.result).toEqual(RESULT);
    expect(JSON.parse(gateway.upstream.arrived[0]?.body ?? '')).toEqual(JSON.parse(INITIALIZE));
  });
});

describe('a session', () => {
  it(proves('mcp.session', 'is sealed: visible ASCII that does not hold the upstream’s id'), async () => {
    expect(sealed).toMatch(/^[\x21-\x7e]{20,}$/);
    expect(sealed).not.toContain(RAW_ID);
    expect(Buffer.from(sealed, 'base64url').toString('latin1')).not.toContain(RAW_ID);
    await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), { 'mcp-session-id': sealed });
    expect(gateway.upstream.arrived[0]?.headers['mcp-session-id']).toBe(RAW_ID);
    expect(JSON.stringify(gateway.records())).not.toContain(RAW_ID);
  });

  it.each(['raw', 'another user’s', 'another agent’s', 'changed'])(
    proves('mcp.session', 'does not open with a %s id: 404, recorded, nothing sent'),
    async (kind) => {
      const bob = await gateway.token({ user: 'bob', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
      const viaOther = await gateway.token({ user: 'alice', agent: 'reporting-bot' });
      const last = sealed.at(-2) === 'A' ? 'B' : 'A';
      const changed = `${sealed.slice(0, -2)}${last}${sealed.at(-1)}`;
      const attempts: Record<string, [string, string]> = {
        raw: [alice, RAW_ID],
        'another user’s': [bob, sealed],
        'another agent’s': [viaOther, sealed],
        changed: [alice, changed],
      };
      const [token, id] = attempts[kind] ?? [alice, ''];
      const answer = await post(gateway.url, token, callText('read_note', '{"id":"n1"}'), { 'mcp-session-id': id });
      expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, -32001]);
      expect(gateway.records().findLast((record) => record.kind === 'refusal')).toMatchObject({ code: 'session' });
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );

  it(proves('mcp.session', 'that the upstream lost is a 404, so that the client starts again'), async () => {
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"gone"}}');
    };
    const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), { 'mcp-session-id': sealed });
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, -32001]);
  });

  it(proves('mcp.notifications', 'its notifications are accepted with 202 and reach the upstream'), async () => {
    const text = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
    const answer = await post(gateway.url, alice, text, { 'mcp-session-id': sealed });
    expect([answer.status, answer.text]).toEqual([202, '']);
    expect(gateway.upstream.arrived[0]?.body).toBe(text);
    expect(gateway.upstream.arrived[0]?.headers['mcp-session-id']).toBe(RAW_ID);
  });

  it('a notification that is not handled is accepted, dropped and recorded', async () => {
    const answer = await post(gateway.url, alice, '{"jsonrpc":"2.0","method":"notifications/odd"}');
    expect(answer.status).toBe(202);
    expect(gateway.upstream.arrived).toEqual([]);
    expect(gateway.records().findLast((record) => record.kind === 'refusal')).toMatchObject({ code: 'method' });
  });

  it(proves('mcp.get-delete', 'GET opens the server’s stream, event by event'), async () => {
    const notice = { jsonrpc: '2.0', method: 'notifications/tools/list_changed' };
    gateway.upstream.script = ({ method }, response) => {
      expect(method).toBe('GET');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(`data: ${JSON.stringify(notice)}\n\n`);
    };
    const headers = { authorization: `Bearer ${alice}`, accept: 'text/event-stream', 'mcp-session-id': sealed };
    const answer = await fetch(gateway.url, { headers });
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(await answer.text()).toBe(`event: message\ndata: ${JSON.stringify(notice)}\n\n`);
  });

  it(proves('mcp.get-delete', 'GET hands a 405 on, and DELETE ends the session upstream'), async () => {
    gateway.upstream.script = ({ method }, response) => void response.writeHead(method === 'GET' ? 405 : 200).end();
    const headers = { authorization: `Bearer ${alice}`, accept: 'text/event-stream', 'mcp-session-id': sealed };
    expect((await fetch(gateway.url, { headers })).status).toBe(405);
    expect((await fetch(gateway.url, { method: 'DELETE', headers })).status).toBe(200);
    expect(gateway.upstream.arrived.map(({ method }) => method)).toEqual(['GET', 'DELETE']);
  });

  it(proves('mcp.get-delete', 'a 405 with a body is handed on as a 405'), async () => {
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(405, { 'content-type': 'application/json' });
      response.end('{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Method not allowed."}}');
    };
    const headers = { authorization: `Bearer ${alice}`, accept: 'text/event-stream' };
    expect((await fetch(gateway.url, { headers })).status).toBe(405);
  });

  it(proves('mcp.get-delete', 'the modern era has neither GET nor DELETE'), async () => {
    for (const method of ['GET', 'DELETE']) {
      const headers = {
        authorization: `Bearer ${alice}`,
        accept: 'text/event-stream',
        'mcp-protocol-version': '2026-07-28',
      };
      expect((await fetch(gateway.url, { method, headers })).status).toBe(405);
    }
    expect(gateway.upstream.arrived).toEqual([]);
  });
});
