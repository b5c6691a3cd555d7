/** Somebody at the pages, without a browser: keeps cookies, follows redirects, and signs in at the Entra stand-in. */
import { setTimeout as pause } from 'node:timers/promises';
import type { RunningStack } from './stack.ts';

export interface Page {
  readonly status: number;
  readonly url: string;
  readonly text: string;
  readonly headers: Headers;
}

export interface WebVisitor {
  /** Signs in on the way where the page asks for it. */
  get(path: string): Promise<Page>;
  /** Sends the page's form with its hidden fields, which the last `get` or `post` has shown. */
  post(path: string, fields: Readonly<Record<string, string>>): Promise<Page>;
  /** Everything it was ever shown, and every cookie it was given. */
  readonly pages: readonly Page[];
  readonly cookies: readonly string[];
}

const MAX_HOPS = 10;
const HIDDEN = /<input type="hidden" name="([^"]+)" value="([^"]*)">/g;

export function createWebVisitor(stack: Pick<RunningStack, 'url' | 'entra'>, user: string): WebVisitor {
  const jar = new Map<string, string>();
  const pages: Page[] = [];
  const cookies: string[] = [];

  async function visit(address: string, init: RequestInit = {}): Promise<Page> {
    let url = new URL(address, stack.url);
    let next = init;
    for (let hop = 0; hop < MAX_HOPS; hop += 1) {
      const isOurs = url.origin === stack.url;
      if (url.origin === stack.entra.url && url.pathname.endsWith('/authorize')) url.searchParams.set('user', user);
      const headers = new Headers(next.headers);
      if (isOurs && jar.size > 0) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
      const answer = await fetch(url, { ...next, headers, redirect: 'manual' });
      const text = await answer.text();
      if (isOurs) {
        for (const cookie of answer.headers.getSetCookie()) keep(cookie);
        pages.push({ status: answer.status, url: url.href, text, headers: answer.headers });
      }
      const location = answer.headers.get('location');
      if (location === null) return { status: answer.status, url: url.href, text, headers: answer.headers };
      url = new URL(location, url);
      next = {};
      // Redirects of a stack on one machine come back within one turn; let its other work go on.
      await pause(0);
    }
    throw new Error(`more than ${MAX_HOPS} redirects from ${address}`);
  }

  function keep(cookie: string): void {
    cookies.push(cookie);
    const [pair = ''] = cookie.split(';');
    const at = pair.indexOf('=');
    jar.set(pair.slice(0, at), pair.slice(at + 1));
  }

  return {
    get: (path) => visit(path),
    post(path, fields) {
      const hidden = [...(pages.at(-1)?.text ?? '').matchAll(HIDDEN)].map(([, name = '', value = '']) => [name, value]);
      const body = new URLSearchParams({ ...Object.fromEntries(hidden), ...fields });
      return visit(path, { method: 'POST', body, headers: { origin: stack.url } });
    },
    pages,
    cookies,
  };
}
