/**
 * The mode without streaming: a request is read whole before the function runs, and the answer comes back whole in the
 * worker's typed form. The body limit is the host's default, 100 MB.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const BODY_LIMIT_BYTES = 100 * 1024 * 1024;

/** `undefined` when the body is over the limit or was cut off. */
export async function readWholeBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming) {
      const part = Buffer.from(chunk);
      bytes += part.byteLength;
      if (bytes > BODY_LIMIT_BYTES) return undefined;
      chunks.push(part);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

interface Nullable {
  readonly value: unknown;
}

interface RpcCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable;
  readonly path?: Nullable;
  readonly expires?: Nullable;
  readonly secure?: Nullable;
  readonly httpOnly?: Nullable;
  readonly sameSite?: string;
  readonly maxAge?: Nullable;
}

interface RpcHttp {
  readonly statusCode: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly RpcCookie[];
  readonly body?: { readonly bytes?: Uint8Array } | null;
}

/** A function that returned nothing is answered 204, as on Azure. */
export function sendPlain(outgoing: ServerResponse, returned: unknown): void {
  const http = readHttp(returned);
  if (http === undefined) {
    outgoing.writeHead(204).end();
    return;
  }
  const body = Buffer.from(http.body?.bytes ?? []);
  for (const [name, value] of Object.entries(http.headers)) outgoing.setHeader(name, value);
  if (http.cookies.length > 0) outgoing.setHeader('set-cookie', http.cookies.map(serialiseCookie));
  if (!outgoing.hasHeader('content-length')) outgoing.setHeader('content-length', body.byteLength);
  outgoing.writeHead(Number(http.statusCode)).end(body);
}

function readHttp(returned: unknown): RpcHttp | undefined {
  if (typeof returned !== 'object' || returned === null || !('http' in returned)) return undefined;
  const { http } = returned;
  return isRpcHttp(http) ? http : undefined;
}

function isRpcHttp(value: unknown): value is RpcHttp {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'headers' in value;
}

function serialiseCookie(cookie: RpcCookie): string {
  const sameSite = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[cookie.sameSite ?? ''];
  const attributes: [string, unknown][] = [
    ['Domain', cookie.domain?.value],
    ['Path', cookie.path?.value],
    ['Expires', readExpires(cookie.expires?.value)],
    ['Max-Age', cookie.maxAge?.value],
    ['Secure', cookie.secure?.value === true],
    ['HttpOnly', cookie.httpOnly?.value === true],
    ['SameSite', sameSite],
  ];
  const written = attributes.flatMap(([name, value]) => {
    if (value === undefined || value === null || value === false) return [];
    return value === true ? [name] : [`${name}=${String(value)}`];
  });
  return [`${cookie.name}=${encodeURIComponent(cookie.value)}`, ...written].join('; ');
}

function readExpires(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('seconds' in value)) return undefined;
  return new Date(Number(value.seconds) * 1000).toUTCString();
}
