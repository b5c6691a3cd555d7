/**
 * An MCP server that answers everything the official conformance suite asks of a server, in both eras, with the library's
 * own behaviour wherever it has one: the yardstick that the gateway is held against. It holds no data and guards nothing.
 */

import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, InMemoryServerEventBus } from '@modelcontextprotocol/server';
import { HttpProblem } from '../../../infra/local/http.ts';
import { createMcpEndpoint } from '../../../infra/local/mcp-server/endpoint.ts';
import { startStandIn } from '../../../infra/local/stand-in.ts';
import { createEventStore } from './event-store.ts';
import { createReferenceMcpServer } from './server.ts';
import { createTaskStore } from './task-store.ts';

/** How soon a client comes back to a stream that was closed on it. */
const retryIntervalMs = 500;

export interface ReferenceServer {
  /** `http://127.0.0.1:PORT/mcp`; it answers to `localhost` too. */
  readonly url: string;
  stop(): Promise<void>;
}

/** `port` 0: any free one. Rejects with one clear line when the port is taken. */
export async function startReferenceServer({ port }: { readonly port: number }): Promise<ReferenceServer> {
  const bus = new InMemoryServerEventBus();
  const state = createRequestStateCodec({ key: randomBytes(32), bind: ({ mcpReq }) => mcpReq.method });
  const tasks = createTaskStore();
  const endpoint = createMcpEndpoint({
    createServer: () => createReferenceMcpServer({ bus, state, tasks }),
    bus,
    createStreamOptions: () => ({ eventStore: createEventStore(), retryInterval: retryIntervalMs }),
    log: () => undefined,
  });
  const standIn = await startStandIn({
    name: 'reference server',
    port,
    createHandler: () => async (request, response) => {
      if (request.url?.split('?')[0] !== '/mcp') throw new HttpProblem(404, 'Only /mcp is here.');
      await endpoint.handle(request, response);
    },
  });
  return {
    url: `${standIn.url}/mcp`,
    async stop() {
      tasks.close();
      await endpoint.close();
      await standIn.stop();
    },
  };
}
