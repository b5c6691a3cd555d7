/** Bob finds out how to connect: on a desk and on a phone, without JavaScript; what is copied is selected by one click. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Connect, ConnectTarget } from '../../shared/pages/connect-target.ts';
import { proves } from '../requirements.ts';
import { type PagesServer, startPagesServer } from './pages-server.ts';
import { describeInBrowser, launchBrowser, PHONE, TOUCH_PX, type Visit, type VisitOptions, visit } from './visit.ts';

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

describeInBrowser('connecting, in a browser', () => {
  let browser: Browser;
  let server: PagesServer;
  let bob: Visit;
  let page: Page;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    server = await startPagesServer(undefined, connect);
  });
  afterEach(async () => {
    await bob?.end();
    await server.stop();
    expect(server.failures).toEqual([]);
  });

  async function open(options: VisitOptions = {}): Promise<void> {
    bob = await visit(browser, `${server.url}/ui/`, options);
    page = bob.page;
    await page.getByRole('link', { name: 'Bob Banks' }).click();
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: 'Connect' }).click();
    await bob.see('Connect');
  }

  it(proves('connect.page', 'leads from the bar to a server, and selects a whole text by one click'), async () => {
    await open();
    await bob.shoot('connect-list');
    await page.getByRole('link', { name: 'crm' }).click();
    await bob.see('Connect to crm');
    await bob.shoot('connect');
    const copied = page.locator('#vscode pre');
    await copied.click();
    // Our page runs no script; what its reader selected can still be asked for from outside.
    const selected = await page.evaluate<string>('String(getSelection())');
    expect(JSON.parse(selected)).toEqual({ servers: { crm: { type: 'http', url: target.url } } });
  });

  it(proves('connect.page', 'fits a phone, in the dark too'), async () => {
    await open({ ...PHONE, colorScheme: 'dark' });
    await page.getByRole('link', { name: 'crm' }).tap();
    await bob.see('Connect to crm');
    const { scrollWidth } = await page.locator('html').evaluate(({ scrollWidth }) => ({ scrollWidth }));
    expect(scrollWidth).toBe(PHONE.viewport.width);
    for (const link of await page.locator('.jumps a').all()) {
      expect((await link.boundingBox())?.height ?? 0, (await link.textContent()) ?? '').toBeGreaterThanOrEqual(
        TOUCH_PX,
      );
    }
    await bob.shoot('phone-connect');
  });
});
