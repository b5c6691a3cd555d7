/**
 * Answers the host's port: finds the function, checks its key, and has it run, either streamed through the library's
 * own server or, when the app did not ask for streaming, with whole bodies. Never lets a client choose an invocation's
 * id. In stream mode a function that fails gets no answer, as on Azure: the cure is the app's (LOCAL-STACK §A2).
 */
import { randomUUID } from 'node:crypto';
import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { joinHeaders, setHeaders, toHeaderList } from './headers.ts';
import { createMatcher, type HostKeys, type HttpFunction, mayInvoke } from './http-functions.ts';
import type { Invoke } from './invocations.ts';
import { readWholeBody, sendPlain } from './plain-http.ts';
import { relay } from './relay.ts';

export interface HttpServerOptions {
  readonly functions: readonly HttpFunction[];
  readonly keys: HostKeys;
  readonly invoke: Invoke;
  /** Where the library listens, when the app asked for streaming. */
  readonly stream: { readonly port: number; readonly agent: Agent } | undefined;
  /** False behind the round-robin front, which has already named the client. */
  readonly isOutermost: boolean;
  readonly log: (line: string) => void;
}

export type HttpHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Resolves when the exchange is over; never rejects for what a client or a function did. */
export function createHttpHandler(options: HttpServerOptions): HttpHandler {
  const match = createMatcher(options.functions);

  return async (incoming, outgoing) => {
    const url = readTarget(incoming);
    if (url === undefined) return refuse(outgoing, 400);
    const method = incoming.method ?? 'GET';
    const matched = match(method, url.pathname);
    if (matched === undefined) return refuse(outgoing, 404);
    const { found, params } = matched;
    const name = found.target.metadata.name;
    const key = incoming.headers['x-functions-key'] ?? url.searchParams.get('code') ?? undefined;
    if (!mayInvoke(found.authLevel, typeof key === 'string' ? key : undefined, options.keys)) {
      return refuse(outgoing, 401);
    }

    const invocationId = randomUUID();
    const own = { 'x-ms-invocation-id': invocationId, ...(options.isOutermost ? forwardedFor(incoming) : {}) };
    const arrived = setHeaders(toHeaderList(incoming.rawHeaders), own);
    const triggerMetadata = {
      ...Object.fromEntries(Object.entries(params).map(([param, value]) => [param, { string: value }])),
      Headers: { json: JSON.stringify(joinHeaders(arrived)) },
      Query: { json: JSON.stringify(Object.fromEntries(url.searchParams)) },
    };
    const fail = (cause: unknown) => options.log(`${name} failed (${invocationId}): ${describe(cause)}`);

    if (options.stream !== undefined) {
      const inputData = [{ name: found.triggerName, data: { http: {} } }];
      options.invoke(found.target, { invocationId, inputData, triggerMetadata }).catch(fail);
      const headers = { ...own, 'x-forwarded-host': url.host, 'x-forwarded-proto': 'http' };
      const path = incoming.url?.startsWith('/') ? incoming.url : url.pathname + url.search;
      return relay(incoming, outgoing, { ...options.stream, path, headers }, fail);
    }

    const bytes = await readWholeBody(incoming);
    if (bytes === undefined) return refuse(outgoing, 413);
    const http = {
      method,
      url: url.href,
      nullableHeaders: nullable(joinHeaders(arrived)),
      nullableQuery: nullable(Object.fromEntries(url.searchParams)),
      nullableParams: nullable(params),
      body: { bytes },
    };
    try {
      const inputData = [{ name: found.triggerName, data: { http } }];
      sendPlain(outgoing, await options.invoke(found.target, { invocationId, inputData, triggerMetadata }));
    } catch (cause) {
      fail(cause);
      refuse(outgoing, 500);
    }
  };
}

/** Anything more would let a `Host` change the path that is matched. */
const HOST = /^[\w.-]+(:\d+)?$|^\[[\da-f:.]+\](:\d+)?$/i;

/** The request target as a URL with the client's own `Host`, dot segments resolved; undefined when it is none. */
function readTarget(incoming: IncomingMessage): URL | undefined {
  const { url = '', headers } = incoming;
  if (headers.host !== undefined && !HOST.test(headers.host)) return undefined;
  const absolute = url.startsWith('/') ? `http://${headers.host ?? '127.0.0.1'}${url}` : url;
  const parsed = URL.parse(absolute);
  return parsed !== null && parsed.protocol === 'http:' && parsed.username === '' ? parsed : undefined;
}

/** Azure's front end appends the caller's address and port to what the caller wrote. */
export function forwardedFor(incoming: IncomingMessage): Readonly<Record<string, string>> {
  const { remoteAddress = '', remotePort = 0 } = incoming.socket;
  const before = incoming.headersDistinct['x-forwarded-for'] ?? [];
  return { 'x-forwarded-for': [...before, `${remoteAddress}:${remotePort}`].join(', ') };
}

function refuse(outgoing: ServerResponse, status: number): void {
  if (outgoing.headersSent) outgoing.destroy();
  else outgoing.writeHead(status, { 'content-length': 0, ...(status === 413 ? { connection: 'close' } : {}) }).end();
}

function nullable(values: Readonly<Record<string, string>>): Record<string, { value: string }> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** For the operator's log, stack included: it never goes to the client. */
function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
