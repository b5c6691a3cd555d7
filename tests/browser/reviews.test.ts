/** Carol reviews in a real browser, without JavaScript: answer, decide, sign off, export; on a desk, on a phone, in the dark. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { actor, createLifeScene, type LifeScene } from '../unit/reviews/life-scene.ts';
import { bot, callFacts, createReviewScene, personOf, type ReviewScene } from '../unit/reviews/review-scene.ts';
import { createTestClock } from '../unit/transcripts/test-clock.ts';
import { type PagesServer, startPagesServer } from './pages-server.ts';
import { describeInBrowser, launchBrowser, PHONE, TOUCH_PX, type Visit, type VisitOptions, visit } from './visit.ts';

const alice = personOf('alice');
const found = (name: string, outcome: 'masked' | 'revealed' | 'uninspected' | 'withheld', count: number) => ({
  class: name,
  outcome,
  count,
});

/** A month of a small team: masked, one reveal, a held refund, somebody refused, an auditor who looked. */
async function play(records: ReviewScene): Promise<void> {
  const bob = personOf('bob');
  for (let n = 0; n < 24; n += 1) {
    const exposure = [found('card', 'masked', 2), found('email', 'masked', 3)];
    await records.call(alice, n % 3 === 0 ? 'get_customer' : 'search_customers', {
      exposure,
      justification: `ticket ${4_000 + (n % 4)}`,
    });
  }
  await records.call(bob, 'run_query', { exposure: [found('email', 'revealed', 2), found('phone', 'masked', 40)] });
  for (let n = 0; n < 6; n += 1)
    await records.call(bot, 'export_customers', { exposure: [found('us-ssn', 'masked', 50)] });
  await records.call(personOf('mallory'), 'delete_customer', { verdict: 'deny' });
  const call = callFacts(alice, 'refund_payment', 'held-1');
  const approval = `k1-${'a'.repeat(32)}-1-${'b'.repeat(12)}`;
  const hold = { verdict: 'hold', policies: ['refunds-over-500-need-finance'], quorums: ['finance'] } as const;
  await records.record({
    kind: 'approval',
    approval,
    event: 'held',
    call,
    decision: hold,
    reason: 'Charged twice for P-1001.',
  });
  const by = { principal: bob, channel: 'page' };
  await records.record({
    kind: 'approval',
    approval,
    event: 'decided',
    by,
    verdict: 'approve',
    reason: 'Seen both charges.',
  });
  await records.record({ kind: 'approval', approval, event: 'approved', call });
  await records.record({ kind: 'view', what: 'sessions', by: { principal: personOf('carol') }, exposure: [] });
  await records.seal();
  await records.clock.advance(1_000);
}

