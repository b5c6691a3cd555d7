/**
 * An event stream from the upstream to the client (DESIGN §2.7–9; FACTS §1.8): event by event, each masked and durable
 * before it is flushed, at the client's pace. The stream never errors: it ends with the answer, or with what became of it.
 */

import { errorMessage } from '../mcp/answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { type Message, type RequestMessage, readServerMessage, toJson } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { formatEvent, KEEP_ALIVE, SSE_HEADERS } from '../mcp/sse.ts';
import { callUpstream, type UpstreamCall, UpstreamFailure } from '../mcp/upstream.ts';
import { answersCall, deliverNotification, deliverResponse } from './deliver.ts';
import { type Ending, endingMessage, endingOf, type Trail } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import { pullStream } from './pull-stream.ts';

/** Under the 30 s after which proxies begin to close idle streams (FACTS §1.8). */
const KEEP_ALIVE_MS = 20_000;

export interface UpstreamStream {
  readonly events: AsyncIterable<string>;
  readonly headers: Readonly<Record<string, string>>;
  /** The call that the stream answers; its session and credential answer an upstream's own requests. */
  readonly call: UpstreamCall;
}

export function relayEvents(parts: CallParts, outgoing: Outgoing, trail: Trail, stream: UpstreamStream): HttpAnswer {
  const keepAlive = { everyMs: KEEP_ALIVE_MS, frame: KEEP_ALIVE, pause: parts.pause };
  const frames = relayFrames(parts, outgoing, trail, stream);
  return { status: 200, headers: { ...SSE_HEADERS, ...stream.headers }, body: pullStream(frames, keepAlive) };
}

async function* relayFrames(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  stream: UpstreamStream,
): AsyncGenerator<string> {
  const { admitted } = outgoing;
  try {
    for await (const data of stream.events) {
      const message = readEvent(parts, data);
      if (answersCall(message, outgoing)) {
        const body = await deliverResponse(parts, outgoing, trail, message, 200);
        yield formatEvent(JSON.stringify(body));
        return;
      }
      if (message.kind === 'notification') {
        const body = await deliverNotification(parts, outgoing, trail, message);
        // A lost notification is no lost answer, but what follows it could be: the rest is withheld.
        if (body === undefined) return yield* endStream(outgoing, trail, WITHHELD);
        yield formatEvent(JSON.stringify(body));
      } else if (message.kind === 'request') {
        await declineRequest(parts, trail, stream.call, message);
      } else {
        throw new UpstreamFailure('not-a-message', 'an answer to no request of ours', { mayHaveRun: true });
      }
    }
    yield* endStream(outgoing, trail, outgoing.message ? BROKEN_OFF : CLOSED);
  } catch (cause) {
    const ending = endingOf(cause, admitted);
    parts.log('warn', 'stream-ended-early', { callId: admitted.callId, status: ending.status }, cause);
    yield* endStream(outgoing, trail, ending);
  } finally {
    // The client stopped reading: the generator was returned from without an ending of its own.
    if (!trail.hasEnded) await trail.end(GONE);
  }
}

const WITHHELD: Ending = {
  status: 'withheld',
  exposure: [],
  error: { code: 'event', detail: 'an event was withheld' },
};
const CLOSED: Ending = { status: 'answered', httpStatus: 200, exposure: [] };
const BROKEN_OFF: Ending = {
  status: 'unknown',
  httpStatus: 200,
  exposure: [],
  error: { code: 'broken-off', detail: 'the stream ended without the answer' },
};
const GONE: Ending = {
  status: 'abandoned',
  exposure: [],
  error: { code: 'client-gone', detail: 'the client stopped reading' },
};

/** The outcome, and for a request that had no answer the error that stands for it. */
async function* endStream(outgoing: Outgoing, trail: Trail, ending: Ending): AsyncGenerator<string> {
  await trail.end(ending);
  if (outgoing.message?.kind !== 'request') return;
  yield formatEvent(JSON.stringify(endingMessage(outgoing.message.id, ending)));
}

function readEvent(parts: CallParts, data: string): Message {
  const message = readServerMessage(Buffer.from(data, 'utf8'), parts.config.limits.depth);
  if (message.ok) return message.value;
  throw new UpstreamFailure('not-a-message', `an event is not a message: ${message.error.code}`, { mayHaveRun: true });
}

/** What a server asks of a client is not carried yet: it hears so at once, and the client never sees the question. */
async function declineRequest(
  parts: CallParts,
  trail: Trail,
  call: UpstreamCall,
  request: RequestMessage,
): Promise<void> {
  await trail.event({ message: parts.masker.maskRequest(toJson(request)), exposure: [] });
  const message = errorMessage(request.id, ERROR.methodNotFound, `Method not found: ${request.method}`);
  const { method: _method, name: _name, paramHeaders: _paramHeaders, ...rest } = call;
  try {
    await callUpstream(parts.dispatcher, { ...rest, verb: 'POST', message }, parts.config.limits);
  } catch (cause) {
    parts.log('warn', 'decline-not-delivered', { method: request.method }, cause);
  }
}
