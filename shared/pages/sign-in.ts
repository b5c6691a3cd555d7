/**
 * Signing in and out. What a sign-in needs again stands sealed in `state`, bound to this browser's cookie: an answer
 * that another browser began signs nobody in (RFC 6749 §10.12), and several tabs can sign in at once.
 */
import type { Hono } from 'hono';
import { z } from 'zod';
import type { Caller } from '../identity/caller.ts';
import { createSignInSecrets } from '../identity/web-sign-in.ts';
import { readForm } from './form.ts';
import { messagePage } from './message-page.ts';
import { CALLBACK_PATH } from './options.ts';
import { addressOf, noteRefusal, type PageContext, type PageEnv, type PageParts, toVisitor } from './page-env.ts';
import { blockedPage, unavailablePage } from './require-session.ts';
import { toReturnPath } from './return-path.ts';

/** From being sent to Entra to coming back, password and second factor included. */
const SIGN_IN_MS = 15 * 60_000;

const stateSchema = z.object({
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  startedMs: z.number(),
});

type SignInState = z.output<typeof stateSchema>;

export function addSignIn(app: Hono<PageEnv>, parts: PageParts): void {
  app.get('/ui/sign-in', (c) => begin(c, parts));
  app.get(CALLBACK_PATH, (c) => finish(c, parts));
  app.post('/ui/sign-out', (c) => signOut(c, parts));
}

async function begin(c: PageContext, parts: PageParts): Promise<Response> {
  const { publicUrl, sessions, signIn, randomBytes, nowMs, log } = parts;
  const returnTo = toReturnPath(c.req.query('return'), publicUrl);
  const visit = sessions.read(c.req.header('cookie') ?? null);
  if (visit.session !== undefined) return c.redirect(returnTo);
  const browser = visit.browser ?? sessions.newBrowser();
  const secrets = createSignInSecrets(randomBytes);
  const state = sealState(parts, browser, { ...secrets, returnTo, startedMs: nowMs() });
  try {
    const location = await signIn.begin({ state, secrets });
    c.header('set-cookie', sessions.writeSigningIn(browser));
    return c.redirect(location);
  } catch (cause) {
    log('error', 'sign-in-not-begun', {}, cause);
    return c.html(unavailablePage(), 503);
  }
}

/** Is it ours ▸ redeem ▸ groups and block ▸ record ▸ session. */
async function finish(c: PageContext, parts: PageParts): Promise<Response> {
  const { sessions, signIn, log } = parts;
  const { browser, session } = sessions.read(c.req.header('cookie') ?? null);
  const { code, state, error } = c.req.query();
  const begun = browser === undefined ? undefined : openState(parts, browser, state ?? '');
  if (browser === undefined || begun === undefined) {
    return refuse(c, parts, 'what came back was not begun in this browser, or too long ago');
  }
  if (session !== undefined) return c.redirect(begun.returnTo, 303);
  if (error !== undefined || code === undefined || code === '') {
    return refuse(c, parts, `the authority answered ${clip(error ?? 'without a code')}`);
  }
  const signedIn = await signIn.finish({ code, secrets: begun });
  if (signedIn.ok) return welcome(c, parts, signedIn.value, browser, begun.returnTo);
  if (signedIn.error.reason === 'sign-in-refused') return refuse(c, parts, signedIn.error.detail);
  log('error', signedIn.error.reason, {}, signedIn.error.cause);
  return c.html(unavailablePage(), 503);
}

async function welcome(
  c: PageContext,
  parts: PageParts,
  caller: Caller,
  browser: string,
  returnTo: string,
): Promise<Response> {
  const { sessions, groups, isBlocked, note, log } = parts;
  try {
    const found = await groups.resolve(caller);
    if (!found.ok) throw new Error(found.error.reason, { cause: found.error.cause });
    const session = sessions.create(caller, found.value, browser);
    const visitor = toVisitor(parts, session, c.req.raw.headers);
    if (await isBlocked(visitor)) {
      const { address } = visitor;
      await noteRefusal(parts, { code: 'blocked', detail: 'a sign-in of somebody blocked', address, visitor });
      c.header('set-cookie', sessions.clear());
      return c.html(blockedPage(), 403);
    }
    // Before the session exists: nobody is in whose coming was not recorded.
    await note({ kind: 'signed-in', visitor });
    c.header('set-cookie', sessions.write(session));
    return c.redirect(returnTo, 303);
  } catch (cause) {
    log('error', 'sign-in-failed', { principal: caller.principal.id }, cause);
    return c.html(unavailablePage(), 503);
  }
}

/** Generic outside; the reason goes to the record. */
async function refuse(c: PageContext, parts: PageParts, detail: string): Promise<Response> {
  const address = addressOf(parts, c.req.raw.headers);
  await noteRefusal(parts, { code: 'sign-in-refused', detail, address });
  const text =
    'You are not signed in. The sign-in was not finished in time, was begun in another browser, or was refused.';
  const next = { href: '/ui/sign-in', label: 'Sign in again' };
  return c.html(messagePage({ title: 'Sign-in did not work', text, tone: 'warn', next }), 403);
}

async function signOut(c: PageContext, parts: PageParts): Promise<Response> {
  const { sessions, formTokens, note, log } = parts;
  const { session } = sessions.read(c.req.header('cookie') ?? null);
  const form = await readForm(c.req.raw);
  if (session !== undefined) {
    const visitor = toVisitor(parts, session, c.req.raw.headers);
    if (!formTokens.isToken(session.id, form?.get('token') ?? '')) {
      const { address } = visitor;
      await noteRefusal(parts, { code: 'foreign-form', detail: 'sign-out without its token', address, visitor });
      return c.html(foreignFormPage(), 403);
    }
    // Leaving must work, recorded or not.
    await note({ kind: 'signed-out', visitor }).catch((cause: unknown) =>
      log('error', 'sign-out-not-recorded', { principal: visitor.principal.id }, cause),
    );
  }
  c.header('set-cookie', sessions.clear());
  const text = 'You are signed out of Sallyport on this browser. You may still be signed in to Microsoft.';
  const next = { href: '/ui/sign-in', label: 'Sign in again' };
  return c.html(messagePage({ title: 'Signed out', text, next }));
}

export function foreignFormPage() {
  const text = 'This form was not sent by a page of yours that is still good, so nothing was done. Open it again.';
  const next = { href: '/ui/approvals', label: 'See what waits for you' };
  return messagePage({ title: 'Nothing was done', text, tone: 'bad', next });
}

const aadOf = ({ publicUrl, entra }: PageParts, browser: string) =>
  `web-sign-in ${entra.tenantId} ${publicUrl} ${browser}`;

function sealState(parts: PageParts, browser: string, state: SignInState): string {
  return parts.keyring.seal('cookie', aadOf(parts, browser), Buffer.from(JSON.stringify(state)));
}

function openState(parts: PageParts, browser: string, sealed: string): SignInState | undefined {
  const bytes = parts.keyring.open('cookie', aadOf(parts, browser), sealed);
  if (bytes === undefined) return undefined;
  const state = stateSchema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
  return state !== undefined && parts.nowMs() - state.startedMs < SIGN_IN_MS ? state : undefined;
}

const CLIP_CHARACTERS = 60;

/** It goes into a record that people read, and anybody may have written it. */
function clip(text: string): string {
  return text.slice(0, CLIP_CHARACTERS).replaceAll(/[^\w-]/g, '?');
}
