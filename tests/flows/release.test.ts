/** An approved call: run once, as it was judged, re-checked at the last moment; its answer kept, and on record. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken, approvalOf, callTool, decide, idOf, recordsOf, rpc, stateOf, textOf } from './support/held-calls.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, callText, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const BOB = '5a11e000-0000-4000-8000-0000000000b2';
const FINANCE = '5a11e000-0000-4000-8000-0000000000a2';
const LEASE_MS = 270_000;
const PERSONAL = 'Paid; receipt sent to ada@example.com';

/** Finance approves, and here it runs the gateway too. */
const OPTIONS = {
  policies: `${APPROVING_POLICIES}
@id("finance-administers")
permit (principal in Group::"finance", action == Action::"administer", resource);
`,
  tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL],
};

let gateway: TestGateway;
let alice: string;
let amount = 5_000;

beforeAll(async () => {
  gateway = await startTestGateway({ ...OPTIONS, yaml: 'limits: { firstByteMs: 500, deadlineMs: 800 }' });
  alice = await gateway.token({ user: 'alice', ttlSeconds: 400_000 });
});
beforeEach(() => {
  gateway.graph.groups = 'directory';
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: PERSONAL }] });
  amount += 1;
});
afterEach(() => {
  gateway.ahead = 0;
  gateway.graph.directory.set(BOB, [FINANCE]);
});
afterAll(() => gateway.stop());

const pay = (more: Record<string, unknown> = {}) => callTool(gateway, alice, 'pay', { amount, ...more });

/** Held and approved by bob; nothing is applied yet. */
async function approvedCall(): Promise<string> {
  const id = idOf(await pay());
  expect((await decide(gateway, 'bob', id, { verdict: 'approve', reason: 'checked' })).status).toBe(202);
  return id;
}

async function askBlocks(method: string, body?: object, query = ''): Promise<void> {
  const url = new URL(`/api/blocks${query}`, gateway.url);
  const headers = { authorization: `Bearer ${await apiToken(gateway, 'bob')}`, 'content-type': 'application/json' };
  const answered = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect(answered.ok).toBe(true);
}

describe('an approved call', () => {
  it(proves('release.once', 'runs once, however often its messages come and the call is made again'), async () => {
    const id = await approvedCall();
    const messages = gateway.queue.waiting('approval-decisions');
    await gateway.deliverMessages();
    for (const message of [...messages, ...messages]) gateway.queue.putBack(message);
    await gateway.deliverMessages();
    await gateway.sweep();
    await Promise.all([pay(), pay(), callTool(gateway, alice, 'sallyport_await_approval', { approval: id })]);
    await gateway.deliverMessages();
    expect(gateway.upstream.arrived).toHaveLength(1);
    expect(stateOf(gateway, id)).toBe('done');
  });

  it(
    proves('release.sent-as-judged', 'is sent as it was approved, numbers exactly, and promises no capability'),
    async () => {
      const held = await post(
        gateway.url,
        alice,
        callText('pay', `{"amount":9007199254740993,"note":"é","sallyport_justification":"x"}`),
      );
      await decide(gateway, 'bob', idOf(held), { verdict: 'approve', reason: '' });
      await gateway.deliverMessages();
      const body = gateway.upstream.arrived[0]?.body ?? '';
      expect(body).toContain('"arguments":{"amount":9007199254740993,"note":"é"}');
      expect(body).toContain('"io.modelcontextprotocol/clientCapabilities":{}');
      expect(body).not.toContain('sallyport');
      expect(gateway.upstream.arrived[0]?.headers['x-api-key']).toBe('upstream-secret-4711');
    },
  );

  it(
    proves('kept.repeatable', 'hands its answer over as often as it is asked for, masked, until it runs out'),
    async () => {
      const id = await approvedCall();
      await gateway.deliverMessages();
      for (const collected of [
        await pay(),
        await pay(),
        await callTool(gateway, alice, 'sallyport_await_approval', { approval: id }),
      ]) {
        expect(rpc(collected).id).toBe(1);
        expect(textOf(collected)).toContain('[masked:email]');
        expect(textOf(collected)).toContain(`under approval ${id}`);
        expect(collected.text).not.toContain('ada@example.com');
      }
      gateway.ahead = 25 * 3_600_000;
      await gateway.sweep();
      expect(approvalOf(gateway, id)).not.toHaveProperty('answer');
      expect(approvalOf(gateway, id)).not.toHaveProperty('request');
      expect(gateway.approvals.snapshot().open.some(({ approval }) => approval === id)).toBe(false);
      expect(idOf(await pay())).not.toBe(id);
      expect(gateway.upstream.arrived).toHaveLength(1);
    },
  );

  it(proves('kept.recorded', 'has exposure where its answer is handed over, not where it ran'), async () => {
    const id = await approvedCall();
    await gateway.deliverMessages();
    await pay();
    const { releaseCallId } = approvalOf(gateway, id) ?? {};
    const outcome = gateway.records().find(({ kind, callId }) => kind === 'outcome' && callId === releaseCallId);
    expect(outcome).toMatchObject({ status: 'answered', exposure: [] });
    const [delivery] = recordsOf(gateway, id).filter(({ kind }) => kind === 'delivery');
    expect(delivery).toMatchObject({ releaseCallId, exposure: [{ class: 'email', outcome: 'masked', count: 1 }] });
  });

  it(proves('kept.repeat', 'runs again only under a new approval that sallyport_repeat asks for'), async () => {
    const id = await approvedCall();
    await gateway.deliverMessages();
    const again = idOf(await pay({ sallyport_repeat: true }));
    expect(again).not.toBe(id);
    await gateway.deliverMessages();
    expect(gateway.upstream.arrived).toHaveLength(1);
    await decide(gateway, 'bob', again, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    expect(gateway.upstream.arrived).toHaveLength(2);
  });

  it(proves('hold.recorded', 'stands in the transcript from asking to collecting'), async () => {
    const id = await approvedCall();
    await gateway.deliverMessages();
    await pay();
    const kinds = recordsOf(gateway, id).map(({ kind, event }) => event ?? kind);
    expect(kinds).toEqual(['held', 'decided', 'approved', 'intent', 'delivery']);
    const decided = recordsOf(gateway, id).find(({ event }) => event === 'decided');
    expect(decided).toMatchObject({ verdict: 'approve', reason: 'checked', by: { principal: { id: BOB } } });
  });

  it('keeps the answer of an upstream that streams, and what it said before is on record', async () => {
    gateway.upstream.script = ({ body }, response) => {
      const { id } = JSON.parse(body);
      const note = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'working' } };
      const result = { jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: 'streamed' }] } };
      return answerEvents([note, result])({ body } as never, response);
    };
    await approvedCall();
    await gateway.deliverMessages();
    expect(textOf(await pay())).toContain('streamed');
  });
});

