/**
 * An upstream that keeps every byte it gets, and answers what a test tells it to. Plain `node:http`: it must show what
 * really arrived, so no library may tidy it up first. It is no MCP server beyond that.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** The body as it came, for whoever must not trust its decoding. */
  readonly bytes: Buffer;
}

export type Script = (arrived: Arrived, response: ServerResponse) => void | Promise<void>;

export interface RecordingUpstream {
  readonly url: string;
  readonly arrived: Arrived[];
  /** Requests whose client went away before the answer was complete. */
  readonly brokenOff: () => number;
  script: Script;
  stop(): Promise<void>;
}

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const arrived: Arrived[] = [];
  let broken = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers, rawHeaders } = request;
    const bytes = Buffer.concat(chunks);
    const one: Arrived = { method, path: url, headers, rawHeaders, body: bytes.toString('utf8'), bytes };
    arrived.push(one);
    response.on('close', () => {
      if (!response.writableFinished) broken += 1;
    });
    await upstream.script(one, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: RecordingUpstream = {
    url: `http://127.0.0.1:${port}/mcp`,
    arrived,
    brokenOff: () => broken,
    script: answerResult({ content: [{ type: 'text', text: 'done' }] }),
    // Twice is as good as once: a test may take it away before the gateway stops.
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return upstream;
}

/** Answers each request with this result under its own id, and everything else with 202. */
export function answerResult(result: unknown, headers: Record<string, string> = {}): Script {
  return ({ body }, response) => {
    const id = /"id":("[^"]*"|-?[0-9.]+)/.exec(body)?.[1];
    if (id === undefined) {
      response.writeHead(202, headers).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.end(`{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`);
  };
}

/** Answers with these events, one `data` line each, then ends. */
export function answerEvents(events: readonly unknown[]): Script {
  return (_arrived, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const event of events) response.write(`event: message\ndata: ${JSON.stringify(event)}\n\n`);
    response.end();
  };
}
