/** The whole story with the built app: an agent asks, Bob approves in a browser, the agent's same call gets the answer. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sampleId } from '../../infra/local/entra/directory.ts';
import { openTranscripts } from '../adversarial/support/transcript.ts';
import { type RunningStack, startBuiltStack } from '../flows/support/stack.ts';
import { proves } from '../requirements.ts';
import { describeInBrowser, launchBrowser, visit } from './visit.ts';

describeInBrowser('a held call and a browser', () => {
  let stack: RunningStack;
  let browser: Browser;
  beforeAll(async () => {
    stack = await startBuiltStack();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  async function connect(user: string): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    const headers = { authorization: `Bearer ${await stack.token({ user })}` };
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp/crm', stack.url), { requestInit: { headers } }),
    );
    return client;
  }

  /** In a browser of their own. */
  async function openAs(name: string, path: string) {
    const { page } = await visit(browser, stack.url + path);
    await page.getByRole('link', { name }).click();
    return page;
  }

  it(proves('pages.browser', 'end with the call run once, and everybody’s part on record'), async () => {
    const alice = await connect('alice');
    const refund = async () => {
      const args = { payment_id: 'pay_900', amount: 900, sallyport_justification: 'Charged twice.' };
      const { content } = await alice.callTool({ name: 'refund_payment', arguments: args });
      return JSON.stringify(content);
    };
    const [id = ''] = /k\d-[0-9a-f]{32}-\d+-[0-9a-f]{12}/.exec(await refund()) ?? [];

    const others = await Promise.all(
      ['Alice Archer', 'Mallory Moss'].map(async (name) => openAs(name, '/ui/approvals')),
    );
    for (const page of others) await page.getByRole('heading', { name: 'Nothing waits for you' }).waitFor();
    const [own, foreign] = others;
    await own?.goto(`${stack.url}/ui/approvals/${id}`);
    expect(await own?.getByRole('button', { name: 'Record my decision' }).count()).toBe(0);
    await foreign?.goto(`${stack.url}/ui/approvals/${id}`);
    await foreign?.getByRole('heading', { name: 'Not found' }).waitFor();

    const page = await openAs('Bob Banks', `/ui/approvals/${id}`);
    await page.getByText('Charged twice.').waitFor();
    await page.getByLabel('Approve: let it run').check();
    await page.getByLabel('Reason').fill('Checked with the customer.');
    await page.getByRole('button', { name: 'Record my decision' }).click();
    await page.getByRole('heading', { name: 'You approved this request' }).waitFor();

    await vi.waitFor(async () => expect(await refund()).toContain('This call ran at'), {
      timeout: 30_000,
      interval: 250,
    });
    await page.goto(`${stack.url}/ui/approvals/${id}`);
    await page.getByText('It was approved and run once.').waitFor();
    await alice.close();

    const lines = await openTranscripts(stack).all();
    const signedIn = lines.filter(({ text }) => text.includes('"signed-in"'));
    expect(signedIn.map(({ text }) => text).join()).toContain(sampleId('b2'));
    expect(signedIn).toHaveLength(3);
    expect(lines.some(({ text }) => text.includes('Checked with the customer.'))).toBe(true);
  });
});
