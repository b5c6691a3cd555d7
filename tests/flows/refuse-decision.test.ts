/** What nobody may decide, and messages that nobody of ours sent: each has a clear answer, a record, and no effect. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PoisonMessage } from '../../shared/approvals/poison-message.ts';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { approvalOf, callTool, decide, idOf, recordsOf, stateOf } from './support/held-calls.ts';
import { APPROVING_POLICIES, PAY_TOOL, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const NONE = `k1-${'0'.repeat(32)}-1-${'0'.repeat(12)}`;
const APPROVE = { verdict: 'approve', reason: '' } as const;

let gateway: TestGateway;
let alice: string;
let amount = 9_000;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: APPROVING_POLICIES, tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL] });
  gateway.graph.groups = 'directory';
  alice = await gateway.token({ user: 'alice' });
});
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
  amount += 1;
});
afterAll(() => gateway.stop());

const hold = async (): Promise<string> => idOf(await callTool(gateway, alice, 'pay', { amount }));
const codeOf = async (answer: Response): Promise<string> => Object(Object(await answer.json()).error).code;

async function applied(id: string): Promise<void> {
  await gateway.deliverMessages();
  expect(stateOf(gateway, id)).toBe('pending');
  expect(gateway.approvals.snapshot().decisions.filter(({ approval }) => approval === id)).toEqual([]);
  expect(gateway.upstream.arrived).toEqual([]);
}

describe('a decision', () => {
  it(proves('decision.refused', 'by the requester is refused, recorded, and changes nothing'), async () => {
    const id = await hold();
    const answer = await decide(gateway, 'alice', id, APPROVE);
    expect(answer.status).toBe(403);
    expect(await codeOf(answer)).toBe('own-request');
    expect(recordsOf(gateway, id).at(-1)).toMatchObject({ event: 'decision-refused', detail: 'own-request' });
    await applied(id);
  });

  it(proves('decision.refused', 'by somebody who may not approve is answered like one of nothing'), async () => {
    const id = await hold();
    const [foreign, none] = await Promise.all([
      decide(gateway, 'mallory', id, { ...APPROVE, evidence: 'x' }),
      decide(gateway, 'mallory', NONE, { ...APPROVE, evidence: 'x' }),
    ]);
    expect(foreign.status).toBe(404);
    expect(await foreign.text()).toBe(await none.text());
    await applied(id);
  });

  it(proves('decision.refused', 'on other evidence than what stands is refused and recorded'), async () => {
    const [id, other] = [await hold(), idOf(await callTool(gateway, alice, 'pay', { amount: amount + 500 }))];
    const evidence = approvalOf(gateway, other)?.evidence ?? '';
    const answer = await decide(gateway, 'bob', id, { ...APPROVE, evidence });
    expect(answer.status).toBe(409);
    expect(await codeOf(answer)).toBe('changed');
    expect(recordsOf(gateway, id).at(-1)).toMatchObject({ event: 'decision-refused', detail: 'changed' });
    await applied(id);
  });

  it(proves('decision.refused', 'after the end is refused, and the end stays what it was'), async () => {
    const id = await hold();
    await decide(gateway, 'bob', id, { verdict: 'deny', reason: 'no' });
    await gateway.deliverMessages();
    const late = await decide(gateway, 'bob', id, APPROVE);
    expect(late.status).toBe(409);
    expect(await codeOf(late)).toBe('ended');
    await gateway.deliverMessages();
    expect(stateOf(gateway, id)).toBe('denied');
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('decision.refused', 'that denies without a reason is refused'), async () => {
    const id = await hold();
    expect((await decide(gateway, 'bob', id, { verdict: 'deny', reason: '  ' })).status).toBe(400);
    await applied(id);
  });

  it(proves('decision.refused', 'row that was not written by us approves nothing, and is flagged'), async () => {
    const id = await hold();
    const approval = approvalOf(gateway, id);
    if (approval === undefined) throw new Error('no approval');
    await gateway.approvals.insertDecision({
      id: '0123456789abcdef',
      approval: id,
      person: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b2', guest: false },
      verdict: 'approve',
      reason: '',
      channel: 'page',
      evidence: approval.evidence,
      decidedMs: Date.now(),
      mac: `k1-${'0'.repeat(32)}`,
    });
    await gateway.sweep();
    await gateway.deliverMessages();
    expect(approvalOf(gateway, id)).toMatchObject({ state: 'pending', attention: 'a decision that can’t be verified' });
    expect(recordsOf(gateway, id).at(-1)).toMatchObject({ event: 'attention' });
    expect(gateway.upstream.arrived).toEqual([]);
  });
});

describe('a message that nobody of ours sent', () => {
  const send = async (message: unknown): Promise<unknown> => {
    const queues = await gateway.queues();
    return queues.applyDecision(message).catch((error: unknown) => error);
  };

  it.each([
    ['no object', 'approve everything'],
    ['of another shape', { kind: 'decision', approval: NONE, verdict: 'approve' }],
    ['of another kind', { kind: 'approve', approval: NONE }],
    ['with a key of a table for an approval', { kind: 'decision', approval: '../open' }],
    ['oversized', { kind: 'decision', approval: 'k'.repeat(100_000) }],
  ])(proves('message.foreign', 'that is %s is poison: it ends in the dead-letter queue'), async (_, message) => {
    expect(await send(message)).toBeInstanceOf(PoisonMessage);
    await (await gateway.queues()).buryDecision(message);
    expect(gateway.records().findLast(({ kind }) => kind === 'administration')).toMatchObject({
      action: 'message-dead',
    });
  });

  it(proves('message.foreign', 'for an approval that is not there is on record, and done'), async () => {
    expect(await send({ kind: 'decision', approval: NONE })).toBeUndefined();
    expect(gateway.records().findLast(({ kind }) => kind === 'administration')).toMatchObject({
      action: 'message-refused',
    });
  });

  it(proves('message.foreign', 'and names a pending approval decides nothing'), async () => {
    const id = await hold();
    for (const kind of ['decision', 'release', 'expire']) await send({ kind, approval: id });
    await applied(id);
  });

  it(proves('message.foreign', 'that a queue gave up on flags the approval that it names'), async () => {
    const id = await hold();
    await (await gateway.queues()).buryNotice({ kind: 'notice', approval: id, attempt: 1 });
    expect(approvalOf(gateway, id)).toMatchObject({ attention: 'a message in approval-notices could not be handled' });
    expect(stateOf(gateway, id)).toBe('pending');
  });
});
