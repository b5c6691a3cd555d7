/**
 * GET and DELETE (MCP 2025-11-25, Streamable HTTP): a legacy server's own stream, its resumption, the end of a session.
 * The modern era has neither.
 */
import type { Caller } from '../identity/caller.ts';
import { errorAnswer } from '../mcp/answers.ts';
import { openEventId } from '../mcp/event-ids.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { MessageId } from '../mcp/message.ts';
import { ERROR, MODERN_VERSIONS } from '../mcp/protocol.ts';
import { admit } from './admit.ts';
import { shapeOfResumed } from './decide.ts';
import { exchange } from './exchange.ts';
import type { CallParts } from './parts.ts';
import { type Admitted, type Arrival, factsOf } from './received.ts';
import { refuse } from './refuse.ts';
import { ALLOWED, asItIs } from './ruling.ts';

/** GET opens a legacy server's own stream, DELETE ends a legacy session; the modern era has neither. */
export async function receiveGetOrDelete(parts: CallParts, arrival: Arrival, caller: Caller): Promise<HttpAnswer> {
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
  arrival.trace.note({ server: arrival.serverName, tool: 'none', decision: 'allow' });
  const lastEventId = verb === 'GET' ? http.headers.get('last-event-id') : null;
  if (lastEventId !== null) return resume(parts, admitted.value, lastEventId);
  const { limits } = parts.config;
  const lifetimeMs = verb === 'GET' ? limits.streamMs : limits.deadlineMs;
  const base = { lifetimeMs, isStream: verb === 'GET', decision: ALLOWED, shape: asItIs };
  return exchange(parts, { admitted: admitted.value, verb, ...base });
}

/** A stream that broke off goes on after its last event, and what it brings belongs to the call that began it. */
async function resume(parts: CallParts, admitted: Admitted, sealed: string): Promise<HttpAnswer> {
  const { caller, server, session, upstreamSession = '' } = admitted;
  const point = openEventId(parts.keyring, caller, server.name, upstreamSession, sealed);
  if (point === undefined) {
    const answer = errorAnswer(400, null, ERROR.invalidRequest, 'Invalid Request: unknown Last-Event-ID');
    const detail = 'the event id was not given to this caller in this session';
    const refusal = { stage: 'read', code: 'event-id', detail, call: admitted.facts } as const;
    return refuse(parts, admitted, refusal, answer, session);
  }
  const target = point.target === undefined ? {} : { target: point.target };
  const resumed: Admitted = {
    ...admitted,
    callId: point.callId,
    facts: { ...admitted.facts, id: point.callId, method: point.method, ...target },
  };
  const awaits: MessageId | undefined = point.requestId === undefined ? undefined : JSON.parse(point.requestId);
  return exchange(parts, {
    admitted: resumed,
    verb: 'GET',
    lastEventId: point.eventId,
    ...(awaits === undefined ? {} : { awaits }),
    lifetimeMs: parts.config.limits.streamMs,
    isStream: true,
    decision: ALLOWED,
    shape: shapeOfResumed(parts, resumed),
  });
}
