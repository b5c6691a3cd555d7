/**
 * The one way to an upstream (DESIGN §2): record intent ▸ credential ▸ forward ▸ mask ▸ record outcome.
 * Nothing is sent before the intent is durable, and nothing is delivered before the outcome is.
 */
import type { UpstreamCredential } from '../credentials/broker.ts';
import type { JsonObject } from '../json/value.ts';
import { errorAnswer, errorMessage, jsonAnswer } from '../mcp/answers.ts';
import { bindingOf } from '../mcp/binding.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { type Message, type MessageId, toJson } from '../mcp/message.ts';
import { paramHeaders } from '../mcp/param-headers.ts';
import { ERROR, NAME_SOURCES } from '../mcp/protocol.ts';
import { sealSession } from '../mcp/sessions.ts';
import { withTrace } from '../mcp/trace-meta.ts';
import { mayHaveRun, type UpstreamAnswer, type UpstreamCall, UpstreamFailure } from '../mcp/upstream.ts';
import type { TraceContext } from '../telemetry/trace-context.ts';
import { answersCall, deliverResponse } from './deliver.ts';
import { holdPlace } from './hold-place.ts';
import { createTrail, type Ending, endingMessage, endingOf, type Trail } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { relayEvents } from './relay.ts';
import { watchCaller } from './watch-caller.ts';

export async function exchange(parts: CallParts, outgoing: Outgoing): Promise<HttpAnswer> {
  const watched = watchCaller(parts, outgoing);
  return holdPlace(watched.watch, () => send(parts, watched.outgoing));
}

async function send(parts: CallParts, outgoing: Outgoing): Promise<HttpAnswer> {
  const { admitted } = outgoing;
  // The vault is asked while the intent is written: neither is an upstream byte.
  const [intent, credential] = await Promise.allSettled([
    admitted.trace.stage('record-intent', () => recordIntent(parts, outgoing)),
    admitted.trace.stage('credential', () => readCredential(parts, admitted)),
  ]);
  if (intent.status === 'rejected') return notRecorded(parts, outgoing, intent.reason);
  const trail = createTrail(parts, outgoing, credential.status === 'fulfilled' ? credential.value : undefined);
  if (credential.status === 'rejected') return credentialMissing(parts, outgoing, trail, credential.reason);

  // The last moment at which an approved call can still be given up without a trace at the upstream.
  const { release } = outgoing;
  if (release !== undefined && !(await release.markSent())) return endWith(parts, outgoing, trail, NOT_SENT);

  const signal = AbortSignal.any([admitted.http.signal, parts.deadline(outgoing.lifetimeMs)]);
  let answer: UpstreamAnswer;
  try {
    answer = await admitted.trace.stage('forward', (onward) =>
      parts.bridge.call(admitted.server, callerKey(outgoing), upstreamCall(outgoing, credential.value, onward, signal)),
    );
    admitted.http.signal.throwIfAborted();
  } catch (cause) {
    const isRefused = cause instanceof UpstreamFailure && cause.code === 'credential-refused';
    if (isRefused && credential.value) parts.credentials.invalidate(credential.value.secret, credential.value.version);
    return endWith(parts, outgoing, trail, endingOf(cause, admitted), cause);
  }
  return conclude(parts, outgoing, trail, answer);
}

const NOT_SENT: Ending = {
  status: 'failed',
  exposure: [],
  error: { code: 'not-claimed', detail: 'the release was given up before anything was sent' },
};

async function conclude(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  answer: UpstreamAnswer,
): Promise<HttpAnswer> {
  if (answer.status === 404 && outgoing.admitted.upstreamSession !== undefined) return sessionLost(outgoing, trail);
  // Nobody awaits a message here: a status says it all, and what else stands in such an answer is not handed on.
  const isUnawaited = answer.kind === 'message' && outgoing.awaits === undefined;
  if (answer.kind === 'empty' || isUnawaited) return concludeEmpty(parts, outgoing, trail, answer.status);

  const headers = sessionHeaders(parts, outgoing, answer.sessionId);
  if (answer.kind === 'events') return relayEvents(parts, outgoing, trail, { events: answer.events, headers });
  if (!answersCall(answer.message, outgoing)) {
    const error = { code: 'not-a-message', detail: 'the answer belongs to no request of ours' };
    return endWith(parts, outgoing, trail, answeredAmiss(answer.status, error));
  }
  const body = await deliverResponse(parts, outgoing, trail, answer.message, answer.status);
  return jsonAnswer(answer.status, body, headers);
}

async function recordIntent(parts: CallParts, outgoing: Outgoing): Promise<void> {
  const { admitted, message, decision, justification, release } = outgoing;
  const request = parts.masker.maskRequest(message === undefined ? {} : contentOf(message), admitted.server.name);
  const under = release === undefined ? {} : { approval: release.approval };
  await parts.recorder.record(admitted.session, {
    kind: 'intent',
    call: admitted.facts,
    decision,
    ...under,
    ...(justification === undefined ? {} : { justification }),
    request,
  });
}

async function readCredential(parts: CallParts, { server }: Admitted): Promise<UpstreamCredential | undefined> {
  return server.credential ? parts.credentials.credentialFor(server.credential) : undefined;
}

