/**
 * The life of a call, first half (DESIGN §2): origin ▸ authenticate ▸ read message ▸ admit ▸ decide ▸ exchange.
 * Every refusal on the way is recorded, and says as little outside as it says much inside.
 */
import { findCallerAddress } from '../identity/address.ts';
import type { Caller } from '../identity/caller.ts';
import { headerBytes } from '../limits/header-bytes.ts';
import type { OverLimit } from '../limits/limiter.ts';
import { jsonAnswer } from '../mcp/answers.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import type { Message } from '../mcp/message.ts';
import { NAME_SOURCES } from '../mcp/protocol.ts';
import { metaTrace } from '../mcp/trace-meta.ts';
import type { Decision } from '../telemetry/instruments.ts';
import type { CallTrace } from '../telemetry/telemetry.ts';
import { readTraceContext } from '../telemetry/trace-context.ts';
import { admit, type Subject } from './admit.ts';
import { useApprovalTask } from './approval-task.ts';
import { decideNotification, decideRequest } from './decide.ts';
import { exchange } from './exchange.ts';
import { hold } from './hold.ts';
import { holdPlace } from './hold-place.ts';
import { originProblem } from './origin.ts';
import type { Outgoing } from './outgoing.ts';
import { headersTooLargeAnswer, overLimitAnswer } from './over-limit.ts';
import type { CallParts } from './parts.ts';
import { idOf, readMessage } from './read.ts';
import { receiveGetOrDelete } from './receive-stream.ts';
import { type Admitted, type Arrival, factsOf, principalKey } from './received.ts';
import { refuse } from './refuse.ts';
import {
  ALLOWED,
  type ApprovalTaskCall,
  asItIs,
  type Held,
  type OwnToolCall,
  type Refused,
  type Ruling,
} from './ruling.ts';
import { useOwnTool } from './use-own-tool.ts';

/** DESIGN §1; also keeps whatever stands in a URL out of records' names. */
const SERVER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

export async function receive(parts: CallParts, http: HttpCall): Promise<HttpAnswer> {
  const callId = parts.newId();
  const incoming = readTraceContext(http.headers.get('traceparent'), http.headers.get('tracestate'));
  return parts.telemetry.trace({ name: 'call', callId, incoming }, async (trace) => {
    // Until policy says more.
    trace.note({ decision: 'refused' });
    const answer = await pass(parts, arrive(parts, http, callId, trace));
    return { ...answer, headers: { ...answer.headers, 'sallyport-call-id': callId } };
  });
}

async function pass(parts: CallParts, arrival: Arrival): Promise<HttpAnswer> {
  const { http, serverName } = arrival;
  const foreign = originProblem(http.headers, { hosts: parts.hosts, origins: parts.config.http.origins });
  if (foreign !== undefined) {
    const answer = jsonAnswer(403, { error: 'forbidden' });
    return refuse(parts, arrival, { stage: 'http', code: 'origin', detail: foreign }, answer);
  }
  if (headerBytes(http.headers) > parts.config.limits.headerBytes) {
    const refusal = {
      stage: 'http',
      code: 'headers-too-large',
      detail: `limit ${parts.config.limits.headerBytes} bytes`,
    } as const;
    return refuse(parts, arrival, refusal, headersTooLargeAnswer());
  }
  if (!SERVER_NAME.test(serverName)) {
    const answer = jsonAnswer(404, { error: 'not found' });
    return refuse(parts, arrival, { stage: 'http', code: 'server-name', detail: 'not a server name' }, answer);
  }
  const authorization = http.headers.get('authorization');
  const who = await arrival.trace.stage('authenticate', () =>
    parts.authenticator.authenticate(authorization, serverName),
  );
  if (!who.ok) {
    const { code, detail, answer, caller } = who.error;
    const call = caller && factsOf(parts, arrival, caller, { era: 'legacy', method: http.method });
    return refuse(parts, arrival, { stage: 'authenticate', code, detail, ...(call && { call }) }, answer);
  }
  const caller = who.value;
  const place = parts.limiter.enter(principalKey(caller), serverName, http.method === 'GET' ? 'stream' : 'call');
  if (!place.ok) return refuseOverLimit(parts, arrival, caller, place.error);
  return holdPlace(place.value, () =>
    http.method === 'POST' ? post(parts, arrival, caller) : receiveGetOrDelete(parts, arrival, caller),
  );
}

