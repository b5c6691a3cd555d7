/**
 * Carries a modern client's call to a legacy upstream, on a session of the gateway's own: session ▸ request under an id of
 * ours ▸ answer as the modern era has it. A client that goes away cancels its request, which the legacy era says in words.
 */
import type { ServerConfig } from '../../config/config.ts';
import { isObject } from '../../json/value.ts';
import { isSameId, type MessageId, type RequestMessage, toJson } from '../message.ts';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure } from '../upstream.ts';
import { isCarried, lackingMethod, META_CLIENT_INFO, objectOr, resultAnswer } from './carried.ts';
import { changeEvents } from './events.ts';
import { isTurnedAway } from './evidence.ts';
import type { LegacySession } from './handshake.ts';
import type { LegacySessions } from './legacy-sessions.ts';
import type { BridgeOptions, Carried } from './options.ts';
import { resumeUntil } from './resume-stream.ts';
import {
  declineRequest,
  discoverResult,
  isForModernClient,
  modernStatus,
  toLegacyRequest,
  toModernResponse,
} from './to-legacy.ts';

const CANCEL_MS = 5_000;
const REFUSED: Carried = { kind: 'refused' };

/** Throws `UpstreamFailure`, or the reason of the call's signal. */
export async function carryToLegacy(
  options: BridgeOptions,
  sessions: LegacySessions,
  server: ServerConfig,
  caller: string,
  call: UpstreamCall,
  request: RequestMessage,
): Promise<Carried> {
  const clientInfo = objectOr(request.params?._meta)[META_CLIENT_INFO];
  const open = () => sessions.open(server, caller, call, isObject(clientInfo) ? clientInfo : options.clientInfo);
  const lease = await open();
  if (lease === undefined) return REFUSED;
  if (request.method === 'server/discover') {
    return { kind: 'answered', answer: resultAnswer(request.id, discoverResult(lease.session.initialized)) };
  }
  if (!isCarried(server, request.method)) {
    return { kind: 'answered', answer: lackingMethod(request.id, 404, request.method) };
  }
  const first = await ask(options, server, call, request, lease.session);
  if (first.kind === 'answered') return first;

  // Turned away at the door, so it did not run: once more, on a session that is new.
  lease.drop();
  const again = await open();
  if (again === undefined) return REFUSED;
  const second = await ask(options, server, call, request, again.session);
  if (second.kind === 'answered') return second;
  again.drop();
  const text = 'the upstream turned the request away on a session that it had just opened';
  throw new UpstreamFailure('status', text, { status: second.status });
}

type Asked = Extract<Carried, { kind: 'answered' }> | { readonly kind: 'turned-away'; readonly status: number };

async function ask(
  options: BridgeOptions,
  server: ServerConfig,
  call: UpstreamCall,
  request: RequestMessage,
  session: LegacySession,
): Promise<Asked> {
  const id = options.newId();
  const { url, credential, signal } = call;
  const base: UpstreamCall = {
    url,
    ...(credential === undefined ? {} : { credential }),
    ...(session.id === undefined ? {} : { sessionId: session.id }),
    verb: 'POST',
    era: 'legacy',
    version: session.version,
    signal,
  };
  const sent = toLegacyRequest(request, id);
  const stopWatching = cancelOnAbort(options, server, base, id);
  let answer: UpstreamAnswer;
  try {
    answer = await options.call(server, { ...base, message: toJson(sent), method: sent.method });
  } catch (cause) {
    if (!signal.aborted) stopWatching();
    throw cause;
  }
  if (answer.kind === 'events') {
    let isAnswered = false;
    const whole = resumeUntil(() => isAnswered, options, server, base, answer.events);
    const events = changeEvents(whole, options.depth, async (message) => {
      switch (message.kind) {
        case 'response':
          if (!isSameId(message.id, id)) return message;
          isAnswered = true;
          stopWatching();
          return toModernResponse(request, message);
        case 'notification':
          return isForModernClient(request, message) ? message : undefined;
        case 'request':
          // It goes on into the record; the relay hands no question to a modern client.
          await decline(options, server, base, message);
          return message;
      }
    });
    return { kind: 'answered', answer: { status: answer.status, kind: 'events', events } };
  }
  stopWatching();
  if (isSessionLost(answer, sent)) return { kind: 'turned-away', status: answer.status };
  return { kind: 'answered', answer: toModernAnswer(answer, request, id) };
}

function toModernAnswer(answer: UpstreamAnswer, request: RequestMessage, id: MessageId): UpstreamAnswer {
  const { status } = answer;
  if (answer.kind !== 'message') return { status, kind: 'empty' };
  const { message } = answer;
  const isOurs = message.kind === 'response' && (message.id === null || isSameId(message.id, id));
  if (!isOurs) return { status, kind: 'message', message };
  return { status: modernStatus(message, status), kind: 'message', message: toModernResponse(request, message) };
}

/** What the server asks of its client reaches nobody; the server hears so, and goes on as it sees fit. */
async function decline(
  options: BridgeOptions,
  server: ServerConfig,
  base: UpstreamCall,
  asked: RequestMessage,
): Promise<void> {
  options.log('info', 'bridge-request-declined', { server: server.name, method: asked.method.slice(0, 64) });
  try {
    await options.call(server, { ...base, message: toJson(declineRequest(asked)) });
  } catch (cause) {
    options.log('warn', 'bridge-decline-not-delivered', { server: server.name }, cause);
  }
}

/** Returns what to call once the request is answered. A legacy server takes no disconnect for a cancel. */
function cancelOnAbort(options: BridgeOptions, server: ServerConfig, base: UpstreamCall, id: MessageId): () => void {
  const cancel = async (): Promise<void> => {
    const params = { requestId: id, reason: 'the client went away' };
    const message = toJson({ kind: 'notification', method: 'notifications/cancelled', params });
    try {
      await options.call(server, { ...base, message, signal: options.deadline(CANCEL_MS) });
    } catch (cause) {
      options.log('info', 'bridge-cancel-not-delivered', { server: server.name }, cause);
    }
  };
  base.signal.addEventListener('abort', cancel, { once: true });
  return () => base.signal.removeEventListener('abort', cancel);
}

/** 404, or 400 from a server that takes whatever names no session of its own for a client's first words. */
function isSessionLost(answer: UpstreamAnswer, sent: RequestMessage): boolean {
  if (answer.kind === 'empty') return answer.status === 404;
  if (answer.kind !== 'message' || answer.message.kind !== 'response') return false;
  return isTurnedAway(sent, answer.status, answer.message);
}
