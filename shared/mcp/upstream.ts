/**
 * The one way to an upstream MCP server (DESIGN §2.7). Sends our serialisation of a message under headers made here:
 * nothing of the client's headers goes along but its `Mcp-Param-*`, and its trace in our words. Follows no redirect, takes
 * no compressed answer, and reads no answer without a bound.
 */
import { type Dispatcher, request as httpRequest } from 'undici';
import type { Secret } from '../credentials/secret.ts';
import type { JsonObject } from '../json/value.ts';
import { formatTraceParent, type TraceContext } from '../telemetry/trace-context.ts';
import { readBody } from './body.ts';
import { encodeHeaderValue } from './headers.ts';
import { type Message, readServerMessage } from './message.ts';
import type { Era } from './protocol.ts';
import { readEvents, type SseEvent } from './sse.ts';

export interface UpstreamCall {
  readonly url: string;
  readonly verb: 'POST' | 'GET' | 'DELETE';
  readonly era: Era;
  readonly version?: string;
  readonly message?: JsonObject;
  /** Modern: what `Mcp-Method` and `Mcp-Name` say, taken from the message. */
  readonly method?: string;
  readonly name?: string;
  readonly paramHeaders?: Readonly<Record<string, string>>;
  /** The upstream's own session id, legacy only. */
  readonly sessionId?: string;
  /** GET only: the upstream's event id to resume after. */
  readonly lastEventId?: string;
  readonly credential?: { readonly header: string; readonly value: Secret };
  /** The trace that the upstream's work is part of. */
  readonly trace?: TraceContext;
  readonly signal: AbortSignal;
}

export interface UpstreamLimits {
  readonly answerBytes: number;
  readonly eventBytes: number;
  readonly depth: number;
  readonly firstByteMs: number;
}

export type UpstreamAnswer = { readonly status: number; readonly sessionId?: string } & (
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'events'; readonly events: AsyncIterable<SseEvent> }
  /** Nothing to read: 202 to a notification, 200 to a DELETE, 404 for a lost session, 405. */
  | { readonly kind: 'empty' }
);

export type UpstreamFailureCode =
  | 'unreachable'
  | 'address-refused'
  | 'circuit-open'
  | 'timeout'
  | 'redirect'
  | 'credential-refused'
  | 'status'
  | 'media-type'
  | 'too-large'
  | 'not-a-message';

/** The upstream could not be reached or broke the protocol. The message is for transcript and log. */
export class UpstreamFailure extends Error {
  override readonly name = 'UpstreamFailure';
  readonly code: UpstreamFailureCode;
  readonly status: number | undefined;
  /** The message may have reached the upstream: whether it took effect is not known. */
  readonly mayHaveRun: boolean;