async function post(parts: CallParts, arrival: Arrival, caller: Caller): Promise<HttpAnswer> {
  const { limits } = parts.config;
  const read = await arrival.trace.stage('read', () =>
    readMessage(arrival.http, limits, parts.deadline(limits.deadlineMs)),
  );
  if (!read.ok) {
    const { code, detail, answer } = read.error;
    const call = factsOf(parts, arrival, caller, { era: 'legacy', method: 'unread' });
    return refuse(parts, arrival, { stage: 'read', code, detail, call }, answer);
  }
  const { message, classified } = read.value;
  const said = metaTrace(message);
  if (said !== undefined) arrival.trace.adopt(said);
  const target = targetOf(message);
  const subject: Subject = {
    caller,
    classified,
    method: message.kind === 'response' ? 'response' : message.method,
    ...(target === undefined ? {} : { target }),
    id: idOf(message),
    refusalStatus: message.kind === 'request' ? 200 : 400,
  };
  const admitted = await admit(parts, arrival, subject);
  if (!admitted.ok) return admitted.error;

  const ruling = arrival.trace.stage('decide', () => decide(parts, admitted.value, message));
  arrival.trace.note({ server: arrival.serverName, tool: toolIn(message), decision: decisionOf(ruling) });
  if (!ruling.goes) return refuseRuling(parts, admitted.value, ruling, message);
  if (ruling.goes !== true) return ownAnswer(parts, admitted.value, ruling, message);
  const isStream = message.kind === 'request' && message.method === 'subscriptions/listen';
  const { decision, shape, sent, justification } = ruling;
  const outgoing: Outgoing = {
    admitted: admitted.value,
    verb: 'POST',
    message,
    ...(sent === undefined ? {} : { sent }),
    ...(message.kind === 'request' ? { awaits: message.id } : {}),
    lifetimeMs: isStream ? limits.streamMs : limits.deadlineMs,
    isStream,
    decision,
    shape,
    ...(justification === undefined ? {} : { justification }),
  };
  if (!isStream) return exchange(parts, outgoing);
  // Such a stream stays open: beside its place as a call it takes one as a stream.
  const place = parts.limiter.enter(principalKey(caller), admitted.value.server.name, 'stream');
  if (!place.ok) return refuseOverLimit(parts, arrival, caller, place.error);
  return holdPlace(place.value, () => exchange(parts, outgoing));
}

function decide(parts: CallParts, admitted: Admitted, message: Message): Ruling {
  switch (message.kind) {
    case 'request':
      return decideRequest(parts, admitted, message);
    case 'notification':
      return decideNotification(admitted, message);
    case 'response':
      // An answer to a server's question, in the caller's own session: any instance passes it on.
      return { goes: true, decision: ALLOWED, shape: asItIs };
  }
}

/** What the gateway answers itself: a call that is held, and its own tools. */
function ownAnswer(
  parts: CallParts,
  admitted: Admitted,
  ruling: Held | OwnToolCall | ApprovalTaskCall,
  message: Message,
): Promise<HttpAnswer> {
  if (message.kind !== 'request') throw new Error('only a request can be held');
  switch (ruling.goes) {
    case 'held':
      return admitted.trace.stage('hold', () => hold(parts, admitted, message, ruling));
    case 'own':
      return useOwnTool(parts, admitted, message, ruling);
    case 'task':
      return useApprovalTask(parts, admitted, message, ruling);
  }
}

function refuseOverLimit(parts: CallParts, arrival: Arrival, caller: Caller, over: OverLimit): Promise<HttpAnswer> {
  const { http } = arrival;
  const call = factsOf(parts, arrival, caller, { era: 'legacy', method: http.method });
  const detail = `retry after ${over.retryAfterSeconds} s`;
  return refuse(parts, arrival, { stage: 'http', code: over.code, detail, call }, overLimitAnswer(over));
}

async function refuseRuling(
  parts: CallParts,
  admitted: Admitted,
  ruling: Refused,
  message: Message,
): Promise<HttpAnswer> {
  const { code, detail, decision, justification, answer } = ruling;
  const params = message.kind === 'response' ? {} : (message.params ?? {});
  const request = parts.masker.maskRequest(params, admitted.server.name);
  const refusal = {
    ...({ stage: 'decide', code, detail, call: admitted.facts, request } as const),
    ...(decision ? { decision } : {}),
    ...(justification === undefined ? {} : { justification }),
  };
  return refuse(parts, admitted, refusal, answer, admitted.session);
}

function arrive(parts: CallParts, http: HttpCall, callId: string, trace: CallTrace): Arrival {
  return {
    http,
    serverName: http.params.server ?? '',
    address: findCallerAddress(http.headers.get('x-forwarded-for'), parts.config.http.trustedHops),
    receivedMs: parts.nowMs(),
    callId,
    trace,
  };
}

function decisionOf(ruling: Ruling): Decision {
  if (ruling.goes === false) return ruling.decision?.verdict === 'deny' ? 'deny' : 'refused';
  return ruling.goes === 'held' ? 'hold' : 'allow';
}

function toolIn(message: Message): string {
  const isCall = message.kind === 'request' && message.method === 'tools/call';
  return (isCall ? targetOf(message) : undefined) ?? 'none';
}

/** Tool name, resource URI or prompt name. */
function targetOf(message: Message): string | undefined {
  if (message.kind === 'response') return undefined;
  const source = NAME_SOURCES.get(message.method);
  const target = source === undefined ? undefined : message.params?.[source];
  return typeof target === 'string' ? target : undefined;
}
