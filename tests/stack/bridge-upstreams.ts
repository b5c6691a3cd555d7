/** Small upstreams on the real SDK v2, one for each way a server may speak: both eras, or only one, with sessions or without. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  fromJsonSchema,
  inputRequired,
  isLegacyRequest,
  legacyStatelessFallback,
  McpServer,
} from '@modelcontextprotocol/server';
import { createLegacySessions } from '../../infra/local/mcp-server/sessions.ts';
import { createEventStore } from '../conformance/reference-server/event-store.ts';

export const UPSTREAM_KINDS = ['dual', 'legacy stateful', 'legacy stateless', 'modern-only'] as const;
export type UpstreamKind = (typeof UPSTREAM_KINDS)[number];

export interface Upstream {
  readonly url: string;
  /** Method of each message that arrived, or the HTTP method of what had none; oldest first. */
  readonly arrived: string[];
  /** Tools that ran, oldest first. */
  readonly ran: string[];
  /** Forgets every legacy session, as a restart does. */
  loseSessions(): Promise<void>;
  stop(): Promise<void>;
}

export async function startUpstream(kind: UpstreamKind): Promise<Upstream> {
  const arrived: string[] = [];
  const ran: string[] = [];
  const create = (): McpServer => createSmallServer(ran);
  const modern = createMcpHandler(create, { legacy: 'reject' });
  const stateless = legacyStatelessFallback(create);
  const openSessions = () =>
    createLegacySessions(create, 100, () => ({ eventStore: createEventStore(), retryInterval: 50 }));
  let sessions = openSessions();

  async function serve(request: Request): Promise<Response> {
    const text = await request.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    arrived.push(methodOf(body) ?? request.method);
    switch (kind) {
      case 'modern-only':
        return modern.fetch(request, { parsedBody: body });
      case 'legacy stateless':
        return stateless(request, { parsedBody: body });
      case 'legacy stateful':
        return sessions.handle(request, body);
      case 'dual': {
        const isLegacy = await isLegacyRequest(request, body);
        return isLegacy ? sessions.handle(request, body) : modern.fetch(request, { parsedBody: body });
      }
    }
  }

  const handle = toNodeHandler({ fetch: serve });
  const server = createServer((request, response) => {
    void handle(request as never, response as never);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    arrived,
    ran,
    async loseSessions() {
      await sessions.close();
      sessions = openSessions();
    },
    async stop() {
      await Promise.all([modern.close(), sessions.close()]);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createSmallServer(ran: string[]): McpServer {
  const info = { name: 'small', title: 'A small server', version: '1.2.3' };
  const server = new McpServer(info, { capabilities: { logging: {} }, instructions: 'Be brief.' });
  const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

  const properties = { text: { type: 'string' as const, 'x-mcp-header': 'Text' } };
  const inputSchema = fromJsonSchema<{ text: string }>({ type: 'object', properties, required: ['text'] });
  server.registerTool('echo', { description: 'Says it again.', inputSchema }, ({ text: said }) => {
    ran.push('echo');
    return text(said);
  });
  server.registerTool('count', { description: 'Counts, with progress.' }, async (context) => {
    ran.push('count');
    const progressToken = context.mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [1, 2, 3]) {
      await context.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } });
    }
    return text('counted');
  });
  server.registerTool('ask', { description: 'Asks the user.' }, async (context) => {
    ran.push('ask');
    const requestedSchema = { type: 'object' as const, properties: { name: { type: 'string' as const } } };
    const answer = await context.mcpReq.elicitInput({ message: 'Who?', requestedSchema });
    return text(answer.action);
  });
  server.registerTool('wait', { description: 'Waits until it is cancelled.' }, async ({ mcpReq }) => {
    ran.push('wait');
    await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve, { once: true }));
    ran.push('cancelled');
    return text('cancelled');
  });
  server.registerTool('leave', { description: 'Closes its stream before it answers.' }, async ({ http }) => {
    ran.push('leave');
    http?.closeSSE?.();
    await pause(100);
    return text('back');
  });
  server.registerTool('ask_back', { description: 'Asks the user in a round trip.' }, () => {
    ran.push('ask_back');
    const name = inputRequired.elicit({ message: 'Who?', requestedSchema: { type: 'object', properties: {} } });
    return inputRequired({ inputRequests: { name } });
  });
  server.registerResource('note', 'note://1', { mimeType: 'text/plain' }, () => ({
    contents: [{ uri: 'note://1', mimeType: 'text/plain', text: 'a note' }],
  }));
  server.registerPrompt('greet', { description: 'Greets.' }, () => ({
    messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'Hello.' } }],
  }));
  return server;
}

function methodOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('method' in body)) return undefined;
  return typeof body.method === 'string' ? body.method : undefined;
}
