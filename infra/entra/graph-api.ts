/**
 * Microsoft Graph v1.0 as the registration asks it: as whoever is signed in with the Azure CLI, within a deadline. What
 * would be changed is noted; in a dry run it is only noted. Waits out throttling, and for what was just made to be seen
 * everywhere; a change that may have taken effect is not sent twice.
 */
import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { CommandFailure } from '../cli/outcome.ts';
import { visibleLine } from '../cli/pins/visible-text.ts';

export interface Change {
  /** For people. */
  readonly what: string;
  readonly method: 'POST' | 'PATCH';
  /** From `/v1.0/`. */
  readonly path: string;
  readonly body: unknown;
}

export interface GraphApi {
  readonly isDryRun: boolean;
  /** Changes, in their order: made, or in a dry run to be made. */
  readonly changes: readonly Change[];
  /** Undefined for what is not there; `isNew`: it is, and is waited for. Throws `CommandFailure`. */
  read(path: string, options?: { readonly isNew?: boolean }): Promise<unknown>;
  /** Every page of a collection. */
  readAll(path: string, options?: { readonly isNew?: boolean }): Promise<readonly unknown[]>;
  /** `isUpsert`: makes it where it is not there. The answer's body, undefined where there is none. */
  change(change: Change, options?: { readonly isUpsert?: boolean; readonly isNew?: boolean }): Promise<unknown>;
}

export interface GraphApiOptions {
  /** Origin. */
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly isDryRun: boolean;
  readonly pause: (ms: number) => Promise<void>;
}

const DEADLINE_MS = 30_000;
const TRIES = 8;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const MAX_PAGES = 100;
/** What stands for an id that only the real run will know. */
const PLACEHOLDER = /\{[^}]+\}/;

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
const pageSchema = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().optional() });

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

export function createGraphApi({ url, token, isDryRun, pause }: GraphApiOptions): GraphApi {
  const { origin } = new URL(url);
  const changes: Change[] = [];

  async function send(method: string, path: string, init: RequestInit = {}): Promise<Answer & { retryMs?: number }> {
    const target = new URL(path, origin);
    // The next page's address comes from outside.
    if (target.origin !== origin) throw new CommandFailure('Graph’s answer leads to another host than it came from');
    const authorization = `Bearer ${await token()}`;
    try {
      const headers = { ...init.headers, authorization, accept: 'application/json' };
      const signal = AbortSignal.timeout(DEADLINE_MS);
      const response = await fetch(target, { ...init, method, headers, signal, redirect: 'error' });
      const text = await response.text();
      const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
      return {
        status: response.status,
        json: text === '' ? undefined : parse(text),
        ...(Number.isFinite(seconds) && { retryMs: seconds * 1_000 }),
      };
    } catch (cause) {
      const sent = method === 'GET' ? '' : '; it may have taken effect: run it again, and it goes on from there';
      throw new CommandFailure(`${method} ${target.pathname} got no answer: ${messageOf(cause)}${sent}`, { cause });
    }
  }

  /** Past the last try: the last answer. */
  async function patiently(isWorthWaiting: (status: number) => boolean, work: () => ReturnType<typeof send>) {
    for (let tries = 1; ; tries += 1) {
      const answer = await work();
      if (tries === TRIES || !isWorthWaiting(answer.status)) return answer;
      await pause(Math.min(answer.retryMs ?? FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS));
    }
  }

  async function get(path: string, isNew: boolean): Promise<Answer> {
    const isWorthWaiting = (status: number) => [429, 503, 504].includes(status) || (isNew && status === 404);
    return patiently(isWorthWaiting, () => send('GET', path));
  }

  async function read(path: string, { isNew = false } = {}): Promise<unknown> {
    if (isDryRun && PLACEHOLDER.test(path)) return undefined;
    const answer = await get(path, isNew);
    if (answer.status === 404 && !isNew) return undefined;
    if (answer.status !== 200) throw refused('GET', path, answer);
    return answer.json;
  }

  return {
    isDryRun,
    changes,
    read,
    async readAll(path, { isNew = false } = {}) {
      const all: unknown[] = [];
      let next: string | undefined = path;
      for (let pages = 0; next !== undefined; pages += 1) {
        if (pages === MAX_PAGES) throw new CommandFailure(`${path} has more pages than can be read`);
        const json: unknown = await read(next, { isNew });
        if (json === undefined) break;
        const page = pageSchema.safeParse(json);
        if (!page.success) throw new CommandFailure(`${path} was answered with no collection`);
        all.push(...page.data.value);
        next = page.data['@odata.nextLink'];
      }
      return all;
    },
    async change(change, { isUpsert = false, isNew = false } = {}) {
      const { method, path, body } = change;
      if (isDryRun) {
        changes.push(change);
        return undefined;
      }
      const headers = { 'content-type': 'application/json', ...(isUpsert && { prefer: 'create-if-missing' }) };
      // Neither of these has taken effect.
      const isWorthWaiting = (status: number) => status === 429 || (isNew && status === 404);
      const init = { headers, body: JSON.stringify(body) };
      const answer = await patiently(isWorthWaiting, () => send(method, path, init));
      if (answer.status < 200 || answer.status > 299) throw refused(method, path, answer, change.what);
      changes.push(change);
      return answer.json;
    },
  };
}

/** For `token`: one of the signed-in person's, asked for once while it lasts. */
export function createTokenSource(url: string, credential: TokenCredential): () => Promise<string> {
  const { origin } = new URL(url);
  let held: AccessToken | undefined;
  return async () => {
    if (held !== undefined && Date.now() + 60_000 < held.expiresOnTimestamp) return held.token;
    try {
      held = (await credential.getToken(`${origin}/.default`)) ?? undefined;
    } catch (cause) {
      throw new CommandFailure(`there is no token for ${origin}: az login\n${messageOf(cause)}`, { cause });
    }
    if (held === undefined) throw new CommandFailure(`there is no token for ${origin}: az login`);
    return held.token;
  };
}

function refused(method: string, path: string, { status, json }: Answer, what = ''): CommandFailure {
  const parsed = errorSchema.safeParse(json);
  const why = parsed.success ? `${parsed.data.error.code}: ${parsed.data.error.message}` : 'no reason given';
  const about = what === '' ? '' : `${what}: `;
  const next = method === 'GET' ? '' : '\nWhat was changed until then stands; run it again, and it goes on from there';
  return new CommandFailure(`${about}${method} ${path} answered ${status} ${visibleLine(why)}${next}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(cause: unknown): string {
  const messages: string[] = [];
  for (let error = cause; error instanceof Error; error = error.cause) messages.push(error.message);
  return visibleLine((messages.join(': ') || String(cause)).split('\n', 1)[0] ?? '');
}
