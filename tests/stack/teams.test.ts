/** The Teams stand-in over the wire: what its flow takes, its page, and its outgoing webhook. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampleId } from '../../infra/local/entra/directory.ts';
import { startTeams, type Teams } from '../../infra/local/teams/start.ts';
import { createCard } from '../../shared/approvals/card.ts';
import { proves } from '../requirements.ts';
import { makeApproval } from '../unit/approvals/approval-fixture.ts';

const publicUrl = 'https://gateway.example';
const card = createCard(makeApproval({ justification: '<script>alert(1)</script>' }), { publicUrl, mayReply: true });

interface Received {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let folder: string;
let teams: Teams;
let gateway: Server;
let gatewayUrl: string;
let received: Received[];
let answer: { status: number; body: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'teams-'));
  received = [];
  answer = { status: 200, body: JSON.stringify({ type: 'message', text: 'Taken <b>so</b>.' }) };
  gateway = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    received.push({ path: request.url, headers: request.headers, body });
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  teams = await startTeams({ port: 0, publicUrl: gatewayUrl, folder });
});

afterEach(async () => {
  await teams.stop();
  gateway.closeAllConnections();
  await new Promise((resolve) => gateway.close(resolve));
  await rm(folder, { recursive: true });
});

function messageWith(content: unknown): Record<string, unknown> {
  return { type: 'message', attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content }] };
}

async function post(message: unknown, contentType = 'application/json', url = teams.webhookUrl): Promise<number> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': contentType }, body });
  await response.body?.cancel();
  return response.status;
}

describe('the flow that waits for a response', () => {
  const answerable = createCard(makeApproval(), {
    publicUrl,
    mayReply: true,
    answer: { card: '0'.repeat(32), round: 1 },
  });

  async function postCard(): Promise<string> {
    teams = await restart({ flowToken: async () => 'a-token' });
    expect(await post(messageWith(answerable), 'application/json', teams.flowUrl)).toBe(202);
    answer = { status: 200, body: JSON.stringify({ text: 'Taken <b>so</b>.' }) };
    return teams.cards().at(-1)?.id ?? '';
  }

  async function restart(more: Partial<Parameters<typeof startTeams>[0]>): Promise<Teams> {
    await teams.stop();
    return startTeams({ port: 0, publicUrl: gatewayUrl, folder, ...more });
  }

  it(proves('teams.flow', 'takes a card with answers on it, which the one that only posts does not'), async () => {
    const id = await postCard();
    expect(await post(messageWith(answerable))).toBe(400);
    expect(await post(messageWith(answerable), 'application/json', `${teams.flowUrl}x`)).toBe(401);
    expect(await teams.answer(id, { as: 'bob', press: 'Approve', text: 'why' })).toEqual({
      status: 200,
      text: 'Taken <b>so</b>.',
    });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ path: '/teams/flow', headers: { authorization: 'Bearer a-token' } });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      answeredAt: expect.any(String),
      responder: {
        objectId: sampleId('b2'),
        tenantId: sampleId('1'),
        displayName: 'Bob Banks',
        userPrincipalName: 'bob@sallyport.example',
      },
      data: {
        approval: makeApproval().id,
        verdict: 'approve',
        evidence: makeApproval().evidence,
        card: '0'.repeat(32),
        round: 1,
        approveReason: 'why',
      },
    });
  });

  it('takes one answer a card, from a person who is there, on a button that it has, with a reason where one is wanted', async () => {
    const id = await postCard();
    await expect(teams.answer('another', { as: 'bob', press: 'Approve' })).rejects.toThrow(/no such card/);
    const [nobody, nothing, silent] = [id, await postCard(), await postCard()];
    await expect(teams.answer(nobody, { as: 'eve', press: 'Approve' })).rejects.toThrow(/no eve/);
    await expect(teams.answer(nothing, { as: 'bob', press: 'Burn' })).rejects.toThrow(/no Burn/);
    await expect(teams.answer(silent, { as: 'bob', press: 'Deny' })).rejects.toThrow(/wants a text/);
    expect(received).toEqual([]);
    const last = await postCard();
    await teams.answer(last, { as: 'bob', press: 'Deny', text: 'no' });
    await expect(teams.answer(last, { as: 'bob', press: 'Approve' })).rejects.toThrow(/was answered/);
    expect(received).toHaveLength(1);
  });

  it('has a form for each answer on its page, and none on a card that was answered', async () => {
    const card = await postCard();
    const page = async () => (await fetch(teams.url)).text();
    expect(await page()).toContain('<summary>Deny …</summary>');
    const body = new URLSearchParams({ card, as: 'bob', press: 'Approve', text: 'why' });
    const request = { method: 'POST', body, redirect: 'manual' } as const;
    const origin = { headers: { origin: 'https://evil.example' } };
    expect((await fetch(`${teams.url}/answers`, { ...request, ...origin })).status).toBe(403);
    expect((await fetch(`${teams.url}/answers`, request)).status).toBe(303);
    expect((await fetch(`${teams.url}/answers`, request)).status).toBe(400);
    const answered = await page();
    expect(answered).toContain('answered by bob');
    expect(answered).toContain('Taken &lt;b&gt;so&lt;/b&gt;.');
    expect(answered).not.toContain('<summary>');
  });

  it('says below the card that nobody took an answer', async () => {
    const id = await postCard();
    answer = { status: 503, body: '' };
    expect(await teams.answer(id, { as: 'bob', press: 'Approve' })).toEqual({
      status: 503,
      text: expect.stringMatching(/did not take/),
    });
  });
});

describe('the flow', () => {
  it(proves('teams.sink', 'takes a card, keeps it, and still has it and its secrets after a restart'), async () => {
    expect(await post(messageWith(card))).toBe(202);
    const kept = teams.cards();
    expect(kept).toMatchObject([{ card, replies: [] }]);
    expect(await (await fetch(`${teams.url}/cards`)).json()).toEqual(kept);

    const { webhookUrl, replySecret } = teams;
    await teams.stop();
    teams = await startTeams({ port: 0, publicUrl: gatewayUrl, folder });
    expect(teams.cards()).toEqual(kept);
    expect(teams.replySecret).toBe(replySecret);
    expect(new URL(teams.webhookUrl).search).toBe(new URL(webhookUrl).search);
  });

  const submit = { type: 'Action.Submit', title: 'Approve' };
  it.each<[string, unknown, string?]>([
    ['no JSON', '{'],
    ['another media type', messageWith(card), 'text/plain'],
    ['no message', { ...messageWith(card), type: 'event' }],
    ['a bare card', card],
    ['a newer card', messageWith({ ...card, version: '1.6' })],
    ['another card', { type: 'message', attachments: [{ contentType: 'application/json', content: card }] }],
    ['more than 28 KB', messageWith({ ...card, body: [{ type: 'TextBlock', text: 'x'.repeat(28 * 1_024) }] })],
    ['an action that needs a bot', messageWith({ ...card, actions: [submit] })],
    ['such an action further down', messageWith({ ...card, body: [{ type: 'ActionSet', actions: [submit] }] })],
  ])(proves('teams.sink', 'refuses %s with 400'), async (_what, message, contentType) => {
    expect(await post(message, contentType)).toBe(400);
    expect(teams.cards()).toEqual([]);
  });

  it(proves('teams.sink', 'takes nothing without the signature of its address'), async () => {
    const { origin, pathname } = new URL(teams.webhookUrl);
    expect(await post(messageWith(card), undefined, `${origin}${pathname}`)).toBe(401);
    expect(await post(messageWith(card), undefined, `${origin}${pathname}?sig=wrong`)).toBe(401);
    expect(await post(messageWith(card), undefined, `${origin}/workflows/other`)).toBe(404);
    expect(teams.cards()).toEqual([]);
  });

  it('fails as a test asks, and may have posted the card all the same', async () => {
    teams.faults.add({ does: 'fail', status: 503, when: 'after' });
    expect(await post(messageWith(card))).toBe(503);
    expect(teams.cards()).toHaveLength(1);
  });
});

describe('the page', () => {
  it(proves('teams.sink', 'shows cards without running anything of theirs'), async () => {
    await post(messageWith(card));
    const response = await fetch(teams.url);
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(html).not.toContain('<script');
    expect(html).toMatch(/value="approve [0-9A-Z]{6} "/);
  });

  it(proves('teams.sink', 'posts a reply as somebody and shows the answer, as text'), async () => {
    await post(messageWith(card));
    const [posted] = teams.cards();
    const form = new URLSearchParams({ card: posted?.id ?? '', as: 'bob', text: 'approve 7YXXF5 ok' });
    const done = await fetch(`${teams.url}/replies`, { method: 'POST', body: form, headers: { origin: teams.url } });
    expect(await done.text()).toContain('Taken &lt;b&gt;so&lt;/b&gt;.');
    expect(received).toHaveLength(1);
    expect(teams.cards()[0]?.replies).toEqual([{ as: 'bob', text: 'approve 7YXXF5 ok', answer: 'Taken <b>so</b>.' }]);
  });

  it('lets no other page speak for the sample’s people', async () => {
    const body = new URLSearchParams({ card: '', as: 'bob', text: 'approve 7YXXF5' });
    for (const origin of ['https://evil.example', 'null', `http://evil.example:${new URL(teams.url).port}`]) {
      const { status } = await fetch(`${teams.url}/replies`, { method: 'POST', body, headers: { origin } });
      expect(status).toBe(403);
    }
    expect(received).toEqual([]);
  });
});

describe('the outgoing webhook', () => {
  it(proves('teams.sink', 'posts a message as Teams does, signed over its bytes'), async () => {
    expect(await teams.reply({ as: 'bob', text: 'approve K7Q2XY <&> ok' })).toEqual({
      status: 200,
      text: 'Taken <b>so</b>.',
    });
    const [{ path, headers, body } = { path: '', headers: {}, body: '' }] = received;
    expect(path).toBe('/teams/reply');
    const expected = createHmac('sha256', Buffer.from(teams.replySecret, 'base64')).update(body).digest('base64');
    expect(headers.authorization).toBe(`HMAC ${expected}`);
    expect(JSON.parse(body)).toMatchObject({
      type: 'message',
      channelId: 'msteams',
      from: { name: 'Bob Banks', aadObjectId: sampleId('b2') },
      channelData: { tenant: { id: sampleId('1') } },
      text: '<at>Sallyport</at>&nbsp;approve K7Q2XY &lt;&amp;&gt; ok\n',
    });
  });

  it('gives every message an id of its own, and says what a test puts in its place', async () => {
    await Promise.all([teams.reply({ as: 'bob', text: 'help' }), teams.reply({ as: 'bob', text: 'help' })]);
    await teams.reply({
      as: 'bob',
      text: 'help',
      activity: { id: '7' },
      tamper: (body) => `${body} `,
      authorization: null,
    });
    const ids = received.map(({ body }) => JSON.parse(body).id);
    expect(new Set(ids).size).toBe(3);
    expect(ids).toContain('7');
    expect(received.at(-1)).toMatchObject({ body: expect.stringMatching(/ $/) });
    expect(received.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('tells an answer that is none', async () => {
    answer = { status: 401, body: '' };
    expect(await teams.reply({ as: 'mallory', text: 'approve K7Q2XY' })).toEqual({ status: 401, text: undefined });
    await expect(teams.reply({ as: 'nobody', text: 'help' })).rejects.toThrow('no nobody');
  });
});
