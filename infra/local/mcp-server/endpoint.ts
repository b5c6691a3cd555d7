/**
 * One MCP endpoint for both eras as a handler for `node:http`: legacy sessions with state, modern requests without.
 * It turns away pages of foreign origins, and guards nothing else: keys and paths are the caller's to check first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  localhostOriginValidation,
  type NodeIncomingMessageLike,
  type NodeServerResponseLike,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest, type McpServer, type ServerEventBus } from '@modelcontextprotocol/server';
import type { Handler } from '../stand-in.ts';
import { createLegacySessions, type StreamOptions } from './sessions.ts';

const legacySessionsMost = 1_000;

export interface McpEndpointOptions {
  /** Asked once a modern request, and once a legacy session. */
  readonly createServer: () => McpServer;
  /** Where modern `subscriptions/listen` streams hear of changes. */
  readonly bus?: ServerEventBus;
  readonly createStreamOptions?: () => StreamOptions;
  /** Sees each request with its body's text (empty without one) before it is served. */
  readonly onRequest?: (request: Request, text: string) => void;
  /** Told of refused messages and internal failures, one line each. */
  readonly log: (line: string) => void;
}

export interface McpEndpoint {
  readonly handle: Handler;
  /** Ends every session and stream. */
  close(): Promise<void>;
}

export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { createServer, bus, onRequest, log } = options;
  const onerror = (error: Error) => log(error.message);
  const modern = createMcpHandler(createServer, { legacy: 'reject', onerror, ...(bus === undefined ? {} : { bus }) });
  const legacy = createLegacySessions(createServer, legacySessionsMost, options.createStreamOptions);

  async function serve(request: Request): Promise<Response> {
    const text = await request.text();
    onRequest?.(request, text);
    const parsed = parseBody(text);
    if (!parsed.ok) return refuseText();
    const isLegacy = await isLegacyRequest(request, parsed.body);
    return isLegacy ? legacy.handle(request, parsed.body) : modern.fetch(request, { parsedBody: parsed.body });
  }

  const handle = toNodeHandler({ fetch: serve }, { onerror });
  const isLocalOrigin = localhostOriginValidation();
  return {
    async handle(request, response) {
      if (isLocalOrigin(request, response)) await handle(strictly(request), eagerly(response));
    },
    async close() {
      await Promise.all([modern.close(), legacy.close()]);
    },
  };
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
