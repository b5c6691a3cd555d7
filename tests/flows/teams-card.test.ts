/**
 * Answers on a card in the whole stack: the workflow's URL out of the vault, its identity's token, the marks in Azurite, and
 * the call released by the approver function.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sampleId } from '../../infra/local/entra/directory.ts';
import type { PostedCard } from '../../infra/local/teams/channel.ts';
import { proves } from '../requirements.ts';
import { submitsOf } from '../unit/approvals/flow/answer-scene.ts';
import { idOf, textOf } from './support/held-calls.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';
import { callText, post } from './support/tools.ts';

const PATIENCE = { timeout: 20_000, interval: 250 };

let stack: RunningStack;
let configDir: string;
let alice: string;

/** The sample, with the workflow in the place of the one that only posts. */
beforeAll(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'sallyport-card-'));
  await cp(join(appDir, 'infra/config'), configDir, { recursive: true });
  const file = join(configDir, 'gateway.yaml');
  const yaml = await readFile(file, 'utf8');
  const changed = yaml
    .replace('webhookSecret: teams-webhook-url', `flow: { identity: ${sampleId('d6')}, urlSecret: teams-flow-url }`)
    .replace('channels: [page, api, teams-reply]', 'channels: [page, teams-flow]');
  expect(changed).toContain('urlSecret: teams-flow-url');
  expect(changed).toContain('teams-flow]');
  await writeFile(file, changed);
  stack = await startBuiltStack({ configDir, instances: 2 });
  alice = await stack.token({ user: 'alice' });
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  await rm(configDir, { recursive: true, force: true });
});

const refund = (amount: number) =>
  post(`${stack.url}/mcp/crm`, alice, callText('refund_payment', `{"payment_id":"P-50001","amount":${amount}}`));
const refunds = (amount: number) => stack.crm.requests.filter(({ body }) => body.includes(`"amount":${amount}`));

async function cardOf(approval: string): Promise<PostedCard> {
  return vi.waitFor(() => {
    const posted = stack.teams.cards().find(({ card }) => JSON.stringify(card).includes(approval));
    return posted ?? expect.fail('no card came');
  }, PATIENCE);
}

it(proves('teams.flow', 'a call that bob approves on its card runs once, and its agent collects it'), async () => {
  const approval = idOf(await refund(501));
  const { id, card } = await cardOf(approval);
  expect(submitsOf(card)).toMatchObject([
    { approval, verdict: 'approve' },
    { approval, verdict: 'deny' },
  ]);
  const answered = await stack.teams.answer(id, { as: 'bob', press: 'Approve', text: 'Checked with the customer' });
  expect(answered).toEqual({ status: 200, text: expect.stringMatching(/^Taken: you approve/) });
  await vi.waitFor(async () => expect(textOf(await refund(501))).toContain(`under approval ${approval}`), PATIENCE);
  expect(refunds(501)).toHaveLength(1);
}, 60_000);

it(proves('teams.flow-once', 'a card that is answered again, on whichever instance, has been answered'), async () => {
  const approval = idOf(await refund(502));
  const { id } = await cardOf(approval);
  // What the workflow sent, sent again by hand: Teams itself takes no second answer.
  const [approve] = submitsOf((await cardOf(approval)).card);
  const send = async () => {
    const authorization = `Bearer ${await stack.token({ app: 'teams-flow' })}`;
    const body = {
      answeredAt: new Date().toISOString(),
      responder: { objectId: sampleId('b2'), tenantId: sampleId('1'), displayName: 'Bob Banks' },
      data: approve,
    };
    const url = new URL('/teams/flow', stack.url);
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    return z.object({ text: z.string() }).parse(await answer.json()).text;
  };
  const told = await Promise.all([send(), send(), send(), send()]);
  expect(told.filter((text) => text.startsWith('Taken'))).toHaveLength(1);
  expect(told.filter((text) => text.startsWith('This card was answered before'))).toHaveLength(3);
  expect((await stack.teams.answer(id, { as: 'bob', press: 'Deny', text: 'no' })).text).toMatch(/answered before/);
  await vi.waitFor(() => expect(refunds(502)).toHaveLength(1), PATIENCE);
}, 60_000);
