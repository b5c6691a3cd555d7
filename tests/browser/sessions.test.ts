/** Carol looks for a session and opens it in a real browser: without JavaScript, on a desk and on a phone, by keyboard. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { SessionRef } from '../../shared/transcripts/entry.ts';
import { proves } from '../requirements.ts';
import { createDeskScene, type DeskScene } from '../unit/sessions/desk-scene.ts';
import { alice, bob, callFacts, intent, outcome, SESSION } from '../unit/sessions/story-lines.ts';
import { type PagesServer, startPagesServer } from './pages-server.ts';
import { describeInBrowser, launchBrowser, PHONE, type Visit, type VisitOptions, visit } from './visit.ts';

const CAROL = '5a11e000-0000-4000-8000-0000000000b3';
const APPROVAL = `k1-${'a'.repeat(32)}-1-${'b'.repeat(12)}`;

const session: SessionRef = { id: SESSION, server: 'crm', retention: 'standard' };
const view: SessionRef = { ...session, id: `k1-${'c'.repeat(32)}` };
const gatewayOwn: SessionRef = { ...session, id: `k1-${'d'.repeat(32)}`, server: '_gateway' };

/** A search, a refusal, a refund that is held, approved, run and collected; who looked; somebody without a token. */
async function recordStory(scene: DeskScene): Promise<void> {
  const customers = {
    customers: [
      { id: 'C-10001', name: 'Zoë Ångström', email: '[masked:email]', card: '[masked:card]' },
      { id: 'C-10002', name: 'O’Brien & Sons', email: '[masked:email]', card: '[masked:card]' },
    ],
  };
  const refund = { ...callFacts('two', 'refund_payment') };
  const request = { name: 'refund_payment', arguments: { payment_id: 'P-50001', amount: 900 } };
  const held = { verdict: 'hold', policies: ['refunds-over-500-need-finance'], quorums: ['finance'] } as const;
  await scene.record(
    session,
    intent('one', {
      request: { name: 'search_customers', arguments: { query: 'Zoë', limit: 10 } },
      justification: 'The customer asks why she was charged twice.',
    }),
    outcome('one', {
      durationMs: 84,
      httpStatus: 200,
      exposure: [
        { class: 'card', outcome: 'masked', count: 2 },
        { class: 'email', outcome: 'masked', count: 2 },
      ],
      message: {
        result: { content: [{ type: 'text', text: JSON.stringify(customers, null, 2) }], structuredContent: customers },
      },
      credential: { secret: 'crm-api-key', version: '1f0c' },
    }),
    {
      kind: 'refusal',
      stage: 'decide',
      code: 'not-visible',
      detail: 'tool',
      address: '192.0.2.1',
      call: callFacts('del', 'delete_customer'),
      decision: {
        verdict: 'deny',
        code: 'policy',
        policies: ['only-admins-delete'],
        reasons: ['Only administrators delete customers'],
      },
    },
    {
      kind: 'approval',
      approval: APPROVAL,
      event: 'held',
      call: refund,
      decision: { ...held, reasons: ['Refunds over 500 need one person from finance'] },
      reason: 'The customer was charged twice.',
      request,
    },
    {
      kind: 'approval',
      approval: APPROVAL,
      event: 'decided',
      verdict: 'approve',
      reason: 'Checked with the customer',
      by: { principal: { ...bob, name: 'bob@sallyport.example' }, channel: 'page' },
    },
    { kind: 'approval', approval: APPROVAL, event: 'approved' },
    intent('run', { call: callFacts('run', 'refund_payment'), approval: APPROVAL, request }),
    outcome('run', { message: { result: { content: [{ type: 'text', text: 'Refunded 900 to [masked:card]' }] } } }),
    {
      kind: 'delivery',
      call: callFacts('again', 'refund_payment'),
      approval: APPROVAL,
      releaseCallId: 'run',
      exposure: [{ class: 'card', outcome: 'masked', count: 1 }],
      message: { result: { content: [{ type: 'text', text: 'Refunded 900 to [masked:card]' }] } },
    },
  );
  await scene.record(view, {
    kind: 'view',
    what: 'approval',
    subject: APPROVAL,
    by: { principal: { ...bob, name: 'bob@sallyport.example' }, channel: 'page' },
    exposure: [],
  });
  await scene.record(gatewayOwn, {
    kind: 'refusal',
    stage: 'authenticate',
    code: 'expired',
    detail: 'exp',
    address: '203.0.113.9',
  });
  await scene.seal();
  const reveal = [{ class: 'card', outcome: 'revealed', count: 1 }] as const;
  await scene.record(
    session,
    intent('late', { call: callFacts('late', 'export_customers') }),
    outcome('late', { exposure: reveal, status: 'error' }),
  );
  await scene.seal();
  await scene.record(session, intent('open', { call: { ...callFacts('open'), principal: alice } }));
}