/** What a message says beside its method: parameters, or what a client answers to a server's question. */
function contentOf(message: Message): JsonObject {
  return message.kind === 'response' ? (message.result ?? message.error ?? {}) : (message.params ?? {});
}

function upstreamCall(
  outgoing: Outgoing,
  credential: UpstreamCredential | undefined,
  trace: TraceContext | undefined,
  signal: AbortSignal,
): UpstreamCall {
  const { admitted, verb, lastEventId } = outgoing;
  const { era, version } = admitted.classified;
  const message = outgoing.sent ?? outgoing.message;
  const method = message && 'method' in message ? message.method : undefined;
  const source = method === undefined ? undefined : NAME_SOURCES.get(method);
  const name = source === undefined || !message || !('method' in message) ? undefined : message.params?.[source];
  return {
    url: admitted.server.url,
    verb,
    era,
    ...(version === undefined ? {} : { version }),
    ...(message === undefined ? {} : { message: toJson(withTrace(message, trace)) }),
    ...(method === undefined ? {} : { method }),
    ...(typeof name === 'string' ? { name } : {}),
    paramHeaders: paramHeaders(admitted.http.headers),
    ...(admitted.upstreamSession === undefined ? {} : { sessionId: admitted.upstreamSession }),
    ...(lastEventId === undefined ? {} : { lastEventId }),
    ...(credential === undefined ? {} : { credential }),
    ...(trace === undefined ? {} : { trace }),
    signal,
  };
}

/** The upstream had the call, and what it said is no answer to it. */
function answeredAmiss(httpStatus: number, error: NonNullable<Ending['error']>): Ending {
  return { status: mayHaveRun(httpStatus) ? 'unknown' : 'failed', httpStatus, exposure: [], error };
}

/** The upstream's new session id, sealed to this caller; only `initialize` makes one. */
function sessionHeaders(parts: CallParts, outgoing: Outgoing, upstreamId: string | undefined): Record<string, string> {
  const { message } = outgoing;
  const isInitialize = message?.kind === 'request' && message.method === 'initialize';
  if (upstreamId === undefined || !isInitialize) return {};
  const { caller, server } = outgoing.admitted;
  const sealed = sealSession(parts.keyring, caller, server.name, upstreamId);
  return sealed === undefined ? {} : { 'mcp-session-id': sealed };
}

async function concludeEmpty(parts: CallParts, outgoing: Outgoing, trail: Trail, status: number): Promise<HttpAnswer> {
  if (outgoing.awaits !== undefined && outgoing.verb === 'POST') {
    const error = { code: 'not-a-message', detail: `the upstream answered ${status} to a request, and nothing else` };
    return endWith(parts, outgoing, trail, answeredAmiss(status, error));
  }
  await trail.end({ status: status < 400 ? 'answered' : 'error', httpStatus: status, exposure: [] });
  const allow: Record<string, string> = status === 405 ? { allow: 'POST' } : {};
  return { status, headers: allow };
}

async function sessionLost(outgoing: Outgoing, trail: Trail): Promise<HttpAnswer> {
  const error = { code: 'session-lost', detail: 'the upstream does not know the session any more' };
  await trail.end({ status: 'error', httpStatus: 404, exposure: [], error });
  return errorAnswer(404, idOf(outgoing), ERROR.sessionNotFound, 'Session not found');
}

async function endWith(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  ending: Ending,
  cause?: unknown,
): Promise<HttpAnswer> {
  const { callId, server } = outgoing.admitted;
  const facts = { callId, server: server.name, status: ending.status, code: ending.error?.code };
  parts.log('warn', 'upstream-call-failed', facts, cause);
  await trail.end(ending);
  return jsonAnswer(isAnswerable(outgoing) ? 200 : 502, endingMessage(idOf(outgoing), ending));
}

async function credentialMissing(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  cause: unknown,
): Promise<HttpAnswer> {
  const error = { code: 'credential', detail: 'the credential could not be had' };
  return endWith(parts, outgoing, trail, { status: 'failed', exposure: [], error }, cause);
}

function notRecorded(parts: CallParts, outgoing: Outgoing, cause: unknown): HttpAnswer {
  parts.log('error', 'intent-not-recorded', { callId: outgoing.admitted.callId }, cause);
  const body: JsonObject = errorMessage(
    idOf(outgoing),
    ERROR.notRecorded,
    'This call was not made: it could not be recorded. Try again later.',
  );
  return jsonAnswer(isAnswerable(outgoing) ? 200 : 503, body);
}

/** A JSON-RPC request: its errors travel inside a 200, where clients read them. */
function isAnswerable({ message }: Outgoing): boolean {
  return message?.kind === 'request';
}

/** Principal and agent as one text: a session that the bridge holds is never shared between two. A release has its own. */
function callerKey({ admitted, release }: Outgoing): string {
  const { caller, server } = admitted;
  return bindingOf(caller, server.name, ...(release === undefined ? [] : ['release', release.approval]));
}

function idOf({ awaits }: Outgoing): MessageId | null {
  return awaits ?? null;
}
