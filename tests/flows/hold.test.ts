/** A held call from the agent's side: what it is told, what it may ask, and that nothing runs before a person said so. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { callTool, decide, idOf, recordsOf, rpc, stateOf, textOf } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import {
  APPROVING_POLICIES,
  callText,
  modernCall,
  PAY_TOOL,
  post,
  READ_TOOL,
  SECRET_TOOL,
  type Sent,
} from './support/tools.ts';

const AWAIT = 'sallyport_await_approval';
const CANCEL = 'sallyport_cancel_approval';
const HOUR_MS = 3_600_000;
const WORDS = 'The customer 536-22-1234 was charged twice';

let gateway: TestGateway;
let alice: string;
let amount = 1_000;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: APPROVING_POLICIES,
    tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL],
    yaml: 'approvals: { teams: { webhookSecret: teams-webhook-url } }',
  });
  gateway.graph.groups = 'directory';
  alice = await gateway.token({ user: 'alice' });
});
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
  // A call of its own for each test: the same one would join.
  amount += 1;
});
afterEach(() => {
  gateway.ahead = 0;
});
afterAll(() => gateway.stop());

const pay = (more: Record<string, unknown> = {}): Promise<Sent> => callTool(gateway, alice, 'pay', { amount, ...more });

describe('a call that policy holds', () => {
  it(proves('hold.pending', 'is answered at once in the legacy era, and says what to do next'), async () => {
    const held = await pay();
    expect(held.status).toBe(200);
    expect(rpc(held).result).toMatchObject({ isError: true });
    expect(rpc(held).result).not.toHaveProperty('resultType');
    const text = textOf(held);
    expect(text).toContain('this call has NOT been made');
    expect(text).toContain('More than 100 needs one person from finance.');
    expect(text).toContain('finance (1 of finance)');
    expect(text).toContain(`${AWAIT} with {"approval": "${idOf(held)}"}`);
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('hold.pending', 'is answered at once in the modern era'), async () => {
    const { body, headers } = modernCall('tools/call', { name: 'pay', arguments: { amount } }, 'pay');
    const held = await post(gateway.url, alice, body, headers);
    expect(rpc(held).result).toMatchObject({ resultType: 'complete', isError: true });
    expect(textOf(held)).toContain('this call has NOT been made');
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('hold.join', 'is one request however often it is made, in whatever order its keys stand'), async () => {
    const first = await pay({ note: 'x' });
    const second = await post(gateway.url, alice, callText('pay', `{"note":"x","amount":${amount}}`));
    const other = await pay({ note: 'y' });
    expect(idOf(second)).toBe(idOf(first));
    expect(idOf(other)).not.toBe(idOf(first));
  });

  it(proves('hold.join', 'is another request for another person, or through another agent'), async () => {
    const first = await pay();
    const otherAgent = await gateway
      .token({ user: 'alice', agent: 'inspector', scope: 'Mcp.Invoke' })
      .catch(() => undefined);
    const grace = await gateway.token({ user: 'grace', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
    const others = [grace, ...(otherAgent === undefined ? [] : [otherAgent])];
    for (const token of others) expect(idOf(await callTool(gateway, token, 'pay', { amount }))).not.toBe(idOf(first));
  });

  it(proves('hold.join', 'is opened once by many instances’ calls at once'), async () => {
    const held = await Promise.all(Array.from({ length: 8 }, () => pay()));
    expect(new Set(held.map(idOf)).size).toBe(1);
    const opened = gateway.approvals.snapshot().approvals.filter(({ id }) => id === held.map(idOf)[0]);
    expect(opened).toHaveLength(1);
  });

  it(proves('hold.denied', 'is denied with the approver’s reason, and stays denied'), async () => {
    const id = idOf(await pay());
    expect((await decide(gateway, 'bob', id, { verdict: 'deny', reason: 'Not this quarter' })).status).toBe(202);
    await gateway.deliverMessages();
    for (const again of [await pay(), await pay({ sallyport_repeat: true })]) {
      expect(textOf(again)).toContain('a person refused this call, and it was not made');
      expect(textOf(again)).toContain('Not this quarter');
      expect(idOf(again)).toBe(id);
    }
    expect(gateway.upstream.arrived).toEqual([]);
    gateway.ahead = 25 * HOUR_MS;
    const fresh = await gateway.token({ user: 'alice', ttlSeconds: 200_000 });
    expect(idOf(await callTool(gateway, fresh, 'pay', { amount }))).not.toBe(id);
  });

  it(proves('hold.expired', 'makes room for a new request when nobody answered in time'), async () => {
    const id = idOf(await pay());
    gateway.ahead = HOUR_MS + 1_000;
    const late = await gateway.token({ user: 'alice', ttlSeconds: 20_000 });
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('expired');
    expect(idOf(await callTool(gateway, late, 'pay', { amount }))).not.toBe(id);
    expect(gateway.upstream.arrived).toEqual([]);
  });
});

describe('the tools that a server with holds shows', () => {
  it(proves('hold.injected', 'have two more arguments where they can be held'), async () => {
    gateway.upstream.script = listing([PAY_TOOL, READ_TOOL]);
    const listed = rpc(await post(gateway.url, alice, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')).result.tools;
    const properties = (name: string) =>
      Object.keys(listed.find((tool: { name: string }) => tool.name === name)?.inputSchema.properties ?? {});
    expect(properties('pay')).toEqual(['amount', 'note', 'sallyport_justification', 'sallyport_repeat']);
    expect(properties('read_note')).toEqual(['id']);
    expect(listed.map((tool: { name: string }) => tool.name)).toEqual(['pay', 'read_note', AWAIT, CANCEL]);
  });

  it(proves('hold.own-tools', 'and not on a page of a list that goes on'), async () => {
    gateway.upstream.script = listing([READ_TOOL], 'more');
    const { tools } = rpc(await post(gateway.url, alice, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')).result;
    expect(tools.map((tool: { name: string }) => tool.name)).toEqual(['read_note']);
  });

  it(
    proves(
      'hold.injected',
      'take them off before anything is sent, and refuse them when they are not what they should be',
    ),
    async () => {
      gateway.upstream.script = listing([]);
      await callTool(gateway, alice, 'pay', { amount: 5, sallyport_justification: 'small', sallyport_repeat: false });
      expect(JSON.parse(gateway.upstream.arrived[0]?.body ?? '{}').params.arguments).toEqual({ amount: 5 });
      for (const bad of [{ sallyport_repeat: 'yes' }, { sallyport_justification: 7 }, { Sallyport_Repeat: true }]) {
        expect(rpc(await pay(bad)).error).toMatchObject({ code: -32602 });
      }
      expect(gateway.upstream.arrived).toHaveLength(1);
    },
  );

  it(proves('hold.justification', 'keep the agent’s words, masked, for card and transcript'), async () => {
    const id = idOf(await pay({ sallyport_justification: WORDS }));
    await gateway.deliverMessages();
    const card = JSON.stringify(gateway.cards.at(-1));
    expect(card).toContain('[masked:us-ssn] was charged twice');
    const records = JSON.stringify(recordsOf(gateway, id));
    expect(records).toContain('[masked:us-ssn] was charged twice');
    expect(card + records).not.toContain('536-22-1234');
  });
});

describe('waiting and withdrawing', () => {
  it(proves('hold.await', 'returns the answer once somebody approved'), async () => {
    const id = idOf(await pay());
    const waiting = callTool(gateway, alice, AWAIT, { approval: id });
    await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    expect(textOf(await waiting)).toContain('done');
  });

  it(proves('hold.await', 'ends with the wait when the client leaves, and cancels nothing else'), async () => {
    const id = idOf(await pay());
    const gone = new AbortController();
    const waiting = fetch(gateway.url, {
      method: 'POST',
      body: callText(AWAIT, JSON.stringify({ approval: id })),
      headers: {
        authorization: `Bearer ${alice}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      signal: gone.signal,
    });
    gone.abort();
    await expect(waiting).rejects.toThrow();
    expect(stateOf(gateway, id)).toBe('pending');
  });

  it(proves('hold.cancel', 'withdraws what has not run: nobody can approve it any more'), async () => {
    const id = idOf(await pay());
    expect(textOf(await callTool(gateway, alice, CANCEL, { approval: id }))).toContain('Withdrawn');
    expect((await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' })).status).toBe(409);
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('cancelled');
    expect(gateway.upstream.arrived).toEqual([]);
    expect(idOf(await pay())).not.toBe(id);
  });

  it(proves('hold.cancel', 'comes too late for what has run'), async () => {
    const id = idOf(await pay());
    await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    expect(textOf(await callTool(gateway, alice, CANCEL, { approval: id }))).toContain('Too late');
    expect(stateOf(gateway, id)).toBe('done');
  });

  it(proves('hold.others', 'answers alike for another’s approval, for none, and for no id at all'), async () => {
    const id = idOf(await pay());
    const grace = await gateway.token({ user: 'grace', groups: ['5a11e000-0000-4000-8000-0000000000a1'] });
    for (const tool of [AWAIT, CANCEL]) {
      const answers = await Promise.all(
        [id, id.replace(/.$/, (last) => (last === '0' ? '1' : '0')), '../head', ''].map((approval) =>
          callTool(gateway, grace, tool, { approval }),
        ),
      );
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(textOf(answers[0] as Sent)).toBe('There is no such approval of yours on this server.');
    }
    expect(stateOf(gateway, id)).toBe('pending');
  });
});

describe('an agent that asks for too much', () => {
  it(proves('hold.too-many', 'is told to wait or withdraw, and what waits is not touched'), async () => {
    const other = await startTestGateway({
      policies: APPROVING_POLICIES,
      tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL],
      yaml: 'approvals: { openAtMost: 2 }',
    });
    try {
      const token = await other.token({ user: 'alice' });
      const ask = (value: number) => callTool(other, token, 'pay', { amount: value });
      const [first] = [idOf(await ask(201)), idOf(await ask(202))];
      expect(textOf(await ask(203))).toContain('2 calls of yours already wait for approval');
      expect(idOf(await ask(201))).toBe(first);
      expect(other.approvals.snapshot().approvals).toHaveLength(2);
      await callTool(other, token, CANCEL, { approval: first });
      expect(idOf(await ask(203))).not.toBe(first);
    } finally {
      await other.stop();
    }
  });
});

describe('a server where nothing can be held', () => {
  it(proves('hold.own-tools', 'has none of the gateway’s tools'), async () => {
    const other = await startTestGateway({
      policies: '@id("all") permit (principal in Group::"support", action in Action::"use", resource);',
      tools: [PAY_TOOL],
    });
    try {
      other.upstream.script = listing([PAY_TOOL]);
      const token = await other.token({ user: 'alice' });
      const { tools } = rpc(await post(other.url, token, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}')).result;
      expect(tools).toEqual([PAY_TOOL]);
      expect(rpc(await callTool(other, token, AWAIT, { approval: 'x' })).error.message).toContain('Unknown tool');
    } finally {
      await other.stop();
    }
  });
});

function listing(tools: readonly unknown[], nextCursor?: string): TestGateway['upstream']['script'] {
  return ({ body }, response) => {
    const { id } = JSON.parse(body);
    const result = { tools, ...(nextCursor === undefined ? {} : { nextCursor }) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  };
}
