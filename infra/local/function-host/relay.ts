/**
 * Passes one request on to a server on 127.0.0.1 and its answer back, both as streams: nothing is buffered, a slow
 * reader slows the sender, and a client that goes away takes the passed-on request with it.
 */
import { type Agent, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import { dropHopByHop, setHeaders, toHeaderList } from './headers.ts';

export interface RelayTarget {
  readonly port: number;
  /** With the query, as the client wrote it. */
  readonly path: string;
  readonly agent: Agent;
  /** What this hop says itself, in place of whatever the client said under these names, `Connection` included. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Resolves when the exchange is over, however it ended; `onFailure` hears of a target that could not answer. */
export function relay(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: RelayTarget,
  onFailure: (cause: Error) => void,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const isChunked = incoming.headers['transfer-encoding'] !== undefined;
  // Dropped first: a `Connection` of the client's must not take away what is set here.
  const headers = setHeaders(dropHopByHop(toHeaderList(incoming.rawHeaders)), {
    ...target.headers,
    ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}),
  });
  const forward = openRequest({
    host: '127.0.0.1',
    port: target.port,
    agent: target.agent,
    method: incoming.method ?? 'GET',
    path: target.path,
    headers: headers.flat(),
    setHost: false,
  });

  outgoing.once('close', () => {
    if (!outgoing.writableFinished) forward.destroy();
    incoming.unpipe(forward);
    resolve();
  });
  forward.once('response', (answer) => {
    answer.once('error', () => outgoing.destroy());
    answer.once('aborted', () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode ?? 502, dropHopByHop(toHeaderList(answer.rawHeaders)).flat());
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  });
  forward.on('error', (cause) => {
    incoming.unpipe(forward);
    if (outgoing.destroyed || outgoing.writableEnded) return;
    onFailure(cause);
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502, { 'content-length': 0, connection: 'close' }).end();
  });
  incoming.once('error', () => forward.destroy());

  if (isChunked || incoming.headers['content-length'] !== undefined) incoming.pipe(forward);
  else forward.end();
  return promise;
}
