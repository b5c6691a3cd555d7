/**
 * A person at a real browser, as every test here opens one: without JavaScript, at a desk unless said otherwise. Each
 * picture is kept for people to look at (`.local/screenshots`), and its page is looked over for those who can't see it.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { findBarriers } from './check-access.ts';
import { findChromium } from './find-chromium.ts';

const DESK = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
/** WCAG 2.2 §2.5.5 (enhanced). */
export const TOUCH_PX = 44;

const SCREENSHOTS = join(import.meta.dirname, '../../.local/screenshots');
const executablePath = findChromium();
if (executablePath === undefined) console.warn('browser tests are skipped: no Chromium (apt-get install chromium)');

export interface VisitOptions extends BrowserContextOptions {
  /** The page itself may be an answer that refuses, which the browser logs as an error. */
  readonly mayBeRefused?: boolean;
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Waits for the page with this heading. */
  see(heading: string): Promise<void>;
  /** A picture named `{name}.png`; fails on what bars people who don't see, point or hear. */
  shoot(name: string): Promise<void>;
  /** Fails if the browser complained: what the Content-Security-Policy stops, and what does not load. */
  end(): Promise<void>;
}

export function describeInBrowser(name: string, tests: () => void): void {
  describe.skipIf(executablePath === undefined)(name, tests);
}

export async function launchBrowser(): Promise<Browser> {
  await mkdir(SCREENSHOTS, { recursive: true });
  // CI runs as root, where Chromium’s own sandbox does not start.
  return chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
}

export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { mayBeRefused = false, ...given } = options;
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', ...DESK, ...given });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource') && message.location().url === page.url();
    if (message.type() === 'error' && !(mayBeRefused && isAnswer)) complaints.push(message.text());
  });
  await page.goto(url);
  return {
    context,
    page,
    see: (heading) => page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor(),
    async shoot(name) {
      await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
      expect(await findBarriers(page)).toEqual([]);
    },
    async end() {
      await context.close();
      expect(complaints).toEqual([]);
    },
  };
}
