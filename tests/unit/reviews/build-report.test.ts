/** A review from records that the real recorder wrote and the real sealer sealed. */
import { describe, expect, it } from 'vitest';
import { type ReviewReport, reportSchema } from '../../../shared/reviews/report.ts';
import { proves } from '../../requirements.ts';
import {
  bot,
  callFacts,
  createReviewScene,
  DAY_MS,
  HOUR_MS,
  personOf,
  type ReviewScene,
  sampleMembers,
  sessionOf,
} from './review-scene.ts';

const alice = personOf('alice');
const bob = personOf('bob');
const carol = personOf('carol');
const dave = personOf('dave');
const mallory = personOf('mallory');
const grace = personOf('grace');
const card = (outcome: 'masked' | 'revealed' | 'uninspected' | 'withheld', count = 1) =>
  ({ class: 'card', outcome, count }) as const;

const rowOf = (report: ReviewReport, who: { id: string }) =>
  report.people.find(({ principal }) => principal.id === who.id);

async function sealed(scene: ReviewScene): Promise<ReviewReport> {
  await scene.seal();
  const report = await scene.build();
  return reportSchema.parse(JSON.parse(JSON.stringify(report)));
}

describe('who did', () => {
  it(proves('review.who-did', 'says per person which tools, how it ended, why, and what they were given'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'search_customers', { exposure: [card('masked', 3)], justification: 'a claim' });
    await scene.call(alice, 'search_customers', { exposure: [card('masked', 1)], justification: 'a claim' });
    await scene.call(alice, 'get_customer', { status: 'error', justification: 'another claim' });
    await scene.call(bot, 'export_customers', { status: 'withheld', exposure: [card('withheld', 9)] });
    await scene.call(mallory, 'search_customers', { verdict: 'deny' });
    const report = await sealed(scene);

    expect(report.answer).toEqual({
      kind: 'no',
      sentence:
        'No exposure was found: in 4 calls that ran 4 values were masked and none of a class that is looked for left in clear, 1 call was refused and 1 answer was withheld, verified to seal 1 of 22 November 2026, 12:00 UTC.',
    });
    expect(rowOf(report, alice)).toMatchObject({
      standing: 'did',
      groups: ['support'],
      could: ['delete_customer', 'get_customer', 'refund_payment', 'search_customers'],
      did: {
        calls: 3,
        agents: [{ name: 'Assistant', calls: 3 }],
        tools: [
          { tool: 'search_customers', calls: 2, statuses: { answered: 2 }, verdicts: { allow: 2 } },
          { tool: 'get_customer', calls: 1, statuses: { error: 1 } },
        ],
        justifications: [
          { text: 'a claim', tool: 'search_customers', count: 2 },
          { text: 'another claim', tool: 'get_customer', count: 1 },
        ],
        exposure: [card('masked', 4)],
      },
    });
    expect(rowOf(report, bot)).toMatchObject({ standing: 'did', could: ['export_customers', 'search_customers'] });
    expect(rowOf(report, mallory)).toMatchObject({ standing: 'tried', did: { tools: [{ statuses: { refused: 1 } }] } });
    expect(report.exposure).toEqual([card('masked', 4), card('withheld', 9)]);
    expect(report.tools).toContainEqual({ tool: 'refund_payment', mayBeHeld: true });
    expect(report.tools).toContainEqual({ tool: 'get_customer', mayBeHeld: false });
  });

  it(proves('review.who-did', 'shows held calls with who decided and why, and deliveries as exposure'), async () => {
    const scene = createReviewScene();
    const call = callFacts(alice, 'refund_payment', 'held-1');
    const approval = 'k1-approval';
    const by = { principal: bob, channel: 'page' };
    const hold = { verdict: 'hold', policies: ['refunds-over-500-need-finance'], quorums: ['finance'] } as const;
    await scene.record({ kind: 'approval', approval, event: 'held', call, decision: hold, reason: 'charged twice' });
    await scene.record({ kind: 'approval', approval, event: 'decided', by, verdict: 'approve', reason: 'seen' });
    await scene.record({ kind: 'approval', approval, event: 'approved', call });
    const view = { kind: 'view', what: 'approval', by: { principal: bob }, exposure: [card('revealed')] } as const;
    await scene.record(view);
    const facts = {
      call: { ...call, id: 'collect-1' },
      approval,
      releaseCallId: 'r-1',
      exposure: [card('revealed', 2)],
    };
    await scene.record({ kind: 'delivery', ...facts, message: {} });
    const report = await sealed(scene);

    expect(report.held).toMatchObject([
      {
        approval,
        tool: 'refund_payment',
        requester: { id: alice.id },
        justification: 'charged twice',
        decisions: [{ by: { id: bob.id }, verdict: 'approve', reason: 'seen', channel: 'page' }],
        ended: { event: 'approved' },
        deliveries: 1,
      },
    ]);
    expect(report.views).toMatchObject([{ by: { id: bob.id }, what: 'approval', exposure: [card('revealed')] }]);
    expect(report.totals).toMatchObject({ calls: 1, held: 1, deliveries: 1 });
    expect(report.answer.sentence).toBe(
      'Yes: 2 card values went in clear to alice@sallyport.example and 1 card value stood in clear before bob@sallyport.example.',
    );
  });

  it('takes in what belongs to the period, and segments that were opened before it', async () => {
    const scene = createReviewScene();
    const session = sessionOf(alice, 7);
    await scene.call(alice, 'get_customer', { session });
    for (let hour = 0; hour < 40; hour += 1) {
      await scene.clock.advance(10 * 60_000);
      await scene.record({ kind: 'view', what: 'sessions', by: { principal: carol }, exposure: [] }, session);
    }
    const sinceMs = scene.clock.nowMs();
    await scene.call(alice, 'search_customers', { session });
    const untilMs = scene.clock.nowMs() + 1;
    await scene.clock.advance(HOUR_MS / 6);
    await scene.call(alice, 'refund_payment', { session });
    await scene.seal();
    const report = await scene.build({ sinceMs, untilMs });
    expect(rowOf(report, alice)?.did?.tools.map(({ tool }) => tool)).toEqual(['search_customers']);
  });

  it(
    proves('review.verified-only', 'misses a segment that is gone, though it was opened before the period'),
    async () => {
      const scene = createReviewScene();
      const session = sessionOf(alice, 7);
      for (let minutes = 0; minutes < 13 * 60; minutes += 10) {
        await scene.record({ kind: 'view', what: 'sessions', by: { principal: carol }, exposure: [] }, session);
        await scene.clock.advance(10 * 60_000);
      }
      const sinceMs = scene.clock.nowMs();
      expect(new Date(sinceMs).toISOString()).toContain('T01:00');
      await scene.call(alice, 'search_customers', { session, exposure: [card('revealed', 2)] });
      await scene.call(bob, 'search_customers');
      await scene.seal();
      const untilMs = scene.clock.nowMs() + 1;
      const whole = await scene.build({ sinceMs, untilMs });
      expect([whole.answer.kind, whole.proof.tampered]).toEqual(['yes', 0]);

      const [gone = ''] = [...scene.store.content.keys()].filter((path) => path.includes(session.id));
      expect(gone).toContain('/2026/11/22/');
      scene.store.content.delete(gone);
      const robbed = await scene.build({ sinceMs, untilMs });
      expect([robbed.answer.kind, robbed.proof.tampered]).toEqual(['cannot-tell', 1]);
    },
  );

  it('grows with tools and words up to a bound, whatever callers make up', async () => {
    const scene = createReviewScene();
    for (let n = 0; n < 70; n += 1) await scene.call(mallory, `made-up-${n}`, { verdict: 'deny' });
    for (let n = 0; n < 30; n += 1) await scene.call(alice, 'get_customer', { justification: `reason ${n}` });
    const report = await sealed(scene);
    const tools = rowOf(report, mallory)?.did?.tools ?? [];
    expect(tools).toHaveLength(61);
    expect(tools.find(({ tool }) => tool === '(other)')?.calls).toBe(10);
    expect(rowOf(report, alice)?.did?.justifications).toHaveLength(20);
    expect(rowOf(report, alice)?.did?.furtherJustifications).toBe(10);
  });
});

