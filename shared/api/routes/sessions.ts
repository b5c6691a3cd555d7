/**
 * `/api/sessions`: sessions of the servers that the caller audits, and one of them as its story. Who may see what, and that
 * they looked, is the desk's to say; an app that may audit is heard like a person.
 */
import { createRoute, z } from '@hono/zod-openapi';
import { openTimeline } from '../../sessions/open-timeline.ts';
import type { SessionDesk, Viewer } from '../../sessions/session-desk.ts';
import { formatAfter, readAfter, readFilter } from '../../sessions/session-filter.ts';
import { NotRecorded } from '../../transcripts/entry.ts';
import type { AddRoutes } from '../api-app.ts';
import type { ApiCaller } from '../api-caller.ts';
import { apiError, describeErrors, RETRY_AFTER_SECONDS } from '../api-error.ts';
import { describeSession, summariseSession } from './describe-session.ts';
import { sessionListSchema, sessionSchema } from './session-schemas.ts';

const word = (description: string) => z.string().max(128).optional().openapi({ description });

const listQuery = z.strictObject({
  server: word('One of those that you audit; all of them by default. `_gateway` for what belongs to none.'),
  person: word('An id, or part of a name.'),
  agent: word('An id, or part of a name.'),
  tool: word('A tool’s name.'),
  since: word('Sessions that had a record from then on: a day, or a moment in UTC.'),
  until: word('Sessions that had a record until then.'),
  decision: word('`allow`, `hold` or `deny`.'),
  class: word('A class of data that was found in what was delivered.'),
  outcome: word('What became of it: `masked`, `revealed`, `uninspected` or `withheld`.'),
  after: word('`next` of the list before.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const showQuery = z.strictObject({
  from: z.coerce.number().int().min(0).default(0).openapi({ description: 'Items before the first that is given.' }),
  limit: z.coerce.number().int().min(1).max(500).default(200),
  content: z.enum(['yes', 'no']).default('no').openapi({ description: 'With it, at most 50 items are given.' }),
});

/** Each may hold 128 KiB. */
const MOST_WITH_CONTENT = 50;

const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/sessions',
  summary: 'Sessions of the servers that you audit, newest first; that you look is recorded',
  request: { query: listQuery },
  responses: { 200: answer('The list.', sessionListSchema), ...describeErrors(400, 404) },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/sessions/{id}',
  summary: 'One session, verified while it is read: what happened, by time, and what proves it',
  request: { params: z.object({ id: z.string() }), query: showQuery },
  responses: { 200: answer('The session.', sessionSchema), ...describeErrors(400, 404) },
});

export function sessionRoutes(desk: SessionDesk): AddRoutes {
  return (app) => {
    app.openapi(listRoute, async (c) => {
      const { after, limit, ...words } = c.req.valid('query');
      const given = Object.entries(words).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
      const read = readFilter(Object.fromEntries(given));
      const from = after === undefined ? undefined : readAfter(after);
      if (!read.ok || (after !== undefined && from === undefined)) {
        const wrong = read.ok ? 'after' : read.wrong.join(', ');
        return c.json(apiError('invalid', `query: ${wrong} can’t be understood`), 400);
      }
      const found = await orUnrecorded(() => desk.list(toViewer(c.env), read.filter, from, limit));
      if (found === UNRECORDED) {
        c.header('retry-after', RETRY_AFTER_SECONDS);
        return c.json(NOT_RECORDED, 503);
      }
      if (found === undefined) return c.json(NOT_FOUND, 404);
      const { sessions, next } = found;
      const more = next && { next: formatAfter(next) };
      return c.json({ sessions: sessions.map(summariseSession), ...more }, 200);
    });

    app.openapi(showRoute, async (c) => {
      const { id } = c.req.valid('param');
      const { from, limit, content } = c.req.valid('query');
      const withContent = content === 'yes';
      const size = withContent ? Math.min(limit, MOST_WITH_CONTENT) : limit;
      let total = 0;
      const opened = await orUnrecorded(() =>
        openTimeline(desk, toViewer(c.env), id, (items) => {
          total = items.length;
          return items.slice(from, from + size);
        }),
      );
      if (opened === UNRECORDED) {
        c.header('retry-after', RETRY_AFTER_SECONDS);
        return c.json(NOT_RECORDED, 503);
      }
      if (opened === undefined) return c.json(NOT_FOUND, 404);
      const { session, proof, leftOut } = opened.view;
      return c.json(describeSession({ session, proof, items: opened.items, total, leftOut, withContent }), 200);
    });
  };
}

const NOT_FOUND = apiError('not-found', 'There is no such session, or it is not for you.');
const NOT_RECORDED = apiError('not-recorded', 'That you look could not be recorded, so nothing is shown. Try again.');
const UNRECORDED = 'unrecorded';

async function orUnrecorded<T>(look: () => Promise<T>): Promise<T | typeof UNRECORDED> {
  try {
    return await look();
  } catch (cause) {
    if (cause instanceof NotRecorded) return UNRECORDED;
    throw cause;
  }
}

function toViewer({ caller, groups, address }: ApiCaller): Viewer {
  const { tenant, principal, agent, tokenId } = caller;
  return { tenant, principal, agent, groups, address, tokenId, channel: 'api' };
}