describeInBrowser('access reviews in a browser', () => {
  let browser: Browser;
  let records: ReviewScene;
  let life: LifeScene;
  let server: PagesServer;
  let carol: Visit;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    // Pages go by this machine's clock; so do the records that they show.
    records = createReviewScene({ clock: createTestClock(Date.now() - 60_000) });
    await play(records);
    life = createLifeScene(records);
    server = await startPagesServer(undefined, undefined, life.reviews);
  });
  afterEach(async () => {
    await carol?.end();
    await server.stop();
    expect(server.failures).toEqual([]);
  });

  async function open(path: string, options: VisitOptions = {}): Promise<void> {
    carol = await visit(browser, server.url + path, { mayBeRefused: true, ...options });
    page = carol.page;
    await page.getByRole('link', { name: 'Carol Chen' }).click();
  }

  const shoot = (name: string) => carol.shoot(`review-${name}`);
  const day = () => new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);

  async function buildAndOpen(): Promise<void> {
    await page.getByLabel('From').fill(day());
    await page.getByRole('button', { name: 'Build now' }).click();
    await page.getByRole('button', { name: 'Open a review of this report' }).click();
    await page.getByText('Open', { exact: true }).first().waitFor();
  }

  it(proves('review.pages', 'goes from the answer to a decision, the sign-off and the export'), async () => {
    await open('/ui/reviews');
    await carol.see('Access reviews');
    await shoot('list-empty');
    await page.getByRole('link', { name: 'crm' }).click();
    await page.getByLabel('From').fill(day());
    await page.getByRole('button', { name: 'Build now' }).click();
    await carol.see('Access review of crm');
    await page.getByText('Yes: 2 email values went in clear to bob@sallyport.example.').waitFor();
    await shoot('report');
    await page.getByRole('button', { name: 'Open a review of this report' }).click();

    const bobs = page.locator('.person').filter({ hasText: 'bob@sallyport.example' }).first();
    await bobs.getByText('Decide', { exact: true }).click();
    await bobs.getByLabel('Revoke and block').check();
    await bobs.getByLabel('Reason').fill('Queries moved to the warehouse.');
    await bobs.getByRole('button', { name: 'Record this decision' }).click();
    await page.locator('.person').filter({ hasText: 'Queries moved to the warehouse.' }).getByText('Blocked').waitFor();
    expect([...life.blocks.rows.values()]).toMatchObject([{ value: personOf('bob').id, server: 'crm' }]);
    await shoot('decided');

    const [review = ''] = [...life.store.rows.keys()].map((key) => key.split('/')[1] ?? '');
    const erin = actor({ ...personOf('mallory'), name: 'erin' }, 'auditors');
    const report = life.store.rows.get(`crm/${review}`)?.review.report ?? '';
    const own = {
      server: 'crm',
      review,
      principal: personOf('carol'),
      verdict: 'keep',
      reason: 'Our auditor.',
      report,
    } as const;
    await life.reviews.decide(erin, own);
    await page.getByRole('button', { name: 'Sign off this review' }).click();
    await page.getByRole('alert').getByText('It has changed since you looked').waitFor();
    await shoot('changed');
    await page.goto(`${server.url}/ui/reviews/crm?review=${review}`);
    await page.getByRole('button', { name: 'Sign off this review' }).click();
    await page.getByRole('heading', { name: 'Signed off' }).waitFor();
    await shoot('signed-off');

    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export CSV' }).click();
    const csv = await readFile(await (await downloading).path(), 'utf8');
    expect(csv).toContain('Queries moved to the warehouse.');
    await page.goto(`${server.url}/ui/reviews`);
    await page.getByText('1 kept, 1 revoked').waitFor();
    await shoot('list');
  });

  it(proves('review.pages', 'fits a phone, whatever was written, with everything large enough to touch'), async () => {
    const hostile = { ...alice, name: `${'W'.repeat(200)}\u202e<b>x</b>` };
    await records.call(hostile, 't'.repeat(120), {
      justification: `${'L'.repeat(300)}\n\u200b<script>`,
      exposure: [found('c'.repeat(60), 'uninspected', 3)],
    });
    await open('/ui/reviews/crm', PHONE);
    await buildAndOpen();
    const { scrollWidth } = await page.locator('html').evaluate(({ scrollWidth }) => ({ scrollWidth }));
    expect(scrollWidth).toBe(PHONE.viewport.width);
    for (const target of await page
      .locator('button, a.button, a.brand, .choice, summary, input[type=date], textarea')
      .all()) {
      const box = await target.boundingBox();
      if (box !== null) expect(box.height, (await target.textContent()) ?? '').toBeGreaterThanOrEqual(TOUCH_PX);
    }
    await shoot('phone');
    await page.locator('.person').first().getByText('Decide', { exact: true }).tap();
    await page.locator('.person').first().locator('summary').first().tap();
    await shoot('phone-person');
    expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(PHONE.viewport.width);
  });

  it('is as readable in the dark', async () => {
    await open('/ui/reviews/crm', { colorScheme: 'dark' });
    await buildAndOpen();
    await shoot('dark');
  });
});
