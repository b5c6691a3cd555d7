/** `/ui/connect`: how to connect to the servers that one may use. The others are not found, as if they were not there. */
import type { Hono } from 'hono';
import { connectListPage, connectPage } from './connect-page.ts';
import { notFoundPage } from './message-page.ts';
import type { PageEnv, PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';

export function addConnect(app: Hono<PageEnv>, parts: PageParts): void {
  const { connect } = parts;
  const session = requireSession(parts);
  app.get('/ui/connect', session, (c) => {
    const { person, reader } = c.var;
    const servers = connect.servers(person);
    if (servers.length === 0) return c.html(notFoundPage(reader), 404);
    return c.html(connectListPage(reader, servers));
  });
  app.get('/ui/connect/:server', session, (c) => {
    const { person, reader } = c.var;
    const target = connect.find(person, c.req.param('server'));
    if (target === undefined) return c.html(notFoundPage(reader), 404);
    return c.html(connectPage(reader, target));
  });
}
