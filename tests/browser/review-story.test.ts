/**
 * The whole story with the built app, on real services' stand-ins: people work through an agent; Carol signs in, sees what
 * left, reads a review, follows it to a call and its proof, decides, signs off, and takes the export along.
 */
import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { makePayments } from '../../infra/local/crm-server/seed.ts';
import { callAs, collectAs } from '../../infra/local/demo/agent.ts';
import { decide } from '../../infra/local/demo/approvals-api.ts';
import { describeStack } from '../../infra/local/describe-stack.ts';
import type { Stack as StackNote } from '../../infra/local/stack-file.ts';
import { type RunningStack, startBuiltStack } from '../flows/support/stack.ts';
import { proves } from '../requirements.ts';
import { describeInBrowser, launchBrowser, visit } from './visit.ts';

/** A seal and its index are seconds away, on a busy machine some more. */
const SEALED_WITHIN = { timeout: 90_000, interval: 1_000 };

const exportSchema = z.looseObject({
  report: z.looseObject({ answer: z.looseObject({ kind: z.string(), sentence: z.string() }) }),
  signOffDigest: z.string(),
});

describeInBrowser('a review, from the calls to the sign-off', () => {
  let stack: RunningStack;
  let note: StackNote;
  let browser: Browser;

  beforeAll(async () => {
    stack = await startBuiltStack({ env: { SEAL_SCHEDULE: '*/2 * * * * *' } });
    note = describeStack(stack);
    browser = await launchBrowser();
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

  it(proves('review.story', 'is one way through the pages, with the same answer at its end'), async () => {
    await work();
    const carol = await visit(browser, `${stack.url}/ui/`);
    const { page, see } = carol;
    const shoot = (name: string) => carol.shoot(`story-${name}`);
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
    await carol.end();
  }, 240_000);
});
