/**
 * Carries calls between a client of one era and an upstream that speaks only the other. A message goes out as it came; only
 * an answer that a server of the other era alone gives, before anything ran, has it sent again in that era. Toward an
 * upstream of the client's own era no byte is changed and no request is added.
 */
import type { ServerConfig } from '../../config/config.ts';
import { type RequestMessage, toMessage } from '../message.ts';
import { ERROR } from '../protocol.ts';
import { type UpstreamAnswer, type UpstreamCall, UpstreamFailure } from '../upstream.ts';
import { ACCEPTED, errorResponse, NOT_ALLOWED } from './carried.ts';
import { carryToLegacy } from './carry-to-legacy.ts';
import { carryToModern } from './carry-to-modern.ts';
import { completeAnswer } from './complete-answer.ts';
import { createEraMemory } from './era-memory.ts';
import { giveUp, peekResponse } from './events.ts';
import { mayRefuseEra, refusesLegacy, refusesModern } from './evidence.ts';
import { createLegacySessions } from './legacy-sessions.ts';
import type { BridgeOptions } from './options.ts';

export interface Bridge {
  /**
   * As the direct call: resolves when the upstream's headers are here, throws `UpstreamFailure` or the signal's reason.
   * `caller`: principal and agent as one text; a legacy session of ours is never shared between two.
   */
  call(server: ServerConfig, caller: string, call: UpstreamCall): Promise<UpstreamAnswer>;
  /** Ends the sessions that the bridge holds. */
  close(): Promise<void>;
}

export function createBridge(options: BridgeOptions): Bridge {
  const memory = createEraMemory(options.nowMs);
  const sessions = createLegacySessions(options);

  return {
    async call(server, caller, call) {
      const lacking = memory.lacks(server, call.era);
      const request = requestOf(call);
      if (request === undefined) return lacking === undefined ? options.call(server, call) : answerAlone(call);

      const carry = (isKnown: boolean) =>
        call.era === 'modern'
          ? carryToLegacy(options, sessions, server, caller, call, request)
          : carryToModern(options, server, call, request, isKnown);

      if (lacking !== undefined) {
        const carried = await carry(true);
        if (carried.kind === 'answered') return carried.answer;
        if (lacking === 'configured') throw misconfigured(server);
        memory.forget(server);
      }
      const attempt = await tryAsItCame(options, server, call, request);
      if (!attempt.isRefused) return attempt.outcome();
      const carried = await carry(false);
      if (carried.kind === 'refused') return attempt.outcome();
      memory.note(server, call.era);
      options.log('info', 'bridge-era-learned', { server: server.name, lacking: call.era });
      return carried.answer;
    },
    close: () => sessions.close(),
  };
}

interface Attempt {
  /** The upstream refused the message's era, and did nothing else. */
  readonly isRefused: boolean;
  /** What the direct call would have brought. */
  readonly outcome: () => Promise<UpstreamAnswer>;
}

async function tryAsItCame(
  options: BridgeOptions,
  server: ServerConfig,
  call: UpstreamCall,
  request: RequestMessage,
): Promise<Attempt> {
  const mayLearn = server.protocol === 'auto';
  let answer: UpstreamAnswer;
  try {
    answer = await options.call(server, call);
  } catch (cause) {
    const isStatus = cause instanceof UpstreamFailure && cause.code === 'status';
    if (!(isStatus && mayLearn && mayRefuseEra(request, cause.status))) throw cause;
    return { isRefused: true, outcome: () => Promise.reject(cause) };
  }
  const isModern = call.era === 'modern';
  const outcome = async () => (isModern ? completeAnswer(answer, request, options.depth) : answer);
  // On a stream only a server that ignored the envelope refuses, and only what it cannot know.
  if (!mayLearn || (answer.kind === 'events' && request.method !== 'server/discover')) {
    return { isRefused: false, outcome };
  }
  const peeked = await peekResponse(answer, request.id, options.depth);
  answer = peeked.answer;
  const refuses = isModern ? refusesModern : refusesLegacy;
  const isRefused = peeked.response !== undefined && refuses(request, answer.status, peeked.response);
  if (isRefused) await giveUp(answer);
  return { isRefused, outcome };
}

/** What is no request needs no upstream: a notification is taken, streams and sessions there are none. */
function answerAlone({ verb, message }: UpstreamCall): UpstreamAnswer {
  if (verb !== 'POST') return NOT_ALLOWED;
  if (message !== undefined && 'method' in message) return ACCEPTED;
  const text = 'Bad Request: the server did not ask anything';
  return { status: 400, kind: 'message', message: errorResponse(null, ERROR.invalidRequest, text) };
}

function requestOf({ message }: UpstreamCall): RequestMessage | undefined {
  const read = message === undefined ? undefined : toMessage(message);
  return read?.ok && read.value.kind === 'request' ? read.value : undefined;
}

function misconfigured({ name, protocol }: ServerConfig): UpstreamFailure {
  const text = `the upstream of ${name} does not speak the ${protocol} era that it is configured for`;
  return new UpstreamFailure('not-a-message', text);
}
