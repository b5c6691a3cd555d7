/** A held call as a task (MCP 2026-07-28, extension io.modelcontextprotocol/tasks), for clients that declared it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { decide, rpc, stateOf } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, modernCall, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const CAPABILITIES = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

let gateway: TestGateway;
let alice: string;
let amount = 20_000;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: APPROVING_POLICIES, tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL] });
  gateway.graph.groups = 'directory';
  alice = await gateway.token({ user: 'alice' });
});
beforeEach(() => {
  amount += 1;
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'paid' }] });
});
afterAll(() => gateway.stop());

async function ask(method: string, params: Record<string, unknown>, name: string, token = alice) {
  const { body, headers } = modernCall(method, params, name, CAPABILITIES);
  return rpc(await post(gateway.url, token, body, headers));
}

const pay = () => ask('tools/call', { name: 'pay', arguments: { amount } }, 'pay');
const about = (method: string, taskId: string, token?: string) => ask(method, { taskId }, taskId, token);

describe('a held call of a client that knows tasks', () => {
  it(proves('hold.task', 'is a task that works until somebody decides, and then has the answer'), async () => {
    const { result } = await pay();
    expect(result).toMatchObject({ resultType: 'task', status: 'working' });
    expect(result.statusMessage).toContain('finance (1 of finance)');
    const { taskId } = result;
    expect((await about('tasks/get', taskId)).result).toMatchObject({ taskId, status: 'working' });
    await decide(gateway, 'bob', taskId, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    const got = (await about('tasks/get', taskId)).result;
    expect(got).toMatchObject({ taskId, status: 'completed', result: { content: [{ text: 'paid' }, {}] } });
    expect(gateway.upstream.arrived).toHaveLength(1);
  });

  it(proves('hold.task', 'is completed with a tool’s error when a person denied it'), async () => {
    const { taskId } = (await pay()).result;
    await decide(gateway, 'bob', taskId, { verdict: 'deny', reason: 'no' });
    await gateway.deliverMessages();
    expect((await about('tasks/get', taskId)).result).toMatchObject({ status: 'completed', result: { isError: true } });
  });

  it(proves('hold.task', 'is withdrawn by cancelling the task'), async () => {
    const { taskId } = (await pay()).result;
    expect((await about('tasks/cancel', taskId)).result).toEqual({ resultType: 'complete' });
    expect((await about('tasks/get', taskId)).result).toMatchObject({ status: 'cancelled' });
    expect(stateOf(gateway, taskId)).toBe('cancelled');
  });

  it(proves('kept.continued', 'keeps a question as its answer, and holds what continues it'), async () => {
    gateway.upstream.script = answerResult({
      resultType: 'input_required',
      inputRequests: { sure: { method: 'elicitation/create', params: { message: 'Sure?' } } },
      requestState: 'upstream-state',
    });
    const { taskId } = (await pay()).result;
    await decide(gateway, 'bob', taskId, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    const { result } = await pay();
    expect(result).toMatchObject({ resultType: 'input_required', inputRequests: { sure: {} } });
    expect(JSON.stringify(result)).not.toContain('upstream-state');

    gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'paid' }] });
    const inputResponses = { sure: { action: 'accept', content: {} } };
    const { requestState } = result;
    const next = await ask('tools/call', { name: 'pay', arguments: { amount }, inputResponses, requestState }, 'pay');
    expect(next.result).toMatchObject({ resultType: 'task' });
    expect(next.result.taskId).not.toBe(taskId);
    await decide(gateway, 'bob', next.result.taskId, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    expect(JSON.parse(gateway.upstream.arrived.at(-1)?.body ?? '{}').params).toMatchObject({
      inputResponses,
      requestState: 'upstream-state',
    });
  });

  it(proves('hold.others', 'is an unknown task for everybody else'), async () => {
    const { taskId } = (await pay()).result;
    const grace = await gateway.token({ user: 'grace', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
    const none = taskId.replace(/.$/, (last: string) => (last === '0' ? '1' : '0'));
    for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
      const [foreign, absent] = [await about(method, taskId, grace), await about(method, none)];
      expect(foreign).toEqual(absent);
      expect(foreign.error.message).toContain('unknown task');
    }
    expect(stateOf(gateway, taskId)).toBe('pending');
  });
});
