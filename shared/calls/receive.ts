/**
 * The life of a call, first half (DESIGN §2): origin ▸ authenticate ▸ read message ▸ admit ▸ decide ▸ exchange.
 * Every refusal on the way is recorded, and says as little outside as it says much inside.
 */
import { findCallerAddress } from '../identity/address.ts';
import type { Caller } from '../identity/caller.ts';
import { errorAnswer, jsonAnswer } from '../mcp/answers.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import type { Message } from '../mcp/message.ts';
import { ERROR, MODERN_VERSIONS, NAME_SOURCES } from '../mcp/protocol.ts';
import { admit, type Subject } from './admit.ts';
import { decideNotification, decideRequest, type Ruling } from './decide.ts';
import { exchange } from './exchange.ts';
import { originProblem } from './origin.ts';
import type { CallParts } from './parts.ts';
import { idOf, readMessage } from './read.ts';
import { type Admitted, type Arrival, factsOf } from './received.ts';
import { refuse } from './refuse.ts';

/** DESIGN §1; also keeps whatever stands in a URL out of records' names. */
const SERVER_NAME = /^[a-z][a-z0-9-]{0,31}$/;

export async function receive(parts: CallParts, http: HttpCall): Promise<HttpAnswer> {
  const arrival = arrive(parts, http);
  const answer = await pass(parts, arrival);
  return { ...answer, headers: { ...answer.headers, 'sallyport-call-id': arrival.callId } };
}

async function pass(parts: CallParts, arrival: Arrival): Promise<HttpAnswer> {
  const { http, serverName } = arrival;
  const foreign = originProblem(http.headers, { hosts: parts.hosts, origins: parts.config.http.origins });
  if (foreign !== undefined) {
    const answer = jsonAnswer(403, { error: 'forbidden' });
    return refuse(parts, arrival, { stage: 'http', code: 'origin', detail: foreign }, answer);
  }
  if (!SERVER_NAME.test(serverName)) {
    const answer = jsonAnswer(404, { error: 'not found' });
    return refuse(parts, arrival, { stage: 'http', code: 'server-name', detail: 'not a server name' }, answer);
  }
  const who = await parts.authenticator.authenticate(http.headers.get('authorization'), serverName);
  if (!who.ok) {
    const { code, detail, answer } = who.error;
    return refuse(parts, arrival, { stage: 'authenticate', code, detail }, answer);
  }
  return http.method === 'POST' ? post(parts, arrival, who.value) : getOrDelete(parts, arrival, who.value);
}

async function post(parts: CallParts, arrival: Arrival, caller: Caller): Promise<HttpAnswer> {
  const read = await readMessage(arrival.http, parts.config.limits);
  if (!read.ok) {
    const { code, detail, answer } = read.error;
    const call = factsOf(parts, arrival, caller, { era: 'legacy', method: 'unread' });
    return refuse(parts, arrival, { stage: 'read', code, detail, call }, answer);
  }
  const { message, classified } = read.value;
  if (message.kind === 'response') return declineResponse(parts, arrival, caller);

  const target = targetOf(message);
  const subject: Subject = {
    caller,
    classified,
    method: message.method,
    ...(target === undefined ? {} : { target }),
    id: idOf(message),
    refusalStatus: message.kind === 'request' ? 200 : 400,
  };
  const admitted = await admit(parts, arrival, subject);
  if (!admitted.ok) return admitted.error;

  const ruling =
    message.kind === 'request'
      ? decideRequest(parts, admitted.value, message)
      : decideNotification(admitted.value, message);
  if (!ruling.goes) return refuseRuling(parts, admitted.value, ruling, message);
  const { decision, shape } = ruling;
  return exchange(parts, { admitted: admitted.value, verb: 'POST', message, decision, shape });
}

/** GET opens a legacy server's own stream, DELETE ends a legacy session; the modern era has neither. */
async function getOrDelete(parts: CallParts, arrival: Arrival, caller: Caller): Promise<HttpAnswer> {
  const { http } = arrival;
  const verb = http.method === 'GET' ? 'GET' : http.method === 'DELETE' ? 'DELETE' : undefined;
  const version = http.headers.get('mcp-protocol-version')?.trim();
  const isModern = MODERN_VERSIONS.some((modern) => modern === version);
  const isOff = verb === 'GET' && parts.config.servers.get(arrival.serverName)?.notifications === 'off';
  const call = factsOf(parts, arrival, caller, { era: isModern ? 'modern' : 'legacy', method: http.method });
  if (verb === undefined || isModern || isOff) {
    const answer = { ...errorAnswer(405, null, ERROR.transport, 'Method not allowed.') };
    const refused = { ...answer, headers: { ...answer.headers, allow: 'POST' } };
    return refuse(parts, arrival, { stage: 'http', code: 'method', detail: http.method, call }, refused);
  }
  if (verb === 'GET' && !(http.headers.get('accept') ?? '').includes('text/event-stream')) {
    const text = 'Not Acceptable: Client must accept text/event-stream';
    const answer = errorAnswer(406, null, ERROR.transport, text);
    return refuse(parts, arrival, { stage: 'http', code: 'not-acceptable', detail: 'accept', call }, answer);
  }
  const classified = { era: 'legacy', ...(version === undefined ? {} : { version }) } as const;
  const admitted = await admit(parts, arrival, { caller, classified, method: verb, id: null, refusalStatus: 400 });
  if (!admitted.ok) return admitted.error;
  const decision = { verdict: 'allow', policies: [] } as const;
  return exchange(parts, { admitted: admitted.value, verb, decision, shape: (result) => result });
}

/** No server's question reaches a client yet, so nobody is waiting for an answer. */
async function declineResponse(parts: CallParts, arrival: Arrival, caller: Caller): Promise<HttpAnswer> {
  const call = factsOf(parts, arrival, caller, { era: 'legacy', method: 'response' });
  const text = 'Method not found: answers to server requests are not handled';
  const answer = errorAnswer(400, null, ERROR.methodNotFound, text);
  return refuse(parts, arrival, { stage: 'read', code: 'response', detail: 'not handled', call }, answer);
}

async function refuseRuling(
  parts: CallParts,
  admitted: Admitted,
  ruling: Extract<Ruling, { goes: false }>,
  message: Exclude<Message, { kind: 'response' }>,
): Promise<HttpAnswer> {
  const { code, detail, decision, answer } = ruling;
  const request = parts.masker.maskRequest(message.params ?? {});
  const refusal = { stage: 'decide', code, detail, call: admitted.facts, request } as const;
  return refuse(parts, admitted, { ...refusal, ...(decision ? { decision } : {}) }, answer, admitted.session);
}

function arrive(parts: CallParts, http: HttpCall): Arrival {
  return {
    http,
    serverName: http.params.server ?? '',
    address: findCallerAddress(http.headers.get('x-forwarded-for'), parts.config.http.trustedHops),
    receivedMs: parts.nowMs(),
    callId: parts.newId(),
  };
}

/** Tool name, resource URI or prompt name. */
function targetOf(message: Exclude<Message, { kind: 'response' }>): string | undefined {
  const source = NAME_SOURCES.get(message.method);
  const target = source === undefined ? undefined : message.params?.[source];
  return typeof target === 'string' ? target : undefined;
}
