import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FlowAnswersOptions } from '../../../../shared/approvals/flow/answers.ts';
import { err, ok } from '../../../../shared/result.ts';
import { proves } from '../../../requirements.ts';
import { createDesk, type Desk, oidOf, principalOf } from '../desk.ts';
import { createScene, EXPIRE_MS, type PolicySet, type Scene } from '../scene.ts';
import { CARD, createAnswerScene, type Sent, WORKFLOW } from './answer-scene.ts';

let shared: Scene;
let desk: Desk;
let scene: ReturnType<typeof createAnswerScene>;

beforeAll(async () => {
  shared = await createScene();
});
beforeEach(() => begin());

async function begin(policies: PolicySet = 'finance', more: Partial<FlowAnswersOptions> = {}): Promise<void> {
  desk = createDesk(shared, policies);
  await desk.hold();
  scene = createAnswerScene(desk, more);
}

const decisions = () => desk.store.snapshot().decisions;
const MINUTE_MS = 60_000;

describe('an answer on a card', () => {
  it(proves('teams.flow', 'decides as the person who pressed it, on the channel of the workflow'), async () => {
    const told = await scene.send({ reason: 'seen in the ledger' });
    expect(told).toEqual({ status: 200, text: expect.stringMatching(/^Taken: you approve [0-9A-Z]{6}\.$/) });
    expect(decisions()).toMatchObject([
      {
        person: { kind: 'user', id: oidOf('bob'), name: 'bob', guest: false },
        verdict: 'approve',
        reason: 'seen in the ledger',
        channel: 'teams-flow',
        evidence: desk.only().evidence,
      },
    ]);
    expect(desk.entries.at(-1)).toMatchObject({
      event: 'decided',
      by: { channel: 'teams-flow', agent: WORKFLOW, tokenId: expect.stringMatching(/^flow-[0-9a-f]{32}$/) },
    });
    expect(scene.refusals).toEqual([]);
  });

  it(
    proves('teams.flow', 'sends what its card holds: the request, the verdict, and what of it was shown'),
    async () => {
      const { id: approval, evidence } = desk.only();
      const rest = { approval, evidence, card: CARD, round: 1 };
      expect(scene.cardData()).toEqual([
        { ...rest, verdict: 'approve' },
        { ...rest, verdict: 'deny' },
      ]);
    },
  );

  it('denies with the reason of that button, whatever else was typed', async () => {
    const data = { approveReason: 'not this' };
    expect((await scene.send({ verdict: 'deny', reason: 'not this customer', data })).text).toMatch(/^Taken: you deny/);
    expect(decisions()).toMatchObject([{ verdict: 'deny', reason: 'not this customer' }]);
  });

  it(proves('teams.flow-once', 'is taken once a card, by whomever, whatever is said the second time'), async () => {
    await scene.send();
    for (const again of [{}, { verdict: 'deny', reason: 'no' }, { as: 'erin' }] satisfies Sent[]) {
      expect((await scene.send(again)).text).toMatch(/^This card was answered before/);
    }
    expect(decisions()).toHaveLength(1);
    expect(scene.refusals).toEqual([`replay ${oidOf('bob')}`, `replay ${oidOf('bob')}`, `replay ${oidOf('erin')}`]);
  });

  it(proves('teams.flow-once', 'is taken once where two instances hear it at the same time'), async () => {
    const told = await Promise.all([scene.send(), scene.send()]);
    expect(told.map(({ text }) => text?.split(' ')[0]).toSorted()).toEqual(['Taken:', 'This']);
    expect(decisions()).toHaveLength(1);
  });

  it.each<[string, Sent, RegExp]>([
    ['the requester', { as: 'alice' }, /your own request/],
    ['a person without the right', { as: 'mallory' }, /^Nothing waits for you/],
    ['a person of another quorum', { as: 'carol' }, /^Nothing waits for you/],
    ['who denies without a reason', { verdict: 'deny', reason: ' ' }, /A denial needs a reason/],
    ['who says too much', { reason: 'x'.repeat(501) }, /at most 500 characters/],
    [
      'who was shown something else',
      { data: { evidence: `k1-${'0'.repeat(32)}` } },
      /not the request that you were shown/,
    ],
    [
      'who answers a request that is none',
      { data: { approval: `k1-${'0'.repeat(32)}-1-${'0'.repeat(12)}` } },
      /^Nothing waits/,
    ],
  ])(proves('teams.flow-authorized', 'of %s decides nothing'), async (_who, sent, expected) => {
    const { status, text = '' } = await scene.send(sent);
    expect(status).toBe(200);
    expect(text.replace(/&#(\d+);/g, (_entity, code: string) => String.fromCodePoint(Number(code)))).toMatch(expected);
    expect(decisions()).toEqual([]);
    // The card is used up: whoever may decide gets another.
    expect(scene.nextRounds()).toEqual([2]);
  });

  it(
    proves('teams.flow-authorized', 'tells who may not decide nothing that it does not tell of what is not there'),
    async () => {
      const absent = { approval: desk.only().id.replace(/.{12}$/, '0'.repeat(12)) };
      const codeOf = (text = '') => text.replace(/[0-9A-Z]{6}/, 'CODE');
      const [one, other] = [
        await scene.send({ as: 'mallory' }),
        await scene.send({ data: { ...absent, card: 'a'.repeat(32) } }),
      ];
      expect(codeOf(one.text)).toBe(codeOf(other.text));
    },
  );

  it(proves('teams.flow-authorized', 'of an agent’s own app, whoever pressed it, decides nothing'), async () => {
    await begin('finance', { authenticate: async () => ok({ id: desk.only().requester.agent.id }) });
    expect((await scene.send()).text).toMatch(/answered here/);
    expect(decisions()).toEqual([]);
  });

  it(proves('teams.flow-authorized', 'of a request that has ended is too late, and gets no other card'), async () => {
    desk.nowMs += EXPIRE_MS;
    expect((await scene.send()).text).toMatch(/It is too late/);
    expect([decisions(), scene.nextRounds()]).toEqual([[], []]);
  });

  it(proves('teams.flow-authorized', 'of somebody in another tenant decides nothing, on record'), async () => {
    const told = await scene.send({ responder: { tenantId: '5a11e000-0000-4000-8000-0000000000ff' } });
    expect(told.text).toMatch(/people of my own organization/);
    expect([decisions(), scene.nextRounds()]).toEqual([[], [2]]);
    expect(scene.refusals).toEqual([`tenant ${oidOf('bob')}`]);
  });

  it(proves('teams.flow-authorized', 'of a guest is a guest’s: policy is told, and so is the record'), async () => {
    await begin('finance', { guests: { isGuest: async () => ok(true) } });
    await scene.send();
    expect(decisions()).toMatchObject([{ person: { ...principalOf('bob'), guest: true } }]);
  });

  it(proves('teams.flow-authorized', 'goes by the groups that Graph says now'), async () => {
    desk.directory.set(oidOf('bob'), []);
    expect((await scene.send()).text).toMatch(/^Nothing waits for you/);
  });

  it.each(['memberships', 'guests'])('is asked for again while Graph can’t say (%s), and then taken', async (which) => {
    let isDown = true;
    if (which === 'guests') {
      await begin('finance', { guests: { isGuest: async () => (isDown ? err(new Error('down')) : ok(false)) } });
    } else desk.isGraphDown = true;
    expect(await scene.send()).toEqual({ status: 503, text: undefined });
    [isDown, desk.isGraphDown] = [false, false];
    expect((await scene.send()).text).toMatch(/^Taken/);
  });

  it.each([
    [-16 * MINUTE_MS, /too old/],
    [16 * MINUTE_MS, /too old/],
    [-14 * MINUTE_MS, /^Taken/],
  ])('sent %i ms from now: %s', async (awayMs, expected) => {
    const answeredAt = new Date(scene.clock.nowMs() + awayMs).toISOString();
    expect((await scene.send({ body: { answeredAt } })).text).toMatch(expected);
  });

  it(proves('teams.flow-again', 'brings another card while more people are wanted, and no sixth'), async () => {
    await begin('both');
    await scene.send();
    expect(scene.nextRounds()).toEqual([2]);
    await scene.send({ as: 'erin', data: { card: 'b'.repeat(32), round: 4 } });
    await scene.send({ as: 'mallory', data: { card: 'c'.repeat(32), round: 5 } });
    expect(scene.nextRounds()).toEqual([2, 5]);
  });

  it('that the store could not keep says that nobody is sure', async () => {
    desk.faults.fault = ({ name }) => (name === 'insertDecision' ? 'fail-before' : 'none');
    expect((await scene.send()).text).toMatch(/It is not certain that your decision was kept/);
  });

  it('that takes too long is asked for again before anything was decided, and never after', async () => {
    await begin('finance', { guests: { isGuest: () => new Promise(() => undefined) } });
    expect((await scene.send()).status).toBe(503);
    await begin('finance', { inbox: { decide: () => new Promise(() => undefined) } });
    expect(await scene.send()).toEqual({ status: 200, text: expect.stringMatching(/I am not sure/) });
  });
});

describe('what is no answer', () => {
  it.each<[string, Sent]>([
    ['no JSON', { raw: '{' }],
    ['nothing', { raw: '' }],
    ['no responder', { body: { responder: undefined } }],
    ['a responder without an id', { responder: { objectId: 'bob' } }],
    ['a responder without a tenant', { responder: { tenantId: undefined } }],
    ['a name for an approval', { data: { approval: '../head' } }],
    ['no verdict', { data: { verdict: 'maybe' } }],
    ['no evidence', { data: { evidence: undefined } }],
    ['a card of ours that is none', { data: { card: 'x' } }],
    ['a round of nothing', { data: { round: 0 } }],
    ['a round too many', { data: { round: 6 } }],
    ['no time', { body: { answeredAt: 'today' } }],
    ['a responder in the card’s data', { body: { responder: undefined }, data: { responder: { objectId: 'b' } } }],
  ])(proves('teams.flow-verified', 'is refused: %s'), async (_what, sent) => {
    expect(await scene.send(sent)).toEqual({ status: 400, text: undefined });
    expect([decisions(), scene.refusals, scene.nextRounds()]).toEqual([[], ['malformed'], []]);
  });

  it(proves('teams.flow-verified', 'comes from somebody else: nothing is read, and it stands on record'), async () => {
    expect(await scene.send({ authorization: 'Bearer other', raw: '{' })).toEqual({ status: 401, text: undefined });
    expect([decisions(), scene.refusals]).toEqual([[], ['workflow no token']]);
  });

  it('is refused while nobody can say who speaks, and asked for again', async () => {
    const down = { status: 503, code: 'keys-unavailable', detail: 'down', cause: new Error('down') } as const;
    await begin('finance', { authenticate: async () => err(down) });
    expect(await scene.send()).toEqual({ status: 503, text: undefined });
    expect([scene.refusals, scene.logged]).toEqual([[], ['flow-not-checked']]);
  });

  it('is too large', async () => {
    expect((await scene.send({ raw: `"${'x'.repeat(70_000)}"` })).status).toBe(413);
    expect(scene.refusals).toEqual(['too-large']);
  });

  it('is asked for by another method or under another name', async () => {
    expect((await scene.send({ method: 'GET' })).status).toBe(405);
    expect((await scene.send({ kind: 'flaw' })).status).toBe(404);
  });
});
