/** Bob approves and denies in a real browser: without JavaScript, on a desk and on a phone. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { heldRefund, type PagesServer, startPagesServer } from './pages-server.ts';
import { describeInBrowser, launchBrowser, PHONE, TOUCH_PX, type Visit, type VisitOptions, visit } from './visit.ts';

describeInBrowser('approvals in a browser', () => {
  let browser: Browser;
  let server: PagesServer;
  let bob: Visit;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startPagesServer();
  });
  afterEach(async () => {
    await bob?.end();
    await server.stop();
    expect(server.failures).toEqual([]);
  });

  async function open(path: string, options: VisitOptions = {}): Promise<void> {
    bob = await visit(browser, server.url + path, { mayBeRefused: true, ...options });
    page = bob.page;
  }

  /** Through the stand-in's list of people. */
  async function signInAs(name: string): Promise<void> {
    expect(new URL(page.url()).origin).toBe(server.entra.url);
    await page.getByRole('link', { name }).click();
  }

  function hold(...approvals: readonly ReturnType<typeof heldRefund>[]): void {
    for (const approval of approvals) server.held.set(approval.id, approval);
  }

  it(proves('pages.browser', 'signs in through the picker, comes back to the request, and approves it'), async () => {
    const approval = heldRefund(1);
    hold(approval, heldRefund(2));
    await open(`/ui/approvals/${approval.id}`);
    await signInAs('Bob Banks');
    expect(page.url()).toBe(`${server.url}/ui/approvals/${approval.id}`);
    const [cookie] = await bob.context.cookies(server.url);
    expect(cookie).toMatchObject({
      name: '__Host-sallyport',
      httpOnly: true,
      secure: true,
      sameSite: 'Lax',
      path: '/',
    });
    await bob.shoot('request');

    await page.getByLabel('Approve: let it run').check();
    await page.getByRole('button', { name: 'Record my decision' }).click();
    await bob.see('You approved this request');
    await bob.shoot('decided');
    expect(server.held.get(approval.id)?.decisions).toMatchObject([
      { verdict: 'approve', person: { name: 'bob@sallyport.example' } },
    ]);

    await page.getByRole('link', { name: 'See what else waits for you' }).click();
    await bob.see('1 waiting for you');
    await bob.shoot('list');
    await page.goto(`${server.url}/ui/approvals/${approval.id}`);
    expect(await page.getByRole('button', { name: 'Record my decision' }).count()).toBe(0);
    await bob.shoot('ended');
    expect(server.events.map(({ kind }) => kind)).toEqual(['signed-in']);
  });

  it(proves('pages.browser', 'denies on a phone, with the reason that it asks for'), async () => {
    const approval = heldRefund(1);
    hold(approval);
    await open('/ui/', PHONE);
    await signInAs('Bob Banks');
    await bob.shoot('phone-home');
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Approvals' }).tap();
    await bob.see('1 waiting for you');
    await bob.shoot('phone-list');
    await page.getByRole('link', { name: 'refund_payment' }).tap();
    await bob.shoot('phone-request');
    await page.getByLabel('Deny: do not run it').check();
    await page.getByRole('button', { name: 'Record my decision' }).tap();
    await page.getByRole('alert').getByText('Say why you deny it.').waitFor();
    expect(await page.getByLabel('Deny: do not run it').isChecked()).toBe(true);
    await bob.shoot('phone-refused');
    await page.getByLabel('Reason').fill('The second charge was already paid back.');
    await page.getByRole('button', { name: 'Record my decision' }).tap();
    await bob.see('You denied this request');
    await bob.shoot('phone-decided');
    expect(server.held.get(approval.id)).toMatchObject({
      state: 'denied',
      decisions: [{ reason: 'The second charge was already paid back.' }],
    });
  });

  it(proves('pages.browser', 'fits a phone, with everything large enough to touch, whatever was written'), async () => {
    const hostile = heldRefund(1, {
      justification: `Ignore the amount \u202e009\u202c\u200b${'W'.repeat(300)}\n\n<script>alert(1)</script>`,
      arguments: {
        payment_id: 'x'.repeat(200),
        amount: 900,
        lines: [{ sku: `${'9'.repeat(150)}`, 'a\u2066b': null }, true],
        ['k'.repeat(120)]: 'v',
        history: `${'Long words and lines. '.repeat(150)}`,
      },
      requester: { kind: 'user', id: '5a11e000-0000-4000-8000-0000000000b1', name: `${'مرحبا'.repeat(10)}\u202e@x` },
      reasons: ['R'.repeat(200)],
      attention: 'notice',
      expiresMs: Date.now() + 5 * 60_000,
    });
    hold(hostile);
    await open('/ui/approvals', PHONE);
    await signInAs('Bob Banks');
    for (const path of ['/ui/approvals', `/ui/approvals/${hostile.id}`, '/ui/nowhere']) {
      await page.goto(server.url + path);
      const { scrollWidth } = await page.locator('html').evaluate(({ scrollWidth }) => ({ scrollWidth }));
      expect(scrollWidth, path).toBe(PHONE.viewport.width);
      const targets = page.locator('button, a.button, a.brand, .choice, summary, textarea, .requests > li');
      for (const target of await targets.all()) {
        const box = await target.boundingBox();
        expect(box?.height ?? 0, (await target.textContent()) ?? '').toBeGreaterThanOrEqual(TOUCH_PX);
      }
      await bob.shoot(`phone-hostile${path.replaceAll('/', '-').slice(0, 20)}`);
    }
    await page.goto(`${server.url}/ui/approvals/${hostile.id}`);
    expect(await page.locator('blockquote').textContent()).toContain('Ignore the amount U+202E009U+202CU+200BWWW');
  });

  it('is as readable in the dark, and says when nothing waits', async () => {
    await open('/ui/approvals', { colorScheme: 'dark' });
    await signInAs('Bob Banks');
    await bob.see('Nothing waits for you');
    await bob.shoot('dark-empty');
    const approval = heldRefund(1, { attention: 'what would be sent is not what was held' });
    hold(approval);
    await page.goto(`${server.url}/ui/approvals/${approval.id}`);
    await bob.shoot('dark-request');
  });

  it('goes through a thousand requests in pages of fifty', async () => {
    hold(...Array.from({ length: 1_000 }, (_, n) => heldRefund(n)));
    await open('/ui/approvals');
    await signInAs('Bob Banks');
    await bob.see('1,000 waiting for you');
    expect(await page.locator('.requests > li').count()).toBe(50);
    await page.getByRole('link', { name: 'Next' }).click();
    await page.locator('.requests > li').first().getByText('K7Q050').waitFor();
    await bob.shoot('many');
  });

  it('signs out', async () => {
    await open('/ui/approvals');
    await signInAs('Bob Banks');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await bob.see('Signed out');
    expect(await bob.context.cookies(server.url)).toEqual([]);
    await bob.shoot('signed-out');
    await page.goto(`${server.url}/ui/approvals`);
    expect(new URL(page.url()).origin).toBe(server.entra.url);
    expect(server.events.map(({ kind }) => kind)).toEqual(['signed-in', 'signed-out']);
  });
});
