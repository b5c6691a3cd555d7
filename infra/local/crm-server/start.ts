/**
 * The sample upstream over HTTP: one endpoint, `/mcp`, for both eras, on 127.0.0.1 and behind an API key.
 * It stands in for a real system that somebody wants guarded; it is no example of how to guard one.
 * Not imitated: TLS, several instances, resumable streams (no event store).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import {
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  type NodeServerResponseLike,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import type { Faults } from '../faults.ts';
import { sendJson } from '../http.ts';
import { type Handler, startStandIn } from '../stand-in.ts';
import { openDatabase } from './database.ts';
import { createQueryRunner } from './query.ts';
import { createCrmMcpServer } from './server.ts';
import { createLegacySessions } from './sessions.ts';

const legacySessionsMost = 1_000;
const requestsKeptMost = 200;

export interface CrmServerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** What the header `x-api-key` must carry. */
  readonly apiKey: string;
  /** SQLite file; absent: in memory, gone at the end. */
  readonly databaseFile?: string;
  /** Told of refused messages and internal failures, one line each. */
  readonly log?: (line: string) => void;
}

/** A request as it arrived, for tests that must know what the upstream saw. */
export interface CrmRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The body's text; empty without one. */
  readonly body: string;
}

export interface CrmServer {
  /** `http://127.0.0.1:PORT/mcp` */
  readonly url: string;
  /** The latest 200 requests that had the key, the oldest first. */
  readonly requests: readonly CrmRequest[];
  readonly faults: Faults;
  stop(): Promise<void>;
}

/** Rejects with one clear line when the port is taken or the database cannot be opened; nothing is left running then. */
export async function startCrmServer(options: CrmServerOptions): Promise<CrmServer> {
  const log = options.log ?? (() => undefined);
  const database = openDatabase(options.databaseFile);
  const queries = createQueryRunner(database);
  const createMcpServer = () => createCrmMcpServer({ database, queries });
  const modern = createMcpHandler(createMcpServer, { legacy: 'reject', onerror: (error) => log(error.message) });
  const legacy = createLegacySessions(createMcpServer, legacySessionsMost);
  const requests: CrmRequest[] = [];

  async function serve(request: Request): Promise<Response> {
    const text = await request.text();
    requests.push({ method: request.method, headers: Object.fromEntries(request.headers), body: text });
    if (requests.length > requestsKeptMost) requests.shift();
    const parsed = parseBody(text);
    if (!parsed.ok) return refuseText();
    const isLegacy = await isLegacyRequest(request, parsed.body);
    return isLegacy ? legacy.handle(request, parsed.body) : modern.fetch(request, { parsedBody: parsed.body });
  }

  const handle = toNodeHandler({ fetch: serve }, { onerror: (error) => log(error.message) });
  const hasKey = createKeyCheck(options.apiKey);
  const isLocalOrigin = localhostOriginValidation();
  const guard: Handler = async (request, response) => {
    if (!isLocalOrigin(request, response)) return;
    if (!hasKey(request)) sendJson(response, 401, { error: 'The x-api-key header is missing or wrong.' });
    else if (request.url?.split('?')[0] !== '/mcp') sendJson(response, 404, { error: 'Only /mcp is here.' });
    else await handle(strictly(request), eagerly(response));
  };

  function release(): void {
    queries.stop();
    database.close();
  }

  try {
    const standIn = await startStandIn({ name: 'crm', port: options.port, createHandler: () => guard });
    return {
      url: `${standIn.url}/mcp`,
      requests,
      faults: standIn.faults,
      async stop() {
        await Promise.all([modern.close(), legacy.close()]);
        await standIn.stop();
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Compares digests, so that neither the time it takes nor the length tells anything about the key. */
function createKeyCheck(apiKey: string): (request: IncomingMessage) => boolean {
  const expected = digest(apiKey);
  return (request) => {
    const given = request.headers['x-api-key'];
    return typeof given === 'string' && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Node's own type lets `method` and `url` be undefined, the adapter's does not; same request, same stream. */
function strictly(request: IncomingMessage): NodeIncomingMessageLike {
  const { method = 'GET', url = '/', headers } = request;
  return { method, url, headers, [Symbol.asyncIterator]: () => request[Symbol.asyncIterator]() };
}

/** A stream's headers leave at once: Node would keep them until its first event, which on a GET stream may never come. */
function eagerly(response: ServerResponse): NodeServerResponseLike {
  return {
    writeHead(status, headers) {
      response.writeHead(status, headers);
      if (headers?.['content-type'] === 'text/event-stream') response.flushHeaders();
    },
    write: (chunk) => response.write(chunk),
    end: (chunk) => response.end(chunk),
    on: (event, listener) => response.on(event, listener),
    get destroyed() {
      return response.destroyed;
    },
  };
}

function parseBody(text: string): { ok: true; body: unknown } | { ok: false } {
  if (text === '') return { ok: true, body: undefined };
  try {
    return { ok: true, body: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function refuseText(): Response {
  const error = { code: -32700, message: 'Parse error' };
  return Response.json({ jsonrpc: '2.0', error, id: null }, { status: 400 });
}
