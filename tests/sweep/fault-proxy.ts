/**
 * An HTTP proxy between one instance and one service: each request is read whole, named, and struck if it is the one.
 * `cut`: the connection ends without an answer; `hang`: no answer until the client goes; `kill`: the instance is killed at
 * that moment. `after`: the service has done its work, and its whole answer has come back here.
 */
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { Strike } from './fault.ts';
import type { Meter } from './meter.ts';
import type { Asked, Namer } from './name-call.ts';
import { portOf } from './serve.ts';

export interface FaultProxy {
  /** `http://127.0.0.1:{port}`, no trailing slash. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Origin of the service. */
  readonly target: string;
  readonly name: Namer;
  readonly meter: Meter;
  readonly kill: () => void;
  /** Told of what the service has done, whether or not its answer is passed on. */
  readonly onEffect?: (asked: Asked) => void;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target, name, meter, kill, onEffect } = options;
  const agent = new Agent({ keepAlive: true });

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await readAll(incoming);
    const { method = 'GET', url = '/' } = incoming;
    const asked = { method, path: decodeURIComponent(url), body: body.toString('utf8') };
    const named = name(asked);
    const forward = async (): Promise<Answer> => {
      const answer = await ask(target, agent, incoming, body);
      onEffect?.(asked);
      return { ...answer, body: rename(answer) };
    };
    if (named === undefined) {
      reply(outgoing, await forward());
      return;
    }
    const operation = incoming.headers['x-ms-client-request-id'];
    const one = meter.begin(named, typeof operation === 'string' ? operation : undefined);
    outgoing.once('close', () => one.end());
    if (one.strike === undefined) reply(outgoing, await forward());
    else await strike(one.strike, outgoing, forward);
  }

  async function strike(
    { does, when }: Strike,
    outgoing: ServerResponse,
    forward: () => Promise<Answer>,
  ): Promise<void> {
    if (when === 'after') await forward();
    if (does === 'kill') kill();
    if (does !== 'hang') outgoing.socket?.destroy();
  }

  /** A vault's ids lead to the vault, and the gateway believes no other: here the vault is this proxy. */
  function rename({ headers, body }: Answer): Buffer {
    if (!headers['content-type']?.includes('json') || !body.includes(target)) return body;
    return Buffer.from(body.toString('utf8').replaceAll(target, url()));
  }

  const url = (): string => `http://127.0.0.1:${portOf(server)}`;
  const server = createServer((incoming, outgoing) => {
    // A client that is killed in the middle of a request is what this is for.
    serve(incoming, outgoing).catch(() => outgoing.socket?.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: url(),
    stop: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function ask(
  target: string,
  agent: Agent,
  { method, url, rawHeaders }: IncomingMessage,
  body: Buffer,
): Promise<Answer> {
  const { hostname, port } = new URL(target);
  return new Promise((resolve, reject) => {
    // Storage signs over Host as well as the path: it goes on as the client wrote it.
    const sent = request({ hostname, port, method, path: url, headers: rawHeaders, agent }, (response) => {
      readAll(response).then(
        (answer) => resolve({ status: response.statusCode ?? 502, headers: response.headers, body: answer }),
        reject,
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function reply(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  const { connection: _, 'transfer-encoding': __, ...rest } = headers;
  // A HEAD's length is of what it does not carry.
  const length = outgoing.req.method === 'HEAD' ? headers['content-length'] : body.length;
  outgoing.writeHead(status, { ...rest, ...(length === undefined ? {} : { 'content-length': length }) });
  outgoing.end(body);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