  constructor(
    code: UpstreamFailureCode,
    message: string,
    options: { status?: number; mayHaveRun?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.mayHaveRun = options.mayHaveRun ?? false;
  }
}

/** Errors of a connection that never stood, so nothing was sent. Any other may have come after the request. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_HAS_EXPIRED',
]);

/** Sends one message and resolves when the upstream's headers are here. Throws `UpstreamFailure`, or the signal's reason. */
export async function callUpstream(
  dispatcher: Dispatcher,
  call: UpstreamCall,
  limits: UpstreamLimits,
): Promise<UpstreamAnswer> {
  const response = await send(dispatcher, call, limits);
  const { statusCode: status, headers, body } = response;
  const sessionId = single(headers['mcp-session-id']);
  const base = { status, ...(sessionId === undefined ? {} : { sessionId }) };

  if (status === 401 || status === 403) {
    await discard(body);
    throw new UpstreamFailure('credential-refused', `the upstream answered ${status}`, { status });
  }
  if (status >= 300 && status < 400) {
    await discard(body);
    const text = `the upstream answered ${status}; redirects are not followed`;
    throw new UpstreamFailure('redirect', text, { status, mayHaveRun: mayHaveRun(status) });
  }
  if (single(headers['content-encoding']) !== undefined) {
    await discard(body);
    const text = 'the upstream compressed an answer nobody asked it to';
    throw new UpstreamFailure('media-type', text, { status, mayHaveRun: mayHaveRun(status) });
  }
  const mediaType = single(headers['content-type'])?.split(';', 1)[0]?.trim().toLowerCase();
  if (mediaType === 'text/event-stream' && status === 200) {
    return { ...base, kind: 'events', events: readEvents(body, limits) };
  }
  if (mediaType === 'application/json') return readAnswer(body, base, limits);
  await discard(body);
  if (isEmptyAnswer(call, status)) return { ...base, kind: 'empty' };
  if (status >= 400) throw statusFailure(status);
  const text = `the upstream answered ${status} with neither JSON nor events`;
  throw new UpstreamFailure('media-type', text, { status, mayHaveRun: true });
}

/**
 * Whether a message that was answered so may have taken effect. Only what was turned away or sent elsewhere has not: a
 * proxy's 502 or 504 comes after the server had it, and so may a 500, a 303 or an answer that can't be read.
 */
export function mayHaveRun(status: number): boolean {
  return (status < 400 || status >= 500) && status !== 307 && status !== 308;
}

function statusFailure(status: number): UpstreamFailure {
  return new UpstreamFailure('status', `the upstream answered ${status}`, { status, mayHaveRun: mayHaveRun(status) });
}

async function send(dispatcher: Dispatcher, call: UpstreamCall, limits: UpstreamLimits) {
  try {
    return await httpRequest(call.url, {
      dispatcher,
      method: call.verb,
      headers: headersOf(call),
      ...(call.message === undefined ? {} : { body: JSON.stringify(call.message) }),
      signal: call.signal,
      headersTimeout: limits.firstByteMs,
      // Streams may idle; the exchange's own deadline ends them.
      bodyTimeout: 0,
    });
  } catch (cause) {
    if (call.signal.aborted) throw call.signal.reason;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    const mayHaveRun = !NEVER_CONNECTED.has(code);
    const kind = code.endsWith('_TIMEOUT') ? 'timeout' : 'unreachable';
    throw new UpstreamFailure(kind, `no answer from the upstream (${code})`, { mayHaveRun, cause });
  }
}

function headersOf(call: UpstreamCall): Record<string, string> {
  const isModern = call.era === 'modern';
  return {
    ...(isModern ? call.paramHeaders : {}),
    accept: call.verb === 'GET' ? 'text/event-stream' : 'application/json, text/event-stream',
    'user-agent': 'sallyport',
    ...(call.message === undefined ? {} : { 'content-type': 'application/json' }),
    ...(call.version === undefined ? {} : { 'mcp-protocol-version': call.version }),
    ...(isModern && call.method !== undefined ? { 'mcp-method': call.method } : {}),
    ...(isModern && call.name !== undefined ? { 'mcp-name': encodeHeaderValue(call.name) } : {}),
    ...(call.sessionId === undefined ? {} : { 'mcp-session-id': call.sessionId }),
    ...(call.lastEventId === undefined ? {} : { 'last-event-id': call.lastEventId }),
    ...(call.trace === undefined ? {} : { traceparent: formatTraceParent(call.trace) }),
    ...(call.trace?.state === undefined ? {} : { tracestate: call.trace.state }),
    ...(call.credential ? { [call.credential.header]: call.credential.value.reveal() } : {}),
  };
}

async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  base: { readonly status: number; readonly sessionId?: string },
  limits: UpstreamLimits,
): Promise<UpstreamAnswer> {
  const { status } = base;
  const read = await readBody(body, limits.answerBytes);
  if (!read.ok) {
    const isTooLarge = read.error.code === 'too-large';
    const options = { status, mayHaveRun: mayHaveRun(status) };
    throw new UpstreamFailure(isTooLarge ? 'too-large' : 'unreachable', `the answer ${read.error.code}`, options);
  }
  if (read.value.byteLength === 0) return { ...base, kind: 'empty' };
  const message = readServerMessage(read.value, limits.depth);
  if (message.ok) return { ...base, kind: 'message', message: message.value };
  // An error page that happens to be JSON is the upstream's failure, not its answer.
  if (status >= 400) throw statusFailure(status);
  const text = `the answer is not a message: ${message.error.code}`;
  throw new UpstreamFailure('not-a-message', text, { status, mayHaveRun: true });
}

function isEmptyAnswer(call: UpstreamCall, status: number): boolean {
  if (status === 202 || status === 204) return true;
  if (call.verb === 'DELETE') return status === 200 || status === 404 || status === 405;
  return call.verb === 'GET' ? status === 405 || status === 404 : status === 404 && call.sessionId !== undefined;
}

/** Reads a bounded rest so that the connection can be used again; a longer one is cut. */
async function discard(body: Dispatcher.ResponseData['body']): Promise<void> {
  await body.dump({ limit: 65_536 }).catch(() => undefined);
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
