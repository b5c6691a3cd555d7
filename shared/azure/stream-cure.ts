/**
 * The cure for HTTP stream mode of `@azure/functions` (LOCAL-STACK §A2): it gives an invocation its client's connection
 * (a signal that aborts when the client is gone, and room to write), and answers requests that no invocation claims.
 * Touches only the library's own server; holds nothing of a request once it is over. Install once, at app setup.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage, request as openRequest, ServerResponse } from 'node:http';
import { app, type InvocationContext } from '@azure/functions';
import type { Log } from '../log.ts';
import { type LibrarySeam, openLibrarySeam } from './library-seam.ts';

export const invocationIdHeader = 'x-ms-invocation-id';

/** Published by Node for each request, before the server's own listeners see it. */
const requestStart = 'http.server.request.start';

/** The host's ids. Anything else would reach the library's event emitter, where the name `error` throws. */
const INVOCATION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The client of one invocation. */
export interface Connection {
  /** Aborts when the client goes away before its answer was written; never without streaming. */
  readonly signal: AbortSignal;
  /** Resolves when the client can take more, or is gone. */
  hasRoom(): Promise<void>;
}

export interface StreamCure {
  readonly log: Log;
  connectionOf(context: InvocationContext): Connection;
  /** Requests that have not ended yet. */
  openRequests(): number;
  uninstall(): void;
}

export interface StreamCureOptions {
  readonly log: Log;
  /** How long a forwarded request and its invocation wait for each other, in milliseconds; positive, default 10,000. */
  readonly unclaimedMs?: number;
}

interface OpenRequest {
  readonly id: string;
  readonly port: number | undefined;
  readonly response: ServerResponse;
  readonly connection: Connection;
  readonly deadline: NodeJS.Timeout;
  isClaimed: boolean;
  isClosed: boolean;
}

