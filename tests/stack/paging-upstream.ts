/**
 * An upstream that lists its tools in pages, one tool a page, and can be given others while it runs. Legacy MCP over
 * JSON answers, as small as the protocol allows; the official client speaks to it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';

export interface PagingUpstream {
  readonly url: string;
  tools: readonly unknown[];
  /** Values of the `x-key` header, one for each request. */
  readonly keys: (string | undefined)[];
  stop(): Promise<void>;
}

const requestSchema = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z.object({ cursor: z.string().optional() }).optional(),
});

export async function startPagingUpstream(): Promise<PagingUpstream> {
  const keys: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    keys.push(request.headers['x-key']?.toString());
    if (request.url === '/moved' || request.method !== 'POST') {
      response.writeHead(request.url === '/moved' ? 307 : 405, { location: '/mcp' }).end();
      return;
    }
    const { id, method, params } = requestSchema.parse(JSON.parse(await text(request)));
    if (id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const answer = answerTo(method, params?.cursor);
    const body = answer === undefined ? { error: { code: -32601, message: 'not found' } } : { result: answer };
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
  });

  function answerTo(method: string, cursor: string | undefined): object | undefined {
    if (method === 'initialize') {
      const serverInfo = { name: 'paging', version: '1' };
      return { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo };
    }
    if (method !== 'tools/list') return undefined;
    const page = Number(cursor ?? '0');
    const next = page + 1 < upstream.tools.length ? { nextCursor: String(page + 1) } : {};
    return { tools: upstream.tools.slice(page, page + 1), ...next };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: PagingUpstream = {
    url: `http://127.0.0.1:${port}/mcp`,
    tools: [],
    keys,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return upstream;
}