describe('who could', () => {
  it(
    proves('review.who-could', 'names those who may and never did, who may no longer, and who has a duty'),
    async () => {
      const scene = createReviewScene();
      const members = new Map(sampleMembers());
      members.set('5a11e000-0000-4000-8000-0000000000a1', [{ id: grace.id, name: 'grace', guest: true }]);
      scene.directory = members;
      await scene.call(alice, 'get_customer');
      scene.blocks = [
        { kind: 'principal', value: bob.id, server: 'crm', reason: 'on leave', by: { id: dave.id }, createdMs: 0 },
        { kind: 'principal', value: dave.id, server: 'erp', reason: 'elsewhere', by: { id: dave.id }, createdMs: 0 },
        { kind: 'principal', value: dave.id, reason: 'over', by: { id: dave.id }, createdMs: 0, untilMs: 1 },
      ];
      const report = await sealed(scene);
      expect(report.people.map(({ principal, standing }) => [principal.id, standing])).toEqual([
        [alice.id, 'former'],
        [bot.id, 'never'],
        [bob.id, 'never'],
        [carol.id, 'duty'],
        [dave.id, 'duty'],
      ]);
      expect(rowOf(report, bob)).toMatchObject({
        isBlocked: true,
        duties: ['approve'],
        could: expect.arrayContaining(['run_query']),
      });
      expect(rowOf(report, carol)).toMatchObject({ duties: ['audit', 'review'], could: [] });
      expect(report.blocks).toEqual([{ principal: bob.id, everywhere: false, reason: 'on leave' }]);
      // A guest may nothing here, and has never called: no row.
      expect(rowOf(report, grace)).toBeUndefined();
    },
  );

  it(
    proves('review.who-could', 'says that it is not known while the directory is down, and answers the rest'),
    async () => {
      const scene = createReviewScene();
      scene.directory = 'down';
      await scene.call(alice, 'get_customer');
      const report = await sealed(scene);
      expect(report.entitlements.isKnown).toBe(false);
      expect(report.people.map(({ standing }) => standing)).toEqual(['not-known']);
      expect(report.answer.kind).toBe('no');
      expect(report.notShown.join(' ')).toContain('The directory could not say who is in support, finance');
    },
  );

  it('judges a group of thousands as one', async () => {
    const scene = createReviewScene();
    const many = Array.from({ length: 6_000 }, (_, n) => ({
      id: `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`,
      guest: false,
    }));
    scene.directory = new Map([['5a11e000-0000-4000-8000-0000000000a1', many]]);
    const report = await sealed(scene);
    expect(report.people.filter(({ standing }) => standing === 'never')).toHaveLength(5_001);
    expect(report.entitlements.note).toContain('more members than were read');
  });
});

