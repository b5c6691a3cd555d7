/** A review from its report to its sign-off: who may, what is on record first, and what two reviewers do to each other. */
import { beforeEach, describe, expect, it } from 'vitest';
import { signOffDigest } from '../../../shared/reviews/digest.ts';
import { personKey } from '../../../shared/reviews/report.ts';
import type { DecideInput } from '../../../shared/reviews/reviews.ts';
import { proves } from '../../requirements.ts';
import { createWorld, TENANT } from '../identity/blocks/blocks-fixture.ts';
import { actor, createLifeScene, doneWith, type LifeScene, refusal, showOpened, stateOf } from './life-scene.ts';
import { bot, createReviewScene, personOf } from './review-scene.ts';

const carol = actor(personOf('carol'), 'auditors');
const erin = actor({ ...personOf('mallory'), name: 'erin' }, 'auditors');
const dave = actor(personOf('dave'), 'administrators');
const alice = personOf('alice');
const ALICE_BLOCKED = JSON.stringify(['principal', alice.id, 'crm']);

let scene: LifeScene;
let view: Awaited<ReturnType<LifeScene['opened']>>;

beforeEach(async () => {
  const records = createReviewScene();
  await records.call(alice, 'get_customer');
  await records.call(bot, 'export_customers');
  await records.seal();
  scene = createLifeScene(records);
  view = await scene.opened(carol);
});

const id = () => view.opened.review.id;
const input = (more: Partial<DecideInput> = {}): DecideInput => ({
  server: 'crm',
  review: id(),
  principal: alice,
  verdict: 'keep',
  reason: 'still in support',
  report: view.digest,
  ...more,
});
const decide = (more: Partial<DecideInput> = {}, who = carol) => scene.reviews.decide(who, input(more));
async function signOff(who = carol, digest?: string) {
  const now = digest ?? (await showOpened(scene, who, id())).opened.digest;
  return scene.reviews.signOff(who, { server: 'crm', review: id(), digest: now });
}

