/**
 * The API (DESIGN §3), one call: no browser ▸ authenticate ▸ not blocked, groups ▸ read body ▸ route.
 * It is for programs that act for a signed-in person; browsers have the pages, so whatever names an `Origin` is refused
 * and nothing here answers CORS. It decides nothing about approvals: the `Inbox` does.
 */
import type { Caller } from '../identity/caller.ts';
import type { Log } from '../log.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import type { Result } from '../result.ts';
import { type AddRoutes, createApiApp, describeApi } from './api-app.ts';
import type { ApiCaller } from './api-caller.ts';
import { ANSWER_HEADERS, errorAnswer, RETRY_AFTER_SECONDS } from './api-error.ts';
import { readRequest } from './read-request.ts';

export interface ApiOptions {
  /** In the OpenAPI document. */
  readonly version: string;
  readonly routes: readonly AddRoutes[];
  /** By a token for managing, which no agent holds; the answer is generic, its reason was logged. Never rejects. */
  readonly authenticate: (authorization: string | null) => Promise<Result<Caller, { readonly answer: HttpAnswer }>>;
  /** Names of `gateway.yaml`'s groups; whatever the error, the caller is refused. */
  readonly resolveGroups: (caller: Caller) => Promise<Result<readonly string[], unknown>>;
  /** Whether the caller may go on (`Blocks.check`); the detail is for the log alone. Never rejects. */
  readonly checkBlocks: (caller: Caller) => Promise<Result<void, { readonly code: string; readonly detail: string }>>;
  readonly clientAddress: (headers: Headers) => string;
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  readonly log: Log;
}

/** For a body of a few hundred bytes. */
const BODY_DEADLINE_MS = 10_000;

export const OPEN_API_PATH = '/api/openapi.json';

/** Never rejects on what a client sent. */
export function createApi(options: ApiOptions): (call: HttpCall) => Promise<HttpAnswer> {
  const app = createApiApp(options.routes, options.log);
  const document = JSON.stringify(describeApi(app, options.version));

  return async (call) => {
    if (call.headers.has('origin')) {
      return errorAnswer(403, 'browser', 'This is for programs; in a browser use the pages under /ui.');
    }
    const target = URL.parse(call.url);
    if (target === null) return errorAnswer(400, 'url', 'This is no address.');
    // It tells how to ask and nothing else, the same to everybody.
    if (call.method === 'GET' && target.pathname === OPEN_API_PATH) return documentAnswer(document);
    const identified = await identify(options, call);
    if (!identified.ok) return identified.error;
    const request = await readRequest(call, target, options.deadline(BODY_DEADLINE_MS));
    if (!request.ok) return request.error;
    return toAnswer(await app.fetch(request.value, identified.value));
  };
}

async function identify(options: ApiOptions, { headers }: HttpCall): Promise<Result<ApiCaller, HttpAnswer>> {
  const authenticated = await options.authenticate(headers.get('authorization'));
  if (!authenticated.ok) return { ok: false, error: authenticated.error.answer };
  const caller = authenticated.value;
  const principal = caller.principal.id;
  const [free, groups] = await Promise.all([options.checkBlocks(caller), options.resolveGroups(caller)]);
  if (!free.ok) {
    const { code, detail } = free.error;
    options.log('warn', 'api-refused', { principal, code, detail });
    return { ok: false, error: code === 'blocked' ? BLOCKED : UNAVAILABLE };
  }
  if (!groups.ok) return { ok: false, error: UNAVAILABLE };
  return { ok: true, value: { caller, groups: groups.value, address: options.clientAddress(headers) } };
}

const BLOCKED = errorAnswer(403, 'blocked', 'You are blocked here. Ask an administrator.');

const UNAVAILABLE = errorAnswer(
  503,
  'unavailable',
  'Who you are to this gateway can’t be found out at the moment, and nothing was done. Try again.',
  { 'retry-after': RETRY_AFTER_SECONDS },
);

function documentAnswer(body: string): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json', ...ANSWER_HEADERS }, body };
}

async function toAnswer(response: Response): Promise<HttpAnswer> {
  const headers = { ...Object.fromEntries(response.headers), ...ANSWER_HEADERS };
  return { status: response.status, headers, body: await response.text() };
}
