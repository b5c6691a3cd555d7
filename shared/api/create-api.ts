/**
 * The API (DESIGN §3), one call: the door ▸ read body ▸ route. It is for programs that act for a signed-in person;
 * browsers have the pages, so whatever names an `Origin` is refused and nothing here answers CORS. It decides nothing
 * about approvals: the `Inbox` does.
 */
import { holdPlace } from '../calls/hold-place.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { type AddRoutes, createApiApp, describeApi } from './api-app.ts';
import { ANSWER_HEADERS, errorAnswer } from './api-error.ts';
import { type DoorOptions, enter, identify } from './door.ts';
import { readRequest } from './read-request.ts';

export interface ApiOptions extends DoorOptions {
  /** In the OpenAPI document. */
  readonly version: string;
  readonly routes: readonly AddRoutes[];
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
}

/** For a body of a few hundred bytes. */
const BODY_DEADLINE_MS = 10_000;

export const OPEN_API_PATH = '/api/openapi.json';

/** Never rejects on what a client sent. */
export function createApi(options: ApiOptions): (call: HttpCall) => Promise<HttpAnswer> {
  const app = createApiApp(options.routes, options.log);
  const document = JSON.stringify(describeApi(app, options.version));

  return async (call) => {
    const target = URL.parse(call.url);
    if (target === null) return errorAnswer(400, 'url', 'This is no address.');
    // It tells how to ask and nothing else, the same to every program.
    const isDocument = call.method === 'GET' && target.pathname === OPEN_API_PATH && !call.headers.has('origin');
    if (isDocument) return documentAnswer(document);
    const entered = await enter(options, call.headers);
    if (!entered.ok) return entered.error;
    return holdPlace(entered.value.place, async () => {
      const identified = await identify(options, entered.value);
      if (!identified.ok) return identified.error;
      const request = await readRequest(call, target, options.deadline(BODY_DEADLINE_MS));
      if (!request.ok) return request.error;
      return toAnswer(await app.fetch(request.value, identified.value));
    });
  };
}

function documentAnswer(body: string): HttpAnswer {
  return { status: 200, headers: { 'content-type': 'application/json', ...ANSWER_HEADERS }, body };
}

async function toAnswer(response: Response): Promise<HttpAnswer> {
  const headers = { ...Object.fromEntries(response.headers), ...ANSWER_HEADERS };
  return { status: response.status, headers, body: await response.text() };
}
