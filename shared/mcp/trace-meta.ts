/**
 * Trace context in a message's `_meta` (SEP-414: `traceparent`, `tracestate`, `baggage`, without a prefix): taken from what
 * the client sent, and put into what goes to the upstream. Baggage is a client's free text to whoever reads it further on:
 * it does not pass.
 */
import { isObject, type JsonObject } from '../json/value.ts';
import { formatTraceParent, readTraceContext, type TraceContext } from '../telemetry/trace-context.ts';
import type { Message } from './message.ts';

export function metaTrace(message: Message): TraceContext | undefined {
  const meta = message.kind === 'response' ? undefined : message.params?._meta;
  return isObject(meta) ? readTraceContext(meta.traceparent, meta.tracestate) : undefined;
}

/**
 * Only a request is given what it did not have: no answer is awaited of a notification, and its headers say the same. A
 * message without any of it, and without a trace to tell of, is the same one.
 */
export function withTrace<M extends Message>(message: M, trace: TraceContext | undefined): M {
  if (message.kind === 'response') return message;
  const { params = {} } = message;
  const given = isObject(params._meta) ? params._meta : undefined;
  const hadAny = given !== undefined && KEYS.some((key) => key in given);
  const mayAdd = trace !== undefined && (hadAny || message.kind === 'request');
  if (!hadAny && !mayAdd) return message;
  // What is no object is the upstream's to refuse.
  if (params._meta !== undefined && given === undefined) return message;
  const { traceparent, tracestate, baggage, ...rest } = given ?? {};
  return { ...message, params: { ...params, _meta: { ...rest, ...(mayAdd ? membersOf(trace) : {}) } } };
}

const KEYS = ['traceparent', 'tracestate', 'baggage'];

function membersOf(trace: TraceContext): JsonObject {
  return { traceparent: formatTraceParent(trace), ...(trace.state === undefined ? {} : { tracestate: trace.state }) };
}
