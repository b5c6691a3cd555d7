/**
 * HTTP as an attacker writes it: bytes on a socket, nothing tidied up, nothing refused on this side. Reads whatever comes
 * until the other side closes, or until the deadline.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface RawAnswer {
  /** Of the first answer; undefined where none came. */
  readonly status: number | undefined;
  readonly headers: Headers;
  /** Of the first answer, chunks put together. */
  readonly body: string;
  /** Everything that came, further answers included. */
  readonly all: string;
  readonly isClosed: boolean;
  readonly durationMs: number;
}

export interface RawRequest {
  readonly method?: string;
  /** The request target, as it stands on the first line. Default /mcp/crm. */
  readonly target?: string;
  readonly version?: string;
  /** In their order; a name given here replaces the default of that name, `undefined` leaves it out. */
  readonly headers?: readonly (readonly [name: string, value: string | undefined])[];
  readonly body?: string | Uint8Array;
}

/** The bytes of a request; `defaults` by name, `content-length` counted unless it is given. */
export function writeRequest(request: RawRequest, defaults: Readonly<Record<string, string>>): Buffer {
  const { method = 'POST', target = '/mcp/crm', version = '1.1', headers = [], body = '' } = request;
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const bytes = Buffer.from(body);
  const lines = Object.entries({ ...defaults, 'content-length': String(bytes.length), connection: 'close' })
    .filter(([name]) => !given.has(name))
    .concat(headers.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const head = [`${method} ${target} HTTP/${version}`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''];
  // latin1: a header is bytes, and a test may want any of them.
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), bytes]);
}

/** Writes the pieces with pauses between them, and collects what comes back. */
export async function sendRaw(
  port: number,
  pieces: readonly (string | Buffer)[],
  { deadlineMs = 10_000, pauseMs = 0 }: { readonly deadlineMs?: number; readonly pauseMs?: number } = {},
): Promise<RawAnswer> {
  const startedMs = performance.now();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const chunks: Buffer[] = [];
  const closed = Promise.withResolvers<boolean>();
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => closed.resolve(true));
  const deadline = setTimeout(() => closed.resolve(false), deadlineMs);
  void (async () => {
    for (const piece of pieces) {
      if (socket.destroyed || socket.writableEnded) return;
      socket.write(piece);
      if (pauseMs > 0) await pause(pauseMs);
    }
  })();
  const isClosed = await closed.promise;
  clearTimeout(deadline);
  socket.destroy();
  const durationMs = performance.now() - startedMs;
  return { ...readAnswer(Buffer.concat(chunks)), isClosed, durationMs };
}

function readAnswer(bytes: Buffer): Pick<RawAnswer, 'status' | 'headers' | 'body' | 'all'> {
  const all = bytes.toString('utf8');
  const text = bytes.toString('latin1').replace(/^(?:HTTP\/1\.1 1\d\d [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n)+/, '');
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const raw = rest.join('\r\n\r\n');
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  const body = isChunked ? joinChunks(raw) : raw.slice(0, Number(headers.get('content-length') ?? raw.length));
  return {
    status: status === undefined ? undefined : Number(status),
    headers,
    body: Buffer.from(body, 'latin1').toString('utf8'),
    all,
  };
}

function joinChunks(raw: string): string {
  let rest = raw;
  let joined = '';
  for (let match = /^([0-9a-f]+)\r\n/i.exec(rest); match; match = /^([0-9a-f]+)\r\n/i.exec(rest)) {
    const size = Number.parseInt(match[1] ?? '0', 16);
    if (size === 0) break;
    joined += rest.slice(match[0].length, match[0].length + size);
    rest = rest.slice(match[0].length + size + 2);
  }
  return joined;
}
