/** Bob finds out how to connect: on a desk and on a phone, without JavaScript; what is copied is selected by one click. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connect, ConnectTarget } from '../../shared/pages/connect-target.ts';
import { proves } from '../requirements.ts';
import { findBarriers } from './check-access.ts';
import { findChromium } from './find-chromium.ts';
import { type PagesServer, startPagesServer } from './pages-server.ts';

const executablePath = findChromium();
if (executablePath === undefined) console.warn('browser tests are skipped: no Chromium (apt-get install chromium)');

const SCREENSHOTS = join(import.meta.dirname, '../../.local/screenshots');
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** WCAG 2.2 §2.5.5 (enhanced). */
const TOUCH_PX = 44;

const target: ConnectTarget = {
  server: 'crm',
  url: 'https://sallyport-prod-7fq2x.azurewebsites.net/mcp/crm',
  resource: 'https://sallyport-prod-7fq2x.azurewebsites.net/mcp/crm',
  scope: 'https://sallyport-prod-7fq2x.azurewebsites.net/mcp/crm/Mcp.Invoke',
  role: 'Mcp.Invoke.All',
  tenantId: '5a11e000-0000-4000-8000-000000000001',
  gatewayClientId: '5a11e000-0000-4000-8000-0000000000c0',
  authorizeUrl: 'https://login.microsoftonline.com/5a11e000-0000-4000-8000-000000000001/oauth2/v2.0/authorize',
  tokenUrl: 'https://login.microsoftonline.com/5a11e000-0000-4000-8000-000000000001/oauth2/v2.0/token',
  clients: { desktop: '5a11e000-0000-4000-8000-0000000000c1' },
};

const connect: Connect = {
  servers: () => ['crm', 'ledger'],
  find: (_person, server) => (server === 'crm' ? target : undefined),
};

describe.skipIf(executablePath === undefined)('connecting, in a browser', () => {
  let browser: Browser;
  let server: PagesServer;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    // CI runs as root, where Chromium’s own sandbox does not start.
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startPagesServer(undefined, connect);
    complaints = [];
  });
  afterEach(async () => {
    await page?.context().close();
    await server.stop();
    expect([...server.failures, ...complaints]).toEqual([]);
  });

  async function open(options: BrowserContextOptions): Promise<void> {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', ...options });
    page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${server.url}/ui/`);
    await page.getByRole('link', { name: 'Bob Banks' }).click();
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Connect' }).click();
    await page.getByRole('heading', { level: 1, name: 'Connect', exact: true }).waitFor();
  }

  /** A picture for people to look at, and a look for those who can't see it. */
  async function shoot(name: string): Promise<void> {
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
  }

  it(proves('connect.page', 'leads from the bar to a server, and selects a whole text by one click'), async () => {
    await open({ viewport: DESK });
    await shoot('connect-list');
    await page.getByRole('link', { name: 'crm' }).click();
    await page.getByRole('heading', { level: 1, name: 'Connect to crm' }).waitFor();
    await shoot('connect');
    const copied = page.locator('#vscode pre');
    await copied.click();
    // Our page runs no script; what its reader selected can still be asked for from outside.
    const selected = await page.evaluate<string>('String(getSelection())');
    expect(JSON.parse(selected)).toEqual({ servers: { crm: { type: 'http', url: target.url } } });
  });

  it(proves('connect.page', 'fits a phone, in the dark too'), async () => {
    await open({ viewport: PHONE, isMobile: true, hasTouch: true, colorScheme: 'dark' });
    await page.getByRole('link', { name: 'crm' }).tap();
    await page.getByRole('heading', { level: 1, name: 'Connect to crm' }).waitFor();
    const { scrollWidth } = await page.locator('html').evaluate(({ scrollWidth }) => ({ scrollWidth }));
    expect(scrollWidth).toBe(PHONE.width);
    for (const link of await page.locator('.jumps a').all()) {
      expect((await link.boundingBox())?.height ?? 0, (await link.textContent()) ?? '').toBeGreaterThanOrEqual(
        TOUCH_PX,
      );
    }
    await shoot('phone-connect');
  });
});
