/**
 * A gateway behind `node:http`, as the sweep's child serves it: MCP and the API, bodies whole, answers whole. A client that
 * goes away aborts its call's signal, as the function host's cure does.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Gateway } from '../../shared/gateway/gateway.ts';
import type { HttpCall } from '../../shared/mcp/http.ts';

export async function serve(gateway: Gateway, port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => response.writableFinished || gone.abort(new Error('client gone')));
    const call = toCall(request, port, gone.signal);
    const isApi = new URL(call.url).pathname.startsWith('/api/');
    const answered = await (isApi ? gateway.api(call) : gateway.mcp(call));
    response.writeHead(answered.status, answered.headers);
    if (answered.body instanceof ReadableStream) for await (const part of answered.body) response.write(part);
    response.end(answered.body instanceof ReadableStream ? undefined : answered.body);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return server;
}

export function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function toCall(request: IncomingMessage, port: number, signal: AbortSignal): HttpCall {
  const { method = 'GET', url = '/' } = request;
  const path = url.split('?', 1)[0] ?? '';
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, `${value}`);
  return {
    method,
    url: `http://127.0.0.1:${port}${url}`,
    headers,
    params: { server: decodeURIComponent(path.replace(/^\/mcp\//, '')) },
    body: method === 'POST' ? Readable.toWeb(request) : null,
    signal,
  };
}
