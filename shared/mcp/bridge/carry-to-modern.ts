/**
 * Carries a legacy client's call to a modern upstream: the handshake is the gateway's own answer, each request goes in a
 * modern envelope by itself. No session is kept, so that any instance can take the next request.
 */
import type { ServerConfig } from '../../config/config.ts';
import { isObject, type JsonObject } from '../../json/value.ts';
import { isSameId, type RequestMessage, toJson } from '../message.ts';
import { NAME_SOURCES } from '../protocol.ts';
import type { UpstreamAnswer, UpstreamCall } from '../upstream.ts';
import { isCarried, lackingMethod, resultAnswer } from './carried.ts';
import { changeEvents, takeResponse } from './events.ts';
import { refusesModern } from './evidence.ts';
import type { BridgeOptions, Carried } from './options.ts';
import { BRIDGE_VERSION, initializeResult, isForLegacyClient, toLegacyResponse, toModernRequest } from './to-modern.ts';

const REFUSED: Carried = { kind: 'refused' };

/** `isKnown`: the upstream has been seen to speak the modern era. Throws `UpstreamFailure`, or the signal's reason. */
export async function carryToModern(
  options: BridgeOptions,
  server: ServerConfig,
  call: UpstreamCall,
  request: RequestMessage,
  isKnown: boolean,
): Promise<Carried> {
  const { id, method } = request;
  if (method === 'initialize' || !isKnown) {
    const discovered = await discover(options, server, call);
    if (discovered === undefined) return REFUSED;
    if (method === 'initialize') return answered(resultAnswer(id, initializeResult(request, discovered, server.name)));
  }
  if (method === 'ping') return answered(resultAnswer(id, {}));
  if (!isCarried(server, method)) return answered(lackingMethod(id, 200, method));

  const answer = await options.call(server, toModernCall(options, server, call, request));
  if (answer.kind === 'events') return answered({ ...toLegacyEvents(options, answer, request) });
  if (answer.kind === 'empty') return answered({ status: answer.status, kind: 'empty' });
  const { message, status } = answer;
  if (message.kind !== 'response') return answered(answer);
  if (refusesModern(request, status, message)) return REFUSED;
  const isOurs = message.id === null || isSameId(message.id, id);
  return answered(isOurs ? { status: 200, kind: 'message', message: toLegacyResponse(request, message) } : answer);
}

function toLegacyEvents(
  options: BridgeOptions,
  answer: Extract<UpstreamAnswer, { kind: 'events' }>,
  request: RequestMessage,
): UpstreamAnswer {
  const events = changeEvents(answer.events, options.depth, (message) => {
    switch (message.kind) {
      case 'response':
        return isSameId(message.id, request.id) ? toLegacyResponse(request, message) : message;
      case 'notification':
        return isForLegacyClient(message) ? message : undefined;
      case 'request':
        return message;
    }
  });
  return { status: answer.status, kind: 'events', events };
}

/** What the upstream says of itself, or undefined where it does not speak the modern era. */
async function discover(
  options: BridgeOptions,
  server: ServerConfig,
  call: UpstreamCall,
): Promise<JsonObject | undefined> {
  const asked: RequestMessage = { kind: 'request', id: options.newId(), method: 'server/discover', params: undefined };
  const answer = await options.call(server, toModernCall(options, server, call, asked));
  const response = await takeResponse(answer, asked.id, options.depth);
  const versions = response?.result?.supportedVersions;
  return Array.isArray(versions) && versions.includes(BRIDGE_VERSION) ? response?.result : undefined;
}

function toModernCall(
  options: BridgeOptions,
  server: ServerConfig,
  call: UpstreamCall,
  request: RequestMessage,
): UpstreamCall {
  const { url, credential, signal } = call;
  const { method, params } = request;
  const source = NAME_SOURCES.get(method);
  const name = source === undefined ? undefined : params?.[source];
  const args = params?.arguments;
  const isToolCall = method === 'tools/call' && typeof name === 'string' && isObject(args);
  const paramHeaders = isToolCall ? options.paramHeadersFor?.(server, name, args) : undefined;
  return {
    url,
    verb: 'POST',
    era: 'modern',
    version: BRIDGE_VERSION,
    message: toJson(toModernRequest(request, options.clientInfo)),
    method,
    ...(typeof name === 'string' ? { name } : {}),
    ...(paramHeaders === undefined ? {} : { paramHeaders }),
    ...(credential === undefined ? {} : { credential }),
    signal,
  };
}

function answered(answer: UpstreamAnswer): Carried {
  return { kind: 'answered', answer };
}