export function installStreamCure(options: StreamCureOptions): StreamCure {
  const { log, unclaimedMs = 10_000 } = options;
  const requests = new Map<string, OpenRequest>();
  const connections = new WeakMap<InvocationContext, Connection>();
  let libraryPort: number | undefined;
  let seam: LibrarySeam | undefined;

  function onRequestStart(message: unknown): void {
    const { request, response } = readMessage(message);
    if (request === undefined || response === undefined) return;
    const port = request.socket.localPort;
    if (libraryPort !== undefined && port !== libraryPort) return;
    const id = request.headers[invocationIdHeader];
    if (typeof id === 'string' && INVOCATION_ID.test(id) && maySupersede(requests.get(id))) {
      open(id, port, response);
      closeWhenGivenUp(request, response);
    } else if (libraryPort !== undefined) {
      // Without its header the library keeps nothing of the request: this answer is the only one.
      delete request.headers[invocationIdHeader];
      log('warn', 'stream-request-refused', { reason: id === undefined ? 'no invocation id' : 'bad invocation id' });
      // After Node's own checks of this request, which answer on their own and throw where somebody has answered.
      process.nextTick(refuse, response);
    }
  }

  /** The host may try again under one id when its first connection broke before the invocation began. */
  function maySupersede(earlier: OpenRequest | undefined): boolean {
    return earlier === undefined || (earlier.isClosed && !earlier.isClaimed);
  }

  function open(id: string, port: number | undefined, response: ServerResponse): void {
    clearTimeout(requests.get(id)?.deadline);
    const gone = new AbortController();
    const request: OpenRequest = {
      id,
      port,
      response,
      connection: { signal: gone.signal, hasRoom: () => waitForRoom(response) },
      deadline: setTimeout(() => void reap(request), unclaimedMs).unref(),
      isClaimed: false,
      isClosed: false,
    };
    requests.set(id, request);
    response.once('close', () => {
      request.isClosed = true;
      if (!response.writableFinished) gone.abort(new Error('The client went away.'));
      if (request.isClaimed) requests.delete(id);
    });
  }

  function claim(context: InvocationContext): void {
    const request = requests.get(context.invocationId);
    if (request === undefined) return;
    clearTimeout(request.deadline);
    request.isClaimed = true;
    libraryPort ??= request.port;
    connections.set(context, request.connection);
    if (request.isClosed) requests.delete(request.id);
  }

  /** No invocation came for it: answered and forgotten. */
  async function reap(request: OpenRequest): Promise<void> {
    requests.delete(request.id);
    const isAnswered = (await seam?.answer(request.id, 404)) ?? false;
    if (isAnswered) seam?.forget(request.id);
    else if (request.port === libraryPort) refuse(request.response);
    log('warn', 'stream-request-unclaimed', { invocation: request.id });
  }

  /** An invocation waits here for its request, before its handler; the library itself would wait for ever. */
  async function awaitArguments<T>(id: string, getArguments: () => Promise<T>): Promise<T> {
    const overdue = requests.has(id) ? undefined : setTimeout(() => release(id), unclaimedMs).unref();
    try {
      return await getArguments();
    } catch (error) {
      // The handler will not run, and the library answers only what a handler returned.
      const request = requests.get(id);
      requests.delete(id);
      clearTimeout(request?.deadline);
      if (request !== undefined) await seam?.answer(id, 500);
      throw error;
    } finally {
      clearTimeout(overdue);
    }
  }

  /**
   * Ends the wait of an invocation whose client left, or named another id, before its request was forwarded: the library
   * gets a request under that id, finds it lacking, and the invocation fails.
   */
  function release(id: string): void {
    log('warn', 'stream-request-missing', { invocation: id });
    openRequest({ host: '127.0.0.1', port: libraryPort, headers: { [invocationIdHeader]: id }, agent: false })
      .on('response', (answer) => answer.resume())
      .on('error', (cause) => log('error', 'stream-release-failed', { invocation: id }, cause))
      .end();
  }

  function start(): void {
    seam = openLibrarySeam({
      onStarted: (port) => {
        libraryPort = port;
        if (port !== undefined) subscribe(requestStart, onRequestStart);
      },
      onArguments: (id, getArguments) =>
        libraryPort === undefined ? getArguments() : awaitArguments(id, getArguments),
    });
    if (seam !== undefined) return;
    // Signals and back-pressure still work; which server is the library's is learnt from the first invocation.
    log('error', 'stream-cure-weakened', { reason: 'the programming model is out of reach' });
    subscribe(requestStart, onRequestStart);
  }

  const hooks = [app.hook.appStart(start), app.hook.preInvocation(({ invocationContext }) => claim(invocationContext))];

  return {
    log,
    connectionOf: (context) => connections.get(context) ?? createDetachedConnection(),
    openRequests: () => requests.size,
    uninstall: () => {
      unsubscribe(requestStart, onRequestStart);
      for (const hook of hooks) hook.dispose();
      for (const request of requests.values()) clearTimeout(request.deadline);
      requests.clear();
    },
  };
}

function readMessage(message: unknown): { request?: IncomingMessage; response?: ServerResponse } {
  if (typeof message !== 'object' || message === null || !('request' in message) || !('response' in message)) return {};
  const { request, response } = message;
  return request instanceof IncomingMessage && response instanceof ServerResponse ? { request, response } : {};
}

function createDetachedConnection(): Connection {
  return { signal: new AbortController().signal, hasRoom: () => Promise.resolve() };
}

function refuse(response: ServerResponse): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(404, { 'content-length': 0, connection: 'close' }).end();
}

/**
 * A body that the app gave up midway (it was too large) leaves its connection paused, and open: the host would send the
 * next request, anybody's, into it, and nobody would ever read that. A body that nobody touched is drained by Node.
 */
function closeWhenGivenUp(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request;
  const closeIfCut = () => {
    if (request.destroyed && !request.complete && response.writableFinished) socket.destroySoon();
  };
  response.once('finish', closeIfCut);
  request.once('close', closeIfCut);
}

async function waitForRoom(response: ServerResponse): Promise<void> {
  while (response.writableNeedDrain && !response.destroyed) {
    const { promise, resolve } = Promise.withResolvers<void>();
    response.once('drain', resolve).once('close', resolve);
    await promise;
    response.off('drain', resolve).off('close', resolve);
  }
}
