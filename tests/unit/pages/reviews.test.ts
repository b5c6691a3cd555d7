/** Access reviews on pages, over real reviews in memory: the forms, what they refuse, and what hostile names come to. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../../../shared/result.ts';
import { proves } from '../../requirements.ts';
import { actor, createLifeScene, type LifeScene } from '../reviews/life-scene.ts';
import { createReviewScene, personOf, type ReviewScene } from '../reviews/review-scene.ts';
import { type Browser, bob, createBrowser, createScene, type Scene, type Seen } from './pages-scene.ts';

const carol = actor(personOf('carol'), 'auditors');
const alice = personOf('alice');
const HOSTILE = '<script>alert(1)</script>\u202e"\'=1';

let records: ReviewScene;
let life: LifeScene;
let scene: Scene;
let browser: Browser;

beforeEach(async () => {
  records = createReviewScene();
  await records.call({ ...alice, name: HOSTILE }, 'get_customer', {
    justification: `${HOSTILE} because`,
    exposure: [
      { class: 'card', outcome: 'masked', count: 1_200 },
      { class: 'card', outcome: 'revealed', count: 1 },
      { class: 'email', outcome: 'masked', count: 7 },
    ],
  });
  await records.call(personOf('bob'), 'run_query');
  await records.seal();
  await records.clock.advance(1_000);
  life = createLifeScene(records);
  scene = await createScene({ reviews: life.reviews });
  // The pages' clock goes with the records'.
  scene.nowMs = records.clock.nowMs();
  scene.groups = ok(['auditors']);
  scene.signedIn = ok({ ...bob, principal: { ...carol.principal }, expiresAt: scene.nowMs / 1_000 + 3_600 });
  browser = createBrowser(scene);
  await browser.signIn();
});

/** A hidden field of the first form that has it, or after the text. */
function fieldOf({ text }: Seen, name: string, after = ''): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(text.slice(text.indexOf(after)))?.[1] ?? '';
}

async function send(fields: Readonly<Record<string, string>>): Promise<Seen> {
  return browser.post('/ui/reviews/crm', { token: await browser.formToken(), ...fields });
}

async function opened(): Promise<{ readonly page: Seen; readonly path: string; readonly review: string }> {
  const { location = '' } = await send({ action: 'build', since: '2026-11-20' });
  const report = await browser.get(location);
  const { location: path = '' } = await send({ action: 'open', report: fieldOf(report, 'report') });
  const page = await browser.get(path);
  return { page, path, review: fieldOf(page, 'review') };
}

const decideOn = (page: Seen, more: Readonly<Record<string, string>> = {}) => ({
  action: 'decide',
  review: fieldOf(page, 'review'),
  report: fieldOf(page, 'report'),
  person: `user:${alice.id}`,
  verdict: 'revoke',
  reason: 'moved to sales',
  ...more,
});

