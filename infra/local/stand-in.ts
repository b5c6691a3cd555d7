/**
 * Runs one stand-in's HTTP server on 127.0.0.1, with the test switch in front (faults.ts). Answers only to a loopback
 * `Host`, so that a web page cannot reach it by DNS rebinding, and on its control paths (`/_…`) to no web page at all:
 * stand-ins give tokens and secrets to whoever asks.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFaults, type Faults } from './faults.ts';
import { HttpProblem, sendJson } from './http.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface StandIn {
  /** `http://127.0.0.1:{port}`, no trailing slash. */
  readonly url: string;
  readonly faults: Faults;
  /** Cuts every connection and frees the port. */
  stop(): Promise<void>;
}

const LOOPBACK_HOST = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/;

/**
 * Listens, then builds the handler with the URL that came out of it (`port` 0: any free one).
 * Rejects with one clear line when the port is taken.
 */
export async function startStandIn(options: {
  readonly name: string;
  readonly port: number;
  readonly createHandler: (url: string) => Handler | Promise<Handler>;
}): Promise<StandIn> {
  const faults = createFaults();
  const handlerReady = Promise.withResolvers<Handler>();
  // The rejection is the caller's through `await` below; a request that waits meanwhile gets its own 500.
  handlerReady.promise.catch(() => undefined);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isControl = request.url?.startsWith('/_') ?? false;
    if (isControl && request.headers.origin !== undefined) throw new HttpProblem(403, 'Not for web pages.');
    if (!LOOPBACK_HOST.test(request.headers.host ?? '')) throw new HttpProblem(421, 'Ask by a loopback name.');
    if (await faults.intercept(request, response)) return;
    const handle = await handlerReady.promise;
    await handle(request, response);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      // Who hung up in the middle of a request hears no answer, and it is no error of the stand-in's.
      if (request.errored === null || error !== request.errored) answerError(options.name, error, response);
    });
  });
  const port = await listen(server, options.name, options.port);
  const url = `http://127.0.0.1:${port}`;

  async function stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  try {
    handlerReady.resolve(await options.createHandler(url));
  } catch (error) {
    handlerReady.reject(error);
    await stop();
    throw error;
  }
  return { url, faults, stop };
}

function listen(server: ReturnType<typeof createServer>, name: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'EADDRINUSE' ? `port ${port} is in use` : cause.message;
      reject(new Error(`${name}: ${reason}`, { cause }));
    });
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function answerError(name: string, error: unknown, response: ServerResponse): void {
  const isClients = error instanceof HttpProblem;
  if (!isClients) console.error(`${name}:`, error);
  if (response.headersSent) response.socket?.destroy();
  else sendJson(response, isClients ? error.status : 500, { error: isClients ? error.message : 'internal error' });
}
