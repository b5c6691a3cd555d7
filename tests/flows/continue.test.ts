/** Exchanges of several steps: a server's questions in both eras, tasks, and streams that are resumed (FACTS §1.9–11). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { callText, modernCall, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const RAW_SESSION = 'upstream-session-1';
const RAW_STATE = 'upstream-state-1';

let gateway: TestGateway;
let alice: string;
let session: Record<string, string>;

beforeAll(async () => {
  const tools = [READ_TOOL, PAY_TOOL, SECRET_TOOL];
  gateway = await startTestGateway({ policies: POLICIES, tools, serverYaml: '    notifications: on' });
  alice = await gateway.token({ user: 'alice' });
  gateway.upstream.script = answerResult({ protocolVersion: '2025-11-25' }, { 'mcp-session-id': RAW_SESSION });
  const started = await post(gateway.url, alice, '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}');
  session = { 'mcp-session-id': started.headers.get('mcp-session-id') ?? '' };
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
});

const modern = (method: string, params: Record<string, unknown>, name: string, token = alice) => {
  const { body, headers } = modernCall(method, params, name);
  return post(gateway.url, token, body, headers);
};
const withTasks = (method: string, params: Record<string, unknown>, name: string, token = alice) => {
  const { body, headers } = modernCall(method, params, name);
  const declared = { extensions: { 'io.modelcontextprotocol/tasks': {} } };
  const text = body.replace(
    '"io.modelcontextprotocol/clientCapabilities":{}',
    `"io.modelcontextprotocol/clientCapabilities":${JSON.stringify(declared)}`,
  );
  return post(gateway.url, token, text, headers);
};

describe('a modern server’s question', () => {
  const asks = answerResult({ resultType: 'input_required', inputRequests: {}, requestState: RAW_STATE });
  const pay = (args: Record<string, unknown>, more: Record<string, unknown> = {}, token = alice) =>
    modern('tools/call', { name: 'pay', arguments: args, ...more }, 'pay', token);
  const firstState = async () => {
    gateway.upstream.script = asks;
    const state: string = JSON.parse((await pay({ amount: 5, note: 'x' })).text).result.requestState;
    gateway.upstream.script = answerResult({ resultType: 'complete', content: [] });
    gateway.upstream.arrived.length = 0;
    return state;
  };

  it(proves('mcp.request-state', 'has its state sealed, and gets its own back with the same call'), async () => {
    const requestState = await firstState();
    expect(requestState).not.toContain(RAW_STATE);
    const answer = await pay({ note: 'x', amount: 5 }, { requestState, inputResponses: {} });
    expect(JSON.parse(answer.text).result).toMatchObject({ resultType: 'complete' });
    expect(JSON.parse(gateway.upstream.arrived[0]?.body ?? '').params.requestState).toBe(RAW_STATE);
  });

  it.each(['another amount', 'another user', 'another tool', 'a changed state', 'the raw state'])(
    proves('mcp.request-state', 'is not taken with %s: refused, recorded, nothing sent'),
    async (kind) => {
      const requestState = await firstState();
      const bob = await gateway.token({ user: 'bob', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
      const attempts: Record<string, () => Promise<{ text: string }>> = {
        'another amount': () => pay({ amount: 6, note: 'x' }, { requestState }),
        'another user': () => pay({ amount: 5, note: 'x' }, { requestState }, bob),
        'another tool': () =>
          modern('tools/call', { name: 'read_note', arguments: { amount: 5, note: 'x' }, requestState }, 'read_note'),
        'a changed state': () => pay({ amount: 5, note: 'x' }, { requestState: `${requestState.slice(0, -3)}AAA` }),
        'the raw state': () => pay({ amount: 5, note: 'x' }, { requestState: RAW_STATE }),
      };
      const answer = await attempts[kind]?.();
      expect(JSON.parse(answer?.text ?? '').error.code).toBe(-32602);
      expect(gateway.records().findLast((record) => record.kind === 'refusal')).toMatchObject({
        code: 'request-state',
      });
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );
});

describe('a legacy server’s question', () => {
  const question = {
    jsonrpc: '2.0',
    id: 'q1',
    method: 'elicitation/create',
    params: { message: 'mail ada@example.com?' },
  };
  const result = { jsonrpc: '2.0', id: 1, result: { content: [] } };

  it(
    proves('mcp.questions', 'reaches the client masked and recorded, and the client’s answer reaches the server'),
    async () => {
      gateway.upstream.script = answerEvents([question, result]);
      const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), session);
      expect(answer.text).toContain('"id":"q1"');
      expect(answer.text).toContain('mail [masked:email]?');
      gateway.upstream.arrived.length = 0;
      gateway.upstream.script = (_arrived, response) => void response.writeHead(202).end();
      const reply = '{"jsonrpc":"2.0","id":"q1","result":{"action":"accept"}}';
      expect((await post(gateway.url, alice, reply, session)).status).toBe(202);
      expect(gateway.upstream.arrived[0]).toMatchObject({ body: reply, headers: { 'mcp-session-id': RAW_SESSION } });
      expect(JSON.stringify(gateway.records())).not.toContain('ada@example.com');
    },
  );

  it('is not put to a client by a modern server: recorded and dropped', async () => {
    gateway.upstream.script = answerEvents([question, result]);
    const answer = await modern('tools/call', { name: 'read_note', arguments: { id: 'n1' } }, 'read_note');
    expect(answer.text).not.toContain('q1');
    expect(answer.text).toContain('"content":[]');
  });
});

describe('a task', () => {
  const begun = async () => {
    gateway.upstream.script = answerResult({ resultType: 'task', taskId: 'raw-task', status: 'working' });
    const answer = await withTasks('tools/call', { name: 'read_note', arguments: { id: 'n1' } }, 'read_note');
    gateway.upstream.script = answerResult({ resultType: 'complete', taskId: 'raw-task', status: 'completed' });
    gateway.upstream.arrived.length = 0;
    return String(JSON.parse(answer.text).result.taskId);
  };

  it(proves('mcp.tasks', 'has a handle of ours, the same each time, that only its caller can use'), async () => {
    const taskId = await begun();
    expect(await begun()).toBe(taskId);
    expect(taskId).not.toBe('raw-task');
    const answer = JSON.parse((await withTasks('tasks/get', { taskId }, taskId)).text);
    expect(answer.result.taskId).toBe(taskId);
    const [arrived] = gateway.upstream.arrived;
    expect(JSON.parse(arrived?.body ?? '').params.taskId).toBe('raw-task');
    expect(arrived?.headers['mcp-name']).toBe('raw-task');
  });

  it.each(['raw', 'another user’s'])(
    proves('mcp.tasks', 'a %s id is an unknown task, and nothing is sent'),
    async (kind) => {
      const own = await begun();
      const bob = await gateway.token({ user: 'bob', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
      const taskId = kind === 'raw' ? 'raw-task' : own;
      const answer = await withTasks('tasks/get', { taskId }, taskId, kind === 'raw' ? alice : bob);
      expect(JSON.parse(answer.text).error).toEqual({ code: -32602, message: 'Invalid params: unknown task' });
      expect(gateway.upstream.arrived).toEqual([]);
    },
  );
});

describe('a stream that breaks off', () => {
  const get = (token: string, lastEventId: string) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'text/event-stream',
      'last-event-id': lastEventId,
      ...session,
    };
    return fetch(gateway.url, { headers });
  };
  const brokenOff = async () => {
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('id: raw-event-7\nretry: 5\ndata: \n\n');
    };
    const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), session);
    const id = /^id: (.+)$/m.exec(answer.text)?.[1] ?? '';
    gateway.upstream.arrived.length = 0;
    return { id, text: answer.text, callId: answer.headers.get('sallyport-call-id') };
  };

  it(proves('mcp.resume', 'is resumed after its last event, and what comes belongs to the same call'), async () => {
    const { id, text, callId } = await brokenOff();
    expect(text).toContain('retry: 5');
    expect(text).not.toContain('raw-event-7');
    gateway.upstream.script = answerEvents([
      { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'late' }] } },
    ]);
    expect(await (await get(alice, id)).text()).toContain('"late"');
    expect(gateway.upstream.arrived[0]?.headers).toMatchObject({
      'last-event-id': 'raw-event-7',
      'mcp-session-id': RAW_SESSION,
    });
    const outcomes = gateway.records().filter((record) => record.kind === 'outcome' && record.callId === callId);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['unknown', 'answered']);
  });

  it.each(['raw', 'changed'])(proves('mcp.resume', 'does not open with a %s event id'), async (kind) => {
    const { id } = await brokenOff();
    const answer = await get(alice, kind === 'raw' ? 'raw-event-7' : `${id.slice(0, -3)}AAA`);
    expect(answer.status).toBe(400);
    expect(gateway.upstream.arrived).toEqual([]);
  });
});
