/** `/ui/`: where people arrive. What each of them sees is the gateway's to say (home-facts). */
import type { Hono } from 'hono';
import { homePage } from './home-page.ts';
import type { PageContext, PageEnv, PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';

export function addHome(app: Hono<PageEnv>, parts: PageParts): void {
  app.get('/ui', (c) => c.redirect('/ui/'));
  app.get('/ui/', requireSession(parts), (c) => show(c, parts));
}

async function show(c: PageContext, { home, nowMs }: PageParts): Promise<Response> {
  const { person, reader } = c.var;
  return c.html(homePage({ reader, facts: await home(person), nowMs: nowMs() }));
}