describe('what the records do not show', () => {
  it(proves('review.verified-only', 'counts a tampered segment, and no more of it than holds'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer');
    await scene.call(bob, 'run_query');
    await scene.seal();
    const [name = ''] = [...scene.store.content.keys()].filter((path) => path.includes(sessionOf(bob).id));
    const bytes = scene.store.content.get(name) ?? Buffer.alloc(0);
    scene.store.content.set(name, Buffer.from(bytes.toString('utf8').replace('run_query', 'run_quern')));
    const report = await scene.build();
    expect(report.answer).toEqual({
      kind: 'cannot-tell',
      sentence: 'It can’t be told whether data was exposed: 1 segment of the transcript was tampered with.',
    });
    expect(report.proof.faults).toMatchObject([{ where: name }]);
    expect(rowOf(report, bob)?.did).toBeUndefined();
    expect(rowOf(report, alice)?.did?.calls).toBe(1);
  });

  it(proves('review.verified-only', 'misses a segment that a seal names and that is gone'), async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer');
    await scene.seal();
    for (const path of scene.store.content.keys())
      if (path.includes(sessionOf(alice).id)) scene.store.content.delete(path);
    const report = await scene.build();
    expect(report.answer.kind).toBe('cannot-tell');
    expect(report.proof.faults).toMatchObject([{ code: 'segment-missing' }]);
  });

  it(
    proves('review.verified-only', 'says what is newer than the last seal, and that nothing is sealed yet'),
    async () => {
      const scene = createReviewScene();
      await scene.call(alice, 'get_customer');
      expect((await scene.build()).answer.sentence).toContain('no seal stands over these records yet');
      await scene.seal();
      expect((await scene.build()).answer.kind).toBe('no');
      await scene.record({ kind: 'view', what: 'review', by: { principal: carol }, exposure: [] });
      expect((await scene.build()).answer.kind).toBe('no');
      await scene.call(alice, 'get_customer');
      expect((await scene.build()).answer.sentence).toContain('2 records are newer than seal 1 and not proven yet');
    },
  );

  it('says of calls without an outcome that they had not ended, and later that nobody knows', async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer', { status: 'none' });
    await scene.seal();
    expect((await scene.build()).totals).toMatchObject({ unfinished: 1, unknown: 0 });
    await scene.clock.advance(5 * 60_000);
    expect((await scene.build()).totals).toMatchObject({ unfinished: 0, unknown: 1 });
  });

  it('says that a segment could not be read, and rejects when storage can’t be listed', async () => {
    const scene = createReviewScene();
    await scene.call(alice, 'get_customer');
    await scene.seal();
    scene.store.readMishap = (operation, name) => (operation === 'read' && name.includes('crm/') ? 'fails' : undefined);
    expect((await scene.build()).proof).toMatchObject({ unreadable: 1, faults: [{ code: 'unreadable' }] });
    scene.store.readMishap = (operation) => (operation === 'list' ? 'fails' : undefined);
    await expect(scene.build()).rejects.toThrow('connection refused');
  });

  it('has an empty period without calls, and one whose end is to come', async () => {
    const scene = createReviewScene();
    await scene.seal();
    const untilMs = scene.clock.nowMs() + DAY_MS;
    const report = await scene.build({ untilMs });
    expect(report.notShown).toContain('The period had not ended when this was built.');
  });
});
