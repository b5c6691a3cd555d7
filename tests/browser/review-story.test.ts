/**
 * The whole story with the built app, on real services' stand-ins: people work through an agent; Carol signs in, sees what
 * left, reads a review, follows it to a call and its proof, decides, signs off, and takes the export along.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { makePayments } from '../../infra/local/crm-server/seed.ts';
import { callAs, collectAs } from '../../infra/local/demo/agent.ts';
import { decide } from '../../infra/local/demo/approvals-api.ts';
import { describeStack } from '../../infra/local/describe-stack.ts';
import type { Stack as StackNote } from '../../infra/local/stack-file.ts';
import { type RunningStack, startBuiltStack } from '../flows/support/stack.ts';
import { proves } from '../requirements.ts';
import { findBarriers } from './check-access.ts';
import { findChromium } from './find-chromium.ts';

const executablePath = findChromium();
const SCREENSHOTS = join(import.meta.dirname, '../../.local/screenshots');
/** A seal and its index are seconds away, on a busy machine some more. */
const SEALED_WITHIN = { timeout: 90_000, interval: 1_000 };

const exportSchema = z.looseObject({
  report: z.looseObject({ answer: z.looseObject({ kind: z.string(), sentence: z.string() }) }),
  signOffDigest: z.string(),
});

describe.skipIf(executablePath === undefined)('a review, from the calls to the sign-off', () => {
  let stack: RunningStack;
  let note: StackNote;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    await mkdir(SCREENSHOTS, { recursive: true });
    stack = await startBuiltStack({ env: { SEAL_SCHEDULE: '*/2 * * * * *' } });
    note = describeStack(stack);
    // CI runs as root, where Chromium’s own sandbox does not start.
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** Alice looks somebody up, and asks for a refund that Bob approves; Mallory tries. */
  async function work(): Promise<void> {
    await callAs(note, 'alice', 'search_customers', { query: 'Portland' });
    const payment = makePayments().find(({ amount }) => amount > 1_500)?.id;
    const refund = { payment_id: payment, amount: 700, sallyport_justification: 'Charged twice.' };
    const { approval = '' } = await callAs(note, 'alice', 'refund_payment', refund);
    await decide(note, 'bob', approval, { verdict: 'approve', reason: 'Seen both charges' });
    expect((await collectAs(note, 'alice', approval)).text).toContain('"refunded":700');
    await callAs(note, 'mallory', 'search_customers', { query: 'a' }).catch(() => undefined);
  }

  const see = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

  async function shoot(name: string): Promise<void> {
    await page.screenshot({ path: join(SCREENSHOTS, `story-${name}.png`), fullPage: true });
    expect(await findBarriers(page)).toEqual([]);
  }

  it(proves('review.story', 'is one way through the pages, with the same answer at its end'), async () => {
    await work();
    page = await (await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB' })).newPage();
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(`${stack.url}/ui/`);
    await page.getByRole('link', { name: 'Carol Chen' }).click();
    await see('Home');
    await vi.waitFor(async () => {
      await page.reload();
      expect(await page.getByText('masked').count()).toBeGreaterThan(0);
      expect(await page.getByText('verifies', { exact: true }).count()).toBe(1);
    }, SEALED_WITHIN);
    await shoot('home');

    await page.getByRole('link', { name: 'Review', exact: true }).click();
    await see('Access review of crm');
    await page.getByLabel('From').fill(new Date(Date.now() - 86_400_000).toISOString().slice(0, 10));
    await page.getByRole('button', { name: 'Build now' }).click();
    const sentence = (await page.locator('.says').textContent()) ?? '';
    await shoot('report');
    expect(sentence).toMatch(/^No exposure was found: /);

    const alice = page.locator('.person').filter({ hasText: 'alice@sallyport.example' }).first();
    await alice.locator('summary').first().click();
    await alice.getByRole('link', { name: 'Their sessions' }).click();
    await see('Sessions');
    await page.getByRole('link', { name: /alice/ }).first().click();
    await page.getByText('search_customers', { exact: true }).first().click();
    await page.getByText('[masked:card]').first().waitFor();
    await page.getByRole('heading', { name: /^Verified/ }).waitFor();
    await shoot('call');

    await page.getByRole('link', { name: 'Reviews', exact: true }).click();
    await page.getByRole('link', { name: 'crm' }).first().click();
    await page.getByRole('button', { name: 'Open a review of this report' }).click();
    for (const [name, verdict, reason] of [
      ['alice@sallyport.example', 'Revoke and block', 'She has moved to another team.'],
      ['bob@sallyport.example', 'Keep', 'He approves refunds.'],
    ] as const) {
      const card = page.locator('.person').filter({ hasText: name }).first();
      await card.getByText('Decide', { exact: true }).click();
      await card.getByLabel(verdict).check();
      await card.getByLabel('Reason').fill(reason);
      await card.getByRole('button', { name: 'Record this decision' }).click();
      await page.locator('.person').filter({ hasText: reason }).first().waitFor();
    }
    await expect(callAs(note, 'alice', 'search_customers', { query: 'a' })).rejects.toThrow();
    await page.getByRole('button', { name: 'Sign off this review' }).click();
    await page.getByRole('heading', { name: 'Signed off' }).waitFor();
    await shoot('signed-off');

    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export JSON' }).click();
    const text = await readFile(await (await downloading).path(), 'utf8');
    const exported = exportSchema.parse(JSON.parse(text));
    expect(exported.report.answer).toMatchObject({ kind: 'no', sentence });
    expect(await page.locator('p.digest').textContent()).toContain(exported.signOffDigest);
    expect(text).not.toMatch(/\b8[89]\d-\d{2}-\d{4}\b|@example\.(?:com|org|net)/);
    expect(complaints).toEqual([]);
  }, 240_000);
});
