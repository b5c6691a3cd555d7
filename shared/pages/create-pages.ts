/**
 * What people see (DESIGN §3): a Hono app over the rooms below, from `HttpCall` to `HttpAnswer`. Every answer goes out
 * with the same headers: no script at all, nothing from elsewhere, in no frame, in no cache. It keeps nothing between
 * two requests and never throws: a bug is a page that says so, and a line in the log.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { csrf } from 'hono/csrf';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { addApprovals } from './approvals.ts';
import { addConnect } from './connect.ts';
import { createFormTokens, FORM_BYTES } from './form.ts';
import { addHome } from './home.ts';
import { messagePage, notFoundPage } from './message-page.ts';
import type { PagesOptions } from './options.ts';
import { addressOf, noteRefusal, type PageContext, type PageEnv, type PageParts, toVisitor } from './page-env.ts';
import { addReviews } from './reviews.ts';
import { createSessions } from './session.ts';
import { addSessions } from './sessions.ts';
import { addSignIn, foreignFormPage } from './sign-in.ts';
import { STYLE, STYLE_PATH } from './style.ts';

/** GET and POST /ui/{*path}. */
export type Pages = (call: HttpCall) => Promise<HttpAnswer>;

export function createPages(options: PagesOptions): Pages {
  const { publicUrl, keyring, entra } = options;
  const sessions = createSessions({ ...options, tenantId: entra.tenantId });
  const parts: PageParts = { ...options, sessions, formTokens: createFormTokens(keyring) };
  const app = createApp(parts);

  return async ({ method, url, headers, body, signal }) => {
    const { pathname, search } = new URL(url, publicUrl);
    const isForm = method === 'POST' && body !== null;
    // Whatever a proxy called us: a page knows itself by its public address alone.
    const request = new Request(publicUrl + pathname + search, {
      method,
      headers,
      signal,
      ...(isForm && { body, duplex: 'half' as const }),
    });
    const response = await app.fetch(request);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      ...(response.body !== null && { body: await response.text() }),
    };
  };
}

function createApp(parts: PageParts): Hono<PageEnv> {
  const app = new Hono<PageEnv>();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      xFrameOptions: 'DENY',
      strictTransportSecurity: 'max-age=31536000',
      // Not `no-referrer`: a browser would send our own forms with `Origin: null` (Fetch §3.2).
      referrerPolicy: 'same-origin',
    }),
    async (c, next) => {
      await next();
      if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store');
    },
    csrf({ origin: parts.publicUrl }),
    bodyLimit({ maxSize: FORM_BYTES }),
  );
  app.get(STYLE_PATH, (c) =>
    c.body(STYLE, 200, {
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
    }),
  );
  addHome(app, parts);
  addSignIn(app, parts);
  addApprovals(app, parts);
  addSessions(app, parts);
  addReviews(app, parts);
  addConnect(app, parts);
  app.notFound((c) => c.html(notFoundPage(), 404));
  app.onError((cause, c) => answerError(cause, c, parts));
  return app;
}

async function answerError(cause: unknown, c: PageContext, parts: PageParts): Promise<Response> {
  if (!(cause instanceof HTTPException)) {
    parts.log('error', 'page-failed', { method: c.req.method, route: c.req.routePath }, cause);
    const text = 'This page failed. The gateway’s log has the reason. Try again in a minute.';
    return c.html(messagePage({ title: 'That did not work', text, tone: 'bad', next: home }), 500);
  }
  if (cause.status !== 403) {
    const text = 'That is more than this form takes. Nothing was done.';
    return c.html(messagePage({ title: 'Nothing was done', text, tone: 'bad', next: home }), cause.status);
  }
  const { headers } = c.req.raw;
  const { session } = parts.sessions.read(headers.get('cookie'));
  // Without a session there is nobody whom the form could have been made to speak for.
  if (session !== undefined) {
    const visitor = toVisitor(parts, session, headers);
    const address = addressOf(parts, headers);
    await noteRefusal(parts, { code: 'foreign-form', detail: 'a form of another origin', address, visitor });
  }
  return c.html(foreignFormPage(), 403);
}

const home = { href: '/ui/approvals', label: 'See what waits for you' };
