/**
 * Legacy MCP (revisions up to 2025-11-25) with stateful sessions: `initialize` makes one, `Mcp-Session-Id` finds it,
 * GET opens its stream, DELETE ends it. At most so many live at once: the one unused for longest makes room, and its
 * client gets the 404 that tells it to start again.
 */
import { randomUUID } from 'node:crypto';
import {
  isInitializeRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
  type WebStandardStreamableHTTPServerTransportOptions,
} from '@modelcontextprotocol/server';

export interface LegacySessions {
  /** One legacy request; `body` is its parsed JSON, undefined without one. */
  handle(request: Request, body: unknown): Promise<Response>;
  /** Ends every session and its streams. */
  close(): Promise<void>;
}

/** What a session's streams can do beyond living as long as their connection. */
export type StreamOptions = Pick<WebStandardStreamableHTTPServerTransportOptions, 'eventStore' | 'retryInterval'>;

/** `createStreamOptions` is asked once a session: an event store in it belongs to that session alone. */
export function createLegacySessions(
  createServer: () => McpServer,
  sessionsMost: number,
  createStreamOptions: () => StreamOptions = () => ({}),
): LegacySessions {
  /** In order of last use, the oldest first. */
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();

  async function open(): Promise<WebStandardStreamableHTTPServerTransport> {
    const transport = new WebStandardStreamableHTTPServerTransport({
      ...createStreamOptions(),
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, transport);
        return makeRoom();
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    await createServer().connect(transport);
    return transport;
  }

  async function makeRoom(): Promise<void> {
    for (const [id, transport] of sessions) {
      if (sessions.size <= sessionsMost) return;
      sessions.delete(id);
      await transport.close();
    }
  }

  return {
    async handle(request, body) {
      const id = request.headers.get('mcp-session-id');
      if (id === null) {
        if (!isInitializeRequest(body)) return failure(400, 'Bad Request: Mcp-Session-Id header is required');
        return (await open()).handleRequest(request, { parsedBody: body });
      }
      const transport = sessions.get(id);
      if (transport === undefined) return failure(404, 'Session not found');
      sessions.delete(id);
      sessions.set(id, transport);
      return transport.handleRequest(request, body === undefined ? {} : { parsedBody: body });
    },
    async close() {
      const open = [...sessions.values()];
      sessions.clear();
      await Promise.all(open.map((transport) => transport.close()));
    },
  };
}

function failure(status: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }, { status });
}
