/**
 * Whether people who don't see, point or hear can use a page: axe-core's rules for WCAG 2.2 A and AA. It finds about half
 * of what can be wrong; the rest takes a person. Our pages are tested without JavaScript and axe is some, so it looks at
 * a copy: the same markup and style, of the same size and colours, in a page where scripts run.
 */
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** One line for each finding, as `impact rule: where`; none is what a test wants. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  const browser = page.context().browser();
  const markup = await page.content();
  const [url = ''] = page.url().split('#');
  if (browser === null) throw new Error('the page belongs to no browser');
  const isDark = await page.evaluate<boolean>("matchMedia('(prefers-color-scheme: dark)').matches");
  const context = await browser.newContext({
    viewport: page.viewportSize(),
    colorScheme: isDark ? 'dark' : 'light',
    locale: 'en-GB',
  });
  try {
    const copy = await context.newPage();
    await copy.route(url, (route) => route.fulfill({ body: markup, contentType: 'text/html; charset=utf-8' }));
    await copy.goto(url);
    await copy.addScriptTag({ content: axe.source });
    const found: AxeResults = await copy.evaluate(
      (values) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: { type: 'tag', values } }),
      RULES,
    );
    return found.violations.flatMap(({ id, impact, nodes }) =>
      nodes.map(({ target }) => `${impact ?? 'unrated'} ${id}: ${target.join(' ')}`),
    );
  } finally {
    await context.close();
  }
}