describe('before it is sent, everything is checked again', () => {
  it(proves('release.recheck', 'an approver who left the group does not count'), async () => {
    const id = await approvedCall();
    gateway.graph.directory.set(BOB, []);
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('pending');
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('release.recheck', 'a requester who was blocked meanwhile gets nothing'), async () => {
    const id = await approvedCall();
    await askBlocks('POST', { kind: 'principal', value: ALICE, reason: 'phone lost' });
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('cancelled');
    expect(approvalOf(gateway, id)).toMatchObject({ endReason: 'block' });
    expect(gateway.upstream.arrived).toEqual([]);
    await askBlocks('DELETE', undefined, `?kind=principal&value=${ALICE}`);
  });

  it(proves('release.recheck', 'a block ends what its subject has waiting'), async () => {
    const id = idOf(await pay());
    await askBlocks('POST', { kind: 'principal', value: ALICE, reason: 'phone lost' });
    await gateway.sweep();
    expect(approvalOf(gateway, id)).toMatchObject({ state: 'cancelled', endReason: 'block' });
    await askBlocks('DELETE', undefined, `?kind=principal&value=${ALICE}`);
  });

  it(proves('release.recheck', 'a tool that is not what it was when the call was approved is not called'), async () => {
    const id = await approvedCall();
    gateway.upstream.script = answerResult({ tools: [{ ...PAY_TOOL, description: 'Pays whatever it likes' }] });
    await post(gateway.url, alice, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
    gateway.upstream.arrived.length = 0;
    await gateway.deliverMessages();
    expect(approvalOf(gateway, id)).toMatchObject({ state: 'cancelled', endReason: 'tool-changed' });
    expect(gateway.upstream.arrived).toEqual([]);
    gateway.upstream.script = answerResult({ tools: [PAY_TOOL] });
    await post(gateway.url, alice, '{"jsonrpc":"2.0","id":1,"method":"tools/list"}');
  });

  it(proves('release.recheck', 'a row that somebody changed releases nothing, and is flagged'), async () => {
    const id = await approvedCall();
    const [key, row] =
      [...gateway.approvals.rows].find(([, { text }]) => text.includes(`"id":"${id}"`) && text.includes('"preview"')) ??
      [];
    if (key === undefined || row === undefined) throw new Error('no row');
    gateway.approvals.rows.set(key, { ...row, text: row.text.replace('"tool":"pay"', '"tool":"read_note"') });
    await gateway.deliverMessages();
    expect(approvalOf(gateway, id)).toMatchObject({ state: 'cancelled', endReason: 'spoilt' });
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('release.later', 'while Graph is down it waits, and runs once Graph is back'), async () => {
    const id = await approvedCall();
    gateway.graph.groups = 'down';
    await gateway.deliverMessages();
    expect(['pending', 'approved']).toContain(stateOf(gateway, id));
    expect(gateway.upstream.arrived).toEqual([]);
    gateway.graph.groups = 'directory';
    gateway.ahead = 20_000;
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('done');
    expect(gateway.upstream.arrived).toHaveLength(1);
  });
});

describe('an old row that somebody puts back', () => {
  it(proves('release.rollback', 'finds nothing to send any more: the call has run once, and is flagged'), async () => {
    const id = await approvedCall();
    const before = new Map(gateway.approvals.rows);
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('done');
    for (const [key, row] of before) {
      if (row.text.includes(id)) gateway.approvals.rows.set(key, { ...row, etag: `W/"back-${key}"` });
    }
    expect(stateOf(gateway, id)).toBe('pending');
    gateway.ahead = 120_000;
    await gateway.sweep();
    await gateway.deliverMessages();
    await gateway.sweep();
    expect(approvalOf(gateway, id)).toMatchObject({ state: 'cancelled', endReason: 'spoilt' });
    expect(approvalOf(gateway, id)).toHaveProperty('attention');
    expect(gateway.upstream.arrived.filter(({ body }) => body.includes(`"amount":${amount}`))).toHaveLength(1);
  });
});

describe('when the upstream does not answer', () => {
  it(
    proves('release.failed', 'one that was never reached ends as failed, and makes room for a new request'),
    async () => {
      const other = await startTestGateway(OPTIONS);
      try {
        other.graph.groups = 'directory';
        const token = await other.token({ user: 'alice' });
        const id = idOf(await callTool(other, token, 'pay', { amount: 901 }));
        await other.upstream.stop();
        await decide(other, 'bob', id, { verdict: 'approve', reason: '' });
        await other.deliverMessages();
        expect(stateOf(other, id)).toBe('failed');
        expect(idOf(await callTool(other, token, 'pay', { amount: 901 }))).not.toBe(id);
      } finally {
        await other.stop();
      }
    },
  );

  it(
    proves('release.unknown', 'one that was sent and never answered is unknown after its lease, and never sent again'),
    async () => {
      const id = await approvedCall();
      gateway.upstream.script = () => undefined;
      await gateway.deliverMessages();
      expect(stateOf(gateway, id)).toBe('sent');
      expect(textOf(await pay())).toContain('being made now');
      gateway.ahead = LEASE_MS + 1_000;
      await gateway.deliverMessages();
      expect(stateOf(gateway, id)).toBe('sent');
      await gateway.sweep();
      expect(approvalOf(gateway, id)).toMatchObject({ state: 'unknown', attention: 'unknown outcome' });
      for (const again of [await pay(), await pay({ sallyport_repeat: true })]) {
        expect(textOf(again)).toContain('whether it took effect is NOT known');
      }
      await gateway.sweep();
      await gateway.deliverMessages();
      // The clock also lets what earlier tests left behind run on: only this call is looked at.
      expect(gateway.upstream.arrived.filter(({ body }) => body.includes(`"amount":${amount}`))).toHaveLength(1);
    },
  );
});

describe('a call whose outcome nobody knew', () => {
  it(proves('release.resolved', 'ends when an operator says what became of it, on record'), async () => {
    const id = await approvedCall();
    gateway.upstream.script = () => undefined;
    await gateway.deliverMessages();
    gateway.ahead = LEASE_MS + 1_000;
    await gateway.sweep();
    expect(await resolve('alice', id)).toBe(404);
    expect(await resolve('bob', id)).toBe(200);
    expect(await resolve('bob', id)).toBe(409);
    expect(stateOf(gateway, id)).toBe('failed');
    const resolved = recordsOf(gateway, id).filter(({ event }) => event === 'resolved');
    expect(resolved).toMatchObject([{ detail: 'failed', by: { principal: { id: BOB } } }]);
    expect(idOf(await pay())).not.toBe(id);
  });

  async function resolve(user: string, id: string): Promise<number> {
    const headers = { authorization: `Bearer ${await apiToken(gateway, user)}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ outcome: 'failed', reason: 'not in the ledger' });
    const url = new URL(`/api/approvals/${id}/resolution`, gateway.url);
    return (await fetch(url, { method: 'POST', headers, body })).status;
  }
});

describe('release: caller', () => {
  it(proves('release.caller', 'runs with the agent’s next call, and not before'), async () => {
    const other = await startTestGateway({
      ...OPTIONS,
      serverYaml: '    release: caller',
    });
    try {
      other.graph.groups = 'directory';
      const token = await other.token({ user: 'alice' });
      const id = idOf(await callTool(other, token, 'pay', { amount: 900 }));
      await decide(other, 'bob', id, { verdict: 'approve', reason: '' });
      await other.deliverMessages();
      await other.sweep();
      expect(stateOf(other, id)).toBe('approved');
      expect(other.upstream.arrived).toEqual([]);
      const answers = await Promise.all([1, 2, 3].map(() => callTool(other, token, 'pay', { amount: 900 })));
      expect(answers.some((answer) => textOf(answer).includes('done'))).toBe(true);
      expect(textOf(await callTool(other, token, 'pay', { amount: 900 }))).toContain('done');
      expect(other.upstream.arrived).toHaveLength(1);
    } finally {
      await other.stop();
    }
  });
});
