/** Answers on a card, from the agent's call to the release: the workflow as the Teams stand-in plays it, real tokens. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sampleDirectory, sampleId } from '../../infra/local/entra/directory.ts';
import { type Answered, type CardAnswer, createFlow } from '../../infra/local/teams/flow.ts';
import { readMessage } from '../../infra/local/teams/message.ts';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken, callTool, idOf, recordsOf, stateOf, textOf } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, PAY_TOOL, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

/** Finance runs this gateway too. */
const POLICIES = `${APPROVING_POLICIES}
@id("finance-administers") permit (principal in Group::"finance", action == Action::"administer", resource);
`;
const FLOW = 'flow: { identity: 5a11e000-0000-4000-8000-0000000000d6, urlSecret: teams-flow-url }';
const NEXT_CARD_MS = 11_000;

let gateway: TestGateway;
let alice: string;
let amount = 1_000;
let held: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: POLICIES,
    tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL],
    channels: ['page', 'teams-flow'],
    yaml: `approvals: { teams: { ${FLOW} } }`,
  });
  gateway.graph.groups = 'directory';
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());
beforeEach(async () => {
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
  gateway.upstream.arrived.length = 0;
  // A call of its own for each test: the same one would join.
  amount += 1;
  held = idOf(await pay());
  await gateway.deliverMessages();
});
afterEach(() => {
  gateway.ahead = 0;
});

const pay = () => callTool(gateway, alice, 'pay', { amount });

/** On the newest card. */
async function answer(answered: CardAnswer): Promise<Answered> {
  const message = { type: 'message', attachments: [cardAttachment(gateway.cards.at(-1))] };
  const card = readMessage('application/json', JSON.stringify(message), { waits: true });
  if (!card.ok) throw new Error(card.error);
  const flow = createFlow({
    url: new URL('/teams/flow', gateway.url).href,
    token: () => gateway.token({ app: 'teams-flow' }),
    directory: sampleDirectory,
  });
  return flow(card.value, answered);
}

const cardAttachment = (content: unknown) => ({ contentType: 'application/vnd.microsoft.card.adaptive', content });

describe('an answer on a card', () => {
  it(proves('teams.flow', 'releases the call, and the transcript says who pressed it and where'), async () => {
    const answered = await answer({ as: 'bob', press: 'Approve', text: 'seen in the ledger' });
    expect(answered).toEqual({ status: 200, text: expect.stringMatching(/^Taken: you approve/) });
    await gateway.deliverMessages();
    expect(gateway.upstream.arrived).toHaveLength(1);
    expect(textOf(await pay())).toContain('done');
    expect(recordsOf(gateway, held)).toContainEqual(
      expect.objectContaining({
        event: 'decided',
        verdict: 'approve',
        reason: 'seen in the ledger',
        by: expect.objectContaining({
          channel: 'teams-flow',
          principal: expect.objectContaining({ id: sampleId('b2') }),
          agent: expect.objectContaining({ id: sampleId('c6') }),
        }),
      }),
    );
  });

  it(proves('teams.flow', 'denies it with the reason that the agent hears'), async () => {
    await answer({ as: 'bob', press: 'Deny', text: 'Not this quarter' });
    await gateway.deliverMessages();
    expect(textOf(await pay())).toContain('Not this quarter');
    expect(gateway.upstream.arrived).toEqual([]);
  });

  it(proves('teams.flow-again', 'of somebody without the right leaves a card for who has it'), async () => {
    const before = gateway.cards.length;
    expect((await answer({ as: 'mallory', press: 'Approve' })).text).toMatch(/^Nothing waits for you/);
    expect(stateOf(gateway, held)).toBe('pending');
    gateway.ahead = NEXT_CARD_MS;
    await gateway.deliverMessages();
    expect(gateway.cards).toHaveLength(before + 1);
    expect((await answer({ as: 'bob', press: 'Approve' })).text).toMatch(/^Taken/);
    await gateway.deliverMessages();
    // Nor does an answer that decided it bring another.
    gateway.ahead = 3 * NEXT_CARD_MS;
    await gateway.deliverMessages();
    expect(gateway.cards).toHaveLength(before + 1);
    expect(gateway.upstream.arrived).toHaveLength(1);
  });
});

describe('an answer that somebody else brings', () => {
  type Request = Parameters<TestGateway['token']>[0];
  const bearers: [string, Request | null, number][] = [
    ['nobody', null, 401],
    ['an app without the role', { app: 'reporting-bot' }, 403],
    ['the workflow without its role', { app: 'teams-flow', roles: [] }, 403],
    ['the workflow with the role of agents', { app: 'teams-flow', roles: ['Mcp.Invoke.All'] }, 403],
    ['another app with the role', { app: 'reporting-bot', roles: ['Approvals.Respond'] }, 403],
    ['a person with a scope of its name', { user: 'bob', scope: 'Approvals.Respond' }, 403],
    ['a person with the role', { user: 'bob', claims: { roles: ['Approvals.Respond'] } }, 403],
    ['the workflow, for another app', { app: 'teams-flow', audience: 'https://graph.microsoft.com' }, 401],
    ['the workflow of another tenant', { app: 'teams-flow', tenant: sampleId('2') }, 401],
    ['the workflow by another issuer', { app: 'teams-flow', issuer: 'https://login.example/v2.0' }, 401],
    ['whoever signs with a key of their own', { app: 'teams-flow', key: 'foreign' }, 401],
    ['whoever signs with ours as a secret', { app: 'teams-flow', alg: 'HS256' }, 401],
    ['whoever signs nothing', { app: 'teams-flow', alg: 'none' }, 401],
    ['the workflow of yesterday', { app: 'teams-flow', ttlSeconds: -3_600 }, 401],
  ];
  it.each(bearers)(proves('teams.flow-verified', 'is refused, on record: %s'), async (_who, request, status) => {
    const token = request === null ? null : await gateway.token(request);
    expect(await answer({ as: 'bob', press: 'Approve', token })).toMatchObject({ status });
    expect(recordsOf(gateway, held).map(({ event }) => event)).not.toContain('decided');
    const noted = gateway.records().filter(({ action }) => action === 'answer-refused');
    expect(noted.at(-1)).toMatchObject({ detail: expect.stringMatching(/^workflow \(/) });
  });

  it(proves('teams.flow-verified', 'is taken with a token of either version'), async () => {
    const token = await gateway.token({ app: 'teams-flow', version: 1 });
    expect((await answer({ as: 'bob', press: 'Approve', token })).status).toBe(200);
  });

  it(proves('teams.flow-verified', 'is refused when the workflow is blocked'), async () => {
    const headers = {
      authorization: `Bearer ${await apiToken(gateway, 'bob')}`,
      'content-type': 'application/json',
    };
    const body = JSON.stringify({ kind: 'principal', value: sampleId('d6'), reason: 'its owner left' });
    const url = new URL('/api/blocks', gateway.url);
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBeLessThan(300);
    expect((await answer({ as: 'bob', press: 'Approve' })).status).toBe(403);
  });
});

it('is not there where no workflow is configured', async () => {
  const other = await startTestGateway({ policies: APPROVING_POLICIES, tools: [PAY_TOOL, READ_TOOL, SECRET_TOOL] });
  try {
    const { status } = await fetch(new URL('/teams/flow', other.url), { method: 'POST', body: '{}' });
    expect(status).toBe(404);
  } finally {
    await other.stop();
  }
});
