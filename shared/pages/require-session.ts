/**
 * Before every page that is somebody's: session ▸ groups as they are now ▸ block ▸ cookie written anew. Whoever has no
 * session is sent to sign in and comes back; a form without one is told so, because nothing it said was done.
 */
import type { MiddlewareHandler, Next } from 'hono';
import type { OverLimit } from '../limits/limiter.ts';
import { messagePage } from './message-page.ts';
import type { Visitor } from './options.ts';
import { noteRefusal, type PageContext, type PageEnv, type PageParts, toReader, toVisitor } from './page-env.ts';
import type { Session } from './session.ts';

export function requireSession(parts: PageParts): MiddlewareHandler<PageEnv> {
  return async (c, next) => {
    const { session } = parts.sessions.read(c.req.header('cookie') ?? null);
    if (session === undefined) return sendToSignIn(c);
    const visitor = toVisitor(parts, session, c.req.raw.headers);
    const place = parts.takePlace(visitor);
    if (!place.ok) return tooMuch(c, place.error);
    try {
      return await enter(c, next, parts, { session, visitor });
    } finally {
      place.value.leave();
    }
  };
}

async function enter(
  c: PageContext,
  next: Next,
  parts: PageParts,
  { session, visitor }: { readonly session: Session; readonly visitor: Visitor },
): Promise<Response | undefined> {
  const { sessions, isBlocked, log } = parts;
  const [groups, isKeptOut] = await Promise.all([
    sessions.freshGroups(session) ?? askGroups(parts, visitor),
    isBlocked(visitor).catch((cause: unknown) => {
      log('error', 'blocks-unavailable', {}, cause);
      return undefined;
    }),
  ]);
  if (isKeptOut === undefined || groups === undefined) return c.html(unavailablePage(), 503);
  if (isKeptOut) return refuseBlocked(c, parts, visitor);

  const known = groups === session.groups ? session : sessions.withGroups(session, groups);
  if (known !== session || sessions.isDueToWrite(session)) c.header('set-cookie', sessions.write(known));
  c.set('session', known);
  const person = { ...visitor, groups };
  c.set('person', person);
  c.set('reader', toReader(parts, known, person));
  await next();
  return undefined;
}

function tooMuch(c: PageContext, { status, retryAfterSeconds }: OverLimit): Response | Promise<Response> {
  c.header('retry-after', String(retryAfterSeconds));
  const text = 'There were too many requests. Nothing was changed. Wait a little, and try again.';
  const next = { href: '/ui/approvals', label: 'Try again' };
  return c.html(messagePage({ title: 'Too many requests', text, tone: 'warn', next }), status);
}

function sendToSignIn(c: PageContext): Response | Promise<Response> {
  const { pathname, search } = new URL(c.req.url);
  if (c.req.method === 'GET') return c.redirect(`/ui/sign-in?return=${encodeURIComponent(pathname + search)}`);
  const text = 'Your sign-in has ended, so what you sent was not done. Sign in and look again before you decide.';
  const next = { href: `/ui/sign-in?return=${encodeURIComponent(pathname)}`, label: 'Sign in' };
  return c.html(messagePage({ title: 'Please sign in again', text, tone: 'warn', next }), 401);
}

/** Undefined when nobody can say: then nobody is in any group, and nothing is shown. */
async function askGroups({ groups, log }: PageParts, { principal }: Visitor): Promise<readonly string[] | undefined> {
  const found = await groups.resolve({ principal, groups: 'overage' });
  if (found.ok) return found.value;
  log('warn', found.error.reason, { principal: principal.id }, found.error.cause);
  return undefined;
}

async function refuseBlocked(c: PageContext, parts: PageParts, visitor: Visitor): Promise<Response> {
  const { address } = visitor;
  await noteRefusal(parts, { code: 'blocked', detail: 'a session of somebody blocked', address, visitor });
  c.header('set-cookie', parts.sessions.clear());
  return c.html(blockedPage(), 403);
}

export function blockedPage() {
  const text = 'Your access is blocked. Ask an administrator of this gateway.';
  return messagePage({ title: 'No access', text, tone: 'bad' });
}

export function unavailablePage() {
  const text = 'We can’t find out at the moment what you may see. Nothing was changed. Try again in a minute.';
  const next = { href: '/ui/approvals', label: 'Try again' };
  return messagePage({ title: 'Not available', text, tone: 'warn', next });
}