describeInBrowser('sessions in a browser', () => {
  let browser: Browser;
  let scene: DeskScene;
  let server: PagesServer;
  let carol: Visit;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    scene = await createDeskScene();
    scene.audits.set(CAROL, ['crm', '_gateway']);
    await recordStory(scene);
    server = await startPagesServer(scene.desk);
  });
  afterEach(async () => {
    await carol?.end();
    await server.stop();
    expect(server.failures).toEqual([]);
  });

  async function open(path: string, options: VisitOptions = {}): Promise<void> {
    carol = await visit(browser, server.url + path, options);
    page = carol.page;
    await page.getByRole('link', { name: 'Carol' }).click();
  }

  /** Nothing of it is wider than the screen. */
  async function shoot(name: string): Promise<void> {
    await carol.shoot(name);
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
  }

  it(
    proves('sessions.browser', 'finds a session by its tool, opens its calls, and sees what proves them'),
    async () => {
      await open('/ui/sessions');
      await carol.see('Sessions');
      await shoot('sessions');
      await page.getByText('Look for sessions').click();
      await page.getByLabel('Tool').fill('refund_payment');
      await page.getByLabel('Decision').selectOption('hold');
      await page.getByRole('button', { name: 'Show' }).click();
      await carol.see('Sessions');
      expect(new URL(page.url()).searchParams.get('tool')).toBe('refund_payment');
      expect(await page.getByRole('heading', { level: 2 }).count()).toBe(1);
      await shoot('sessions-found');

      await page.getByRole('link', { name: 'alice' }).click();
      await carol.see('alice on crm');
      await page.getByRole('heading', { name: 'Verified; some is not sealed yet' }).waitFor();
      await shoot('session');
      const calls = page.locator('.event > details > summary');
      for (const at of [0, 1, 2, 3]) await calls.nth(at).click();
      await page.getByText('Refunds over 500 need one person from finance').waitFor();
      expect(await page.locator('mark.masked').first().textContent()).toContain('[masked:email]');
      await shoot('session-open');
      expect(scene.looks.map(({ what, server: on }) => `${what} ${on}`)).toEqual([
        'sessions crm',
        'sessions _gateway',
        'sessions crm',
        'sessions _gateway',
        'session crm',
      ]);
    },
  );

  it(proves('sessions.browser', 'reads on a phone, and in the dark'), async () => {
    await open('/ui/sessions', { ...PHONE, colorScheme: 'dark' });
    await carol.see('Sessions');
    await shoot('phone-sessions');
    await page.goto(`${server.url}/ui/sessions?person=alice`);
    await shoot('phone-sessions-form');
    await page.goto(`${server.url}/ui/sessions/${SESSION}`);
    await carol.see('alice on crm');
    await page.locator('.event > details > summary').first().tap();
    await page.locator('.event > details > summary').nth(2).tap();
    await shoot('phone-session');
  });

  it(proves('sessions.browser', 'is walked by keyboard, and says what does not verify'), async () => {
    const [path = ''] = [...scene.store.content.keys()].filter((name) => name.includes(SESSION));
    const bytes = scene.store.content.get(path) ?? Buffer.alloc(0);
    scene.store.content.set(path, Buffer.from(bytes.toString('utf8').replace('Checked with', 'Chequed with')));
    await open(`/ui/sessions/${SESSION}`);
    await page.getByRole('heading', { name: 'Something does not verify' }).waitFor();
    expect(await page.getByText('Chequed').count()).toBe(0);
    await shoot('session-broken');
    const first = page.locator('.event > details > summary').first();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.getByText('The customer asks why she was charged twice.').waitFor({ state: 'visible' });
  });
});