describe('keep and revoke', () => {
  it(proves('review.keep-revoke', 'stand with a reason, on record before they do; the newest counts'), async () => {
    doneWith(await decide({ reason: '  her card 4111, still in support\n' }));
    expect(doneWith(await decide({ verdict: 'revoke', reason: 'moved to sales' }))).toMatchObject({
      number: 2,
      verdict: 'revoke',
      by: { id: carol.principal.id },
    });
    const shown = await showOpened(scene, carol, id());
    expect(shown.opened.decisions.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['keep', 'her card [card], still in support'],
      ['revoke', 'moved to sales'],
    ]);
    expect(shown.opened.blocked).toEqual(new Set([alice.id]));
    const kinds = scene.recorded.map((line) => line.split(' ', 1)[0]);
    expect(kinds.slice(-4)).toEqual(['review-decision', 'review-decision', 'block-add', 'view']);
    expect(scene.blocks.rows.get(ALICE_BLOCKED)).toMatchObject({
      server: 'crm',
      reason: `access review ${id()}: moved to sales`,
      by: { id: carol.principal.id },
    });
  });

  it(
    proves('review.keep-revoke', 'lets somebody in again when it is changed, and leaves others’ blocks alone'),
    async () => {
      doneWith(await decide({ verdict: 'revoke' }));
      doneWith(await decide({ verdict: 'keep', reason: 'a mistake' }));
      expect(scene.blocks.rows.size).toBe(0);
      const own = {
        kind: 'principal',
        value: alice.id,
        server: 'crm',
        reason: 'phone lost',
        by: { id: 'x' },
        createdMs: 0,
      } as const;
      scene.blocks.rows.set(ALICE_BLOCKED, own);
      doneWith(await decide({ verdict: 'revoke' }));
      doneWith(await decide({ verdict: 'keep' }));
      expect([...scene.blocks.rows.values()]).toEqual([own]);
    },
  );

  it(
    proves('review.keep-revoke', 'deny at once where they are taken, and on other instances by their next poll'),
    async () => {
      const world = createWorld();
      const [here, there] = [world.start(), world.start()];
      await Promise.all([here.load(), there.load()]);
      scene = createLifeScene(scene.records, here);
      view = await scene.opened(carol);
      const [onCrm, onErp] = ['crm', 'erp'].map((server) => ({ tenant: TENANT, principal: { id: alice.id }, server }));
      if (onCrm === undefined || onErp === undefined) throw new Error('no subject');
      doneWith(await decide({ verdict: 'revoke' }));
      expect([await here.ask(onCrm), await here.ask(onErp), await there.ask(onCrm)]).toEqual([
        'blocked',
        'free',
        'free',
      ]);
      await there.poll();
      expect(await there.ask(onCrm)).toBe('blocked');
      doneWith(await decide({ verdict: 'keep' }));
      expect(await here.ask(onCrm)).toBe('free');
    },
  );

  it('blocks an app too, and one whose block would have ended', async () => {
    const ending = {
      kind: 'principal',
      value: bot.id,
      server: 'crm',
      reason: 'a day',
      by: { id: 'x' },
      createdMs: 0,
      untilMs: 9e15,
    } as const;
    scene.blocks.rows.set(JSON.stringify(['principal', bot.id, 'crm']), ending);
    doneWith(await decide({ principal: bot, verdict: 'revoke' }));
    expect([...scene.blocks.rows.values()]).toMatchObject([{ value: bot.id, reason: expect.stringContaining(id()) }]);
    expect([...scene.blocks.rows.values()][0]).not.toHaveProperty('untilMs');
  });

  it(proves('review.self', 'are never a reviewer’s own, nor is a sign-off over their open row'), async () => {
    const aliceHerself = actor(alice, 'support', 'auditors');
    expect(refusal(await decide({}, aliceHerself))).toBe('own-row');
    expect(refusal(await signOff(aliceHerself))).toBe('own-row');
    doneWith(await decide({ reason: 'still in support' }));
    expect(refusal(await signOff(aliceHerself))).toBe('done');
  });

  it.each([
    ['without a reason', { reason: ' \n ' }, 'reason'],
    ['with too long a one', { reason: 'x'.repeat(501) }, 'reason'],
    ['on somebody who is not in it', { principal: { kind: 'user', id: personOf('mallory').id } }, 'not-found'],
    ['on another report than was shown', { report: 'f'.repeat(64) }, 'changed'],
    ['on a review that is not there', { review: '20261122t120000-0000000000000000' }, 'not-found'],
    ['on what is no id', { review: '../latest' }, 'not-found'],
    ['on another server', { server: 'erp' }, 'not-found'],
  ] as const)('are refused %s, and nothing is on record of it', async (_, more, code) => {
    const before = scene.recorded.length;
    expect(refusal(await decide(more))).toBe(code);
    expect(scene.recorded.length).toBe(before);
    expect(scene.blocks.rows.size).toBe(0);
  });

  it(proves('review.read-recorded', 'do nothing where they can’t be recorded'), async () => {
    scene.recordFails = true;
    expect(refusal(await decide({ verdict: 'revoke' }))).toBe('unavailable');
    expect(scene.store.decisions.size + scene.blocks.rows.size).toBe(0);
  });

  it(proves('review.self', 'leave an auditor’s own duty unreviewed, and the sign-off says so'), async () => {
    expect(refusal(await decide({ principal: carol.principal }))).toBe('own-row');
    const everybody = view.report.people.length;
    expect(doneWith(await signOff(carol)).signedOff).toMatchObject({ kept: 0, revoked: 0, notReviewed: everybody });
  });

  it('say that a block may not stand, and stand all the same', async () => {
    scene.blocks.isDown = true;
    expect(refusal(await decide({ verdict: 'revoke' }))).toBe('unavailable');
    expect(scene.store.decisions.size).toBe(1);
    expect((await showOpened(scene, carol, id())).opened.blocked).toBeUndefined();
    expect(refusal(await signOff())).toBe('unavailable');
    expect(stateOf(scene, id())?.state).toBe('open');
    scene.blocks.isDown = false;
    expect(refusal(await signOff())).toBe('done');
    expect(scene.blocks.rows.has(ALICE_BLOCKED)).toBe(true);
  });
});

describe('a sign-off', () => {
  it(
    proves('review.sign-off', 'names the frozen report and the decisions, on record, and closes the review'),
    async () => {
      doneWith(await decide({ verdict: 'revoke', reason: 'moved' }));
      doneWith(await decide({ principal: carol.principal, reason: 'our auditor' }, erin));
      const { digest } = (await showOpened(scene, erin, id())).opened;
      const signed = doneWith(await signOff(erin));
      const decisions = [...scene.store.decisions.values()];
      expect(signOffDigest(signed, decisions)).toBe(digest);
      expect(signed).toMatchObject({
        state: 'signed-off',
        signedOff: { by: { name: 'erin' }, digest, kept: 1, revoked: 1, notReviewed: view.report.people.length - 2 },
      });
      expect(scene.recorded.at(-1)).toContain(`review-sign-off erin crm, review ${id()}`);
      expect(scene.recorded.at(-1)).toContain(`report sha256 ${view.digest}; signed sha256 ${digest}`);
      expect(refusal(await decide())).toBe('ended');
      expect(refusal(await signOff(erin))).toBe('ended');
    },
  );

  it(proves('review.sign-off', 'refuses what changed since it was shown'), async () => {
    doneWith(await decide({ principal: carol.principal, reason: 'our auditor' }, erin));
    const shown = (await showOpened(scene, carol, id())).opened.digest;
    doneWith(await decide({ verdict: 'revoke', reason: 'moved' }, erin));
    expect(refusal(await signOff(carol, shown))).toBe('changed');
    expect(stateOf(scene, id())?.state).toBe('open');
  });

  it('refuses a report whose bytes were changed, wherever it is read', async () => {
    scene.blobs.blobs.set(view.digest, Buffer.from('{}'));
    await expect(showOpened(scene, carol, id())).rejects.toThrow('another report');
    await expect(decide()).rejects.toThrow('another report');
    expect(refusal(await scene.reviews.open(carol, 'crm', view.digest))).toBe('not-found');
  });
});

