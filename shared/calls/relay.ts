/**
 * An event stream from the upstream to the client (DESIGN §2.7–9; FACTS §1.8): event by event, each masked and durable
 * before it is flushed, at the client's pace. The stream never errors: it ends with the answer, or with what became of it.
 */
import { sealEventId } from '../mcp/event-ids.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { type Message, type NotificationMessage, readServerText } from '../mcp/message.ts';
import { formatEvent, KEEP_ALIVE, SSE_HEADERS, type SseEvent } from '../mcp/sse.ts';
import { UpstreamFailure } from '../mcp/upstream.ts';
import { answersCall, deliverEvent, deliverResponse } from './deliver.ts';
import { type Ending, endingMessage, endingOf, type Trail } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import { pullStream } from './pull-stream.ts';

/** Under the 25 s that a stream may be silent (FACTS §1.8: proxies begin to close idle ones at 30 s). */
const KEEP_ALIVE_MS = 20_000;

export interface UpstreamStream {
  readonly events: AsyncIterable<SseEvent>;
  readonly headers: Readonly<Record<string, string>>;
}

export function relayEvents(parts: CallParts, outgoing: Outgoing, trail: Trail, stream: UpstreamStream): HttpAnswer {
  const keepAlive = { everyMs: KEEP_ALIVE_MS, frame: KEEP_ALIVE, pause: parts.pause };
  const frames = relayFrames(parts, outgoing, trail, stream.events);
  return { status: 200, headers: { ...SSE_HEADERS, ...stream.headers }, body: pullStream(frames, keepAlive) };
}

async function* relayFrames(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  events: AsyncIterable<SseEvent>,
): AsyncGenerator<string> {
  const { admitted } = outgoing;
  let isResumable = false;
  try {
    for await (const event of events) {
      // What came before the caller was blocked, or left, may lie read and not yet delivered.
      admitted.http.signal.throwIfAborted();
      const id = eventIdOf(parts, outgoing, event);
      isResumable ||= id !== undefined;
      if (event.data === '') {
        if (id !== undefined) yield formatEvent('', id, event.retryMs);
        continue;
      }
      const message = readEvent(parts, event.data);
      if (message.kind === 'response') {
        if (!answersCall(message, outgoing))
          throw new UpstreamFailure('not-a-message', FOREIGN_ANSWER, { mayHaveRun: true });
        const body = await deliverResponse(parts, outgoing, trail, message, 200);
        yield formatEvent(JSON.stringify(body), id, event.retryMs);
        return;
      }
      const isCarried =
        message.kind === 'request' ? isQuestionCarried(outgoing) : isNoticeCarried(parts, outgoing, message);
      const body = await deliverEvent(parts, outgoing, trail, message, isCarried);
      // A lost event is no lost answer, but what follows it could be: the rest is withheld.
      if (body === undefined) return yield* endStream(outgoing, trail, WITHHELD);
      if (isCarried) yield formatEvent(JSON.stringify(body), id, event.retryMs);
    }
    // A legacy server may close a stream that it goes on with: the client resumes it, and the answer comes there.
    if (outgoing.awaits !== undefined && isResumable) await trail.end(BROKEN_OFF);
    else yield* endStream(outgoing, trail, outgoing.awaits === undefined ? CLOSED : BROKEN_OFF);
  } catch (cause) {
    const isLifetime = outgoing.isStream && cause instanceof Error && cause.name === 'TimeoutError';
    const ending = isLifetime ? CLOSED : endingOf(cause, admitted);
    if (isLifetime) {
      await trail.end(ending);
      return;
    }
    parts.log('warn', 'stream-ended-early', { callId: admitted.callId, status: ending.status }, cause);
    yield* endStream(outgoing, trail, ending);
  } finally {
    // The client stopped reading: the generator was returned from without an ending of its own.
    if (!trail.hasEnded) await trail.end(GONE);
  }
}

const FOREIGN_ANSWER = 'an answer to no request of ours';

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
  if (outgoing.awaits === undefined) return;
  yield formatEvent(JSON.stringify(endingMessage(outgoing.awaits, ending)));
}

/** Our id for a legacy event that the client may resume after; modern streams can't be resumed. */
function eventIdOf(parts: CallParts, { admitted, awaits }: Outgoing, { id }: SseEvent): string | undefined {
  const { caller, classified, facts, server, upstreamSession } = admitted;
  if (id === undefined || classified.era === 'modern' || upstreamSession === undefined) return undefined;
  return sealEventId(parts.keyring, caller, server.name, upstreamSession, {
    eventId: id,
    callId: facts.id,
    ...(awaits === undefined ? {} : { requestId: JSON.stringify(awaits) }),
    method: facts.method,
    ...(facts.target === undefined ? {} : { target: facts.target }),
  });
}

/** A legacy server asks its client on the stream; the modern era has no such questions, so one is recorded and dropped. */
function isQuestionCarried({ admitted }: Outgoing): boolean {
  return admitted.classified.era === 'legacy';
}

/** A notice about a resource goes to whoever may read it; one about a task names it by an id that is not the client's. */
function isNoticeCarried(parts: CallParts, { admitted }: Outgoing, { method, params }: NotificationMessage): boolean {
  if (method.startsWith('notifications/tasks')) return false;
  if (method !== 'notifications/resources/updated') return true;
  const uri = params?.uri;
  const item = { server: admitted.server.name, kind: 'resource', name: String(uri) } as const;
  return typeof uri === 'string' && parts.policy.decideItem(admitted.asker, item).verdict === 'allow';
}

function readEvent(parts: CallParts, data: string): Message {
  const message = readServerText(data, parts.config.limits.depth);
  if (message.ok) return message.value;
  throw new UpstreamFailure('not-a-message', `an event is not a message: ${message.error.code}`, { mayHaveRun: true });
}