describe('the pages of access reviews', () => {
  it(
    proves('review.pages', 'lead from the list to a report, a review, decisions, the sign-off and the export'),
    async () => {
      expect((await browser.get('/ui/reviews')).text).toContain('Nothing was built yet');
      expect((await browser.get('/ui/reviews/crm')).text).toContain('There is no report of this period yet');
      const { page, path, review } = await opened();
      expect(page.text).toContain('Yes: 1 card value went in clear to ');
      expect(page.text).toContain('This is you: nobody reviews themselves.');
      const decided = await send(decideOn(page));
      expect([decided.status, decided.location]).toEqual([303, `${path}&people=1#p-user-${alice.id}`]);
      const after = await browser.get(path);
      expect(after.text).toContain('moved to sales');
      expect(life.blocks.rows.size).toBe(1);

      const erin = actor({ ...personOf('mallory'), name: 'erin' }, 'auditors');
      const own = { server: 'crm', review, principal: carol.principal, verdict: 'keep', reason: 'ours' } as const;
      await life.reviews.decide(erin, { ...own, report: fieldOf(after, 'report') });
      const stale = await send({ action: 'sign-off', review, digest: fieldOf(after, 'digest') });
      expect([stale.status, stale.text.includes('It has changed since you looked')]).toEqual([409, true]);
      const digest = fieldOf(await browser.get(path), 'digest');
      expect((await send({ action: 'sign-off', review, digest })).location).toBe(`${path}#sign-off`);
      const signed = await browser.get(path);
      expect(signed.text).toContain(`sha256 ${digest}`);
      expect(signed.text).not.toContain('value="decide"');
      expect((await browser.get('/ui/reviews')).text).toContain('1 kept, 1 revoked');

      const csv = await browser.get(`/ui/reviews/crm/export.csv?review=${review}`);
      expect(csv.headers).toMatchObject({
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': expect.stringMatching(/^attachment; filename="review-crm-2026-11-20-2026-11-22.csv"$/),
      });
      expect(csv.text).toMatch(/,revoke,moved to sales,carol@sallyport.example,/);
      const json = JSON.parse((await browser.get(`/ui/reviews/crm/export.json?review=${review}`)).text);
      expect(json).toMatchObject({ signOffDigest: digest, report: { server: 'crm' }, decisions: [{}, {}] });
      expect(life.recorded.filter((line) => line.startsWith('view export'))).toHaveLength(2);
    },
  );

  it(proves('review.pages', 'draw without a style, say it in words too, and let no name speak markup'), async () => {
    const { page } = await opened();
    expect(page.text).not.toMatch(/<script|style=|\son[a-z]+=/);
    expect(page.text).not.toContain('\u202e');
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;<span class="unseen"');
    const [bars = '', grid = ''] = page.text.match(/<svg class="chart".*?<\/svg>/gs) ?? [];
    expect(bars).toContain('<desc id="bars-desc">card: 1 revealed, 1,200 masked; email: 7 masked</desc>');
    expect(bars.match(/<rect class="part-revealed"[^>]*width="(\d+)"/)?.[1]).toBe('4');
    expect(grid).toContain('get_customer');
    expect(page.text).toContain('<th scope="row"><bdi>email</bdi></th><td>0</td>');
  });

  it.each([
    ['without a reason', { reason: ' ' }, 422, 'Say why'],
    ['without a verdict', { verdict: '' }, 422, 'Choose whether to keep or to revoke'],
    ['on their own row', { person: `user:${carol.principal.id}` }, 403, 'Nobody reviews themselves'],
    ['on another report', { report: '0'.repeat(64) }, 409, 'It has changed since you looked'],
  ])('give a decision %s back, with what was filled in', async (_, more, status, text) => {
    const { page } = await opened();
    const refused = await send(decideOn(page, more));
    expect([refused.status, life.store.decisions.size]).toEqual([status, 0]);
    if (!('person' in more)) expect(refused.text).toContain(text);
    if (!('reason' in more) && !('person' in more))
      expect(refused.text).toMatch(/<textarea[^>]*>\s*moved to sales<\/textarea>/);
  });

  it(proves('review.pages', 'take no form that is not theirs'), async () => {
    const { page } = await opened();
    const foreign = await browser.post('/ui/reviews/crm', decideOn(page));
    expect([foreign.status, life.store.decisions.size]).toEqual([403, 0]);
    expect(scene.events.at(-1)).toMatchObject({ kind: 'refused', code: 'foreign-form' });
    expect((await send({ action: 'delete' })).status).toBe(404);
    expect((await send(decideOn(page, { person: 'group:x' }))).status).toBe(404);
  });

  it(proves('review.read-recorded', 'are not there for who may not audit or review, whatever they ask'), async () => {
    const { page, review } = await opened();
    scene.groups = ok(['support']);
    browser = createBrowser(scene);
    await browser.signIn();
    const recorded = life.recorded.length;
    const nowhere = await browser.get('/ui/reviews/nowhere');
    for (const path of [
      '',
      '/crm',
      `/crm?review=${review}`,
      '/crm/export.csv',
      '/crm?since=2026-11-20',
      '/crm?since=never',
    ]) {
      const seen = await browser.get(`/ui/reviews${path}`);
      expect([path, seen.status, seen.text]).toEqual([path, 404, nowhere.text]);
    }
    for (const form of [
      decideOn(page),
      { action: 'build', since: '2026-11-20' },
      { action: 'build', since: 'x' },
      { action: 'open' },
    ]) {
      expect((await send(form)).status).toBe(404);
    }
    expect((await send({ action: 'sign-off', review })).status).toBe(404);
    expect(life.recorded.length).toBe(recorded);
  });

  it('say that a long period is being built, and refuse what is none', async () => {
    life.buildMs = 0;
    const ordered = await send({ action: 'build', since: '2026-01-01', until: '2026-03-31' });
    expect((await browser.get(ordered.location ?? '')).text).toContain('It is being built');
    expect([...life.store.orders.values()]).toMatchObject([{ untilMs: Date.UTC(2026, 3, 1) }]);
    const wrong = await send({ action: 'build', since: '2026-02-30' });
    expect([wrong.status, wrong.text.includes('That is no period')]).toEqual([422, true]);
  });

  it('go through many people in pages, with a way back to the one who was decided', async () => {
    const many = Array.from({ length: 120 }, (_, n) => ({
      id: `00000000-0000-4000-9000-${String(n).padStart(12, '0')}`,
      name: `member-${String(n).padStart(3, '0')}`,
      guest: false,
    }));
    records.directory = new Map([['5a11e000-0000-4000-8000-0000000000a1', many]]);
    const { path } = await opened();
    const second = await browser.get(`${path}&people=2`);
    expect(second.text.match(/<li class="person"/g)).toHaveLength(50);
    expect(second.text).toContain('Page 2 of 3');
    const decided = await send(decideOn(second, { person: `user:${many[60]?.id}`, people: '2' }));
    expect(decided.location).toBe(`${path}&people=2#p-user-${many[60]?.id}`);
  });

  it('show nothing where the look can’t be recorded', async () => {
    const { path } = await opened();
    life.recordFails = true;
    const seen = await browser.get(path);
    expect([seen.status, seen.text.includes('card')]).toEqual([500, false]);
  });
});