describe('two at once', () => {
  it(proves('review.concurrent', 'both decide, none is lost, and the block follows the one that counts'), async () => {
    scene.store.meanwhile = async () => void doneWith(await decide({ verdict: 'keep', reason: 'needs it' }, erin));
    doneWith(await decide({ verdict: 'revoke', reason: 'moved' }));
    const decisions = [...scene.store.decisions.values()];
    expect(decisions.map(({ number, verdict }) => [number, verdict])).toEqual([
      [1, 'keep'],
      [2, 'revoke'],
    ]);
    expect(stateOf(scene, id())?.changes).toBe(2);
    expect(scene.blocks.rows.has(ALICE_BLOCKED)).toBe(true);
  });

  it(proves('review.concurrent', 'a decision that comes in between keeps a sign-off from standing'), async () => {
    doneWith(await decide({ principal: carol.principal, reason: 'our auditor' }, erin));
    const shown = (await showOpened(scene, carol, id())).opened.digest;
    scene.store.meanwhile = async () => void doneWith(await decide({ reason: 'later' }, erin));
    expect(refusal(await signOff(carol, shown))).toBe('changed');
    expect(scene.recorded.at(-1)).toContain('review-sign-off-failed');
    expect(stateOf(scene, id())?.state).toBe('open');
  });

  it(proves('review.concurrent', 'two sign-offs make one'), async () => {
    doneWith(await decide({ principal: carol.principal, reason: 'our auditor' }, erin));
    const { digest } = (await showOpened(scene, carol, id())).opened;
    const both = await Promise.all([signOff(carol, digest), signOff(erin, digest)]);
    expect(both.map(refusal).sort()).toEqual(['done', 'ended']);
  });

  it(proves('review.concurrent', 'a lost response is no second decision, and no failed sign-off'), async () => {
    scene.store.lostResponses = 1;
    doneWith(await decide({ principal: carol.principal, reason: 'our auditor' }, erin));
    expect(scene.store.decisions.size).toBe(1);
    expect(stateOf(scene, id())?.changes).toBe(1);
    scene.store.lostResponses = 1;
    expect(refusal(await signOff())).toBe('done');
    scene.store.lostResponses = 1;
    const again = doneWith(await scene.reviews.open(carol, 'crm', view.digest));
    expect([...scene.store.rows.keys()]).toEqual([`crm/${id()}`, `crm/${again.id}`]);
  });
});

describe('who may', () => {
  it(
    proves('review.read-recorded', 'reads only behind its record, and learns nothing where they may not'),
    async () => {
      const mallory = actor(personOf('mallory'));
      expect(await scene.reviews.show(mallory, 'crm', {})).toBeUndefined();
      expect(await scene.reviews.show(dave, 'crm', { review: id() })).toBeUndefined();
      expect(await scene.reviews.show(carol, 'erp', {})).toBeUndefined();
      expect(await scene.reviews.overview(mallory)).toEqual([]);
      expect(await scene.reviews.build(mallory, { server: 'crm', sinceMs: 0, untilMs: 1 })).toBeUndefined();
      expect(refusal(await scene.reviews.open(dave, 'crm', view.digest))).toBe('not-found');
      expect(refusal(await decide({}, dave))).toBe('not-found');
      expect(refusal(await signOff(dave, view.opened.digest))).toBe('not-found');

      const before = scene.recorded.length;
      await scene.reviews.show(carol, 'crm', {}, 'export');
      const [server] = await scene.reviews.overview(carol);
      expect(server).toMatchObject({
        server: 'crm',
        latest: { report: view.digest },
        reviews: [{ id: id(), state: 'open' }],
      });
      expect(scene.recorded.slice(before)).toEqual([
        expect.stringMatching(/^view export carol@sallyport.example crm: report of 2026-11-21T12:00:00.000Z to /),
        'view review carol@sallyport.example _gateway: list of crm',
      ]);
      scene.recordFails = true;
      await expect(scene.reviews.show(carol, 'crm', {})).rejects.toThrow('the transcript is down');
      await expect(scene.reviews.overview(carol)).rejects.toThrow('the transcript is down');
    },
  );

  it('orders what takes longer than a request may, and shows nothing before it is built', async () => {
    const period = { server: 'crm', sinceMs: 1_000, untilMs: 2_000 };
    scene.buildMs = 0;
    expect(await scene.records.clock.until(scene.reviews.build(carol, period))).toEqual({ kind: 'ordered' });
    expect(await scene.reviews.show(carol, 'crm', { period })).toBe('not-built');
    expect([...scene.store.orders.values()]).toMatchObject([period]);
  });

  it('lets an app that may audit read, and never decide', async () => {
    const reader = { ...actor(bot), groups: ['auditors'] };
    expect(await scene.reviews.show(reader, 'crm', {})).toMatchObject({ mayReview: false, self: personKey(bot) });
    expect(refusal(await decide({}, reader))).toBe('not-found');
  });
});
