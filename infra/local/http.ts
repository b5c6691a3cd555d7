/**
 * Small HTTP pieces that the stand-ins share: a bounded body reader, JSON in and out, and an error that carries its
 * status. Nothing here knows any protocol.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY_LIMIT_BYTES = 1024 * 1024;

/** Thrown by a handler for an answer that is the client's fault; the message is shown to the client. */
export class HttpProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The whole body as text; `HttpProblem` 413 past 1 MiB. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.byteLength;
    if (bytes > BODY_LIMIT_BYTES) throw new HttpProblem(413, 'The body is larger than 1 MiB.');
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The body as JSON, `undefined` when there is none; `HttpProblem` 400 when it is not JSON. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request);
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new HttpProblem(400, 'The body is not JSON.'), { cause });
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
