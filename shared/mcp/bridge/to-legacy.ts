/**
 * A modern client's messages for a legacy server, and its answers back (MCP 2026-07-28 against 2025-11-25): pure, without
 * I/O. Nothing of a result is lost but what the modern era has no place for.
 */
import { isObject, type JsonObject } from '../../json/value.ts';
import type { Message, MessageId, NotificationMessage, RequestMessage, ResponseMessage } from '../message.ts';
import { ERROR, MODERN_VERSIONS } from '../protocol.ts';
import { carriedCapabilities, META_LOG_LEVEL, META_SERVER_INFO, objectOr, withMeta, without } from './carried.ts';

/** Results that a modern client may keep; what a legacy server says of none of them, so none is kept. */
const CACHEABLE: readonly string[] = [
  'server/discover',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
];
const NOT_CACHED = { ttlMs: 0, cacheScope: 'private' } as const;

/** Parameters of the modern era's round trips; no legacy server began one. */
const ROUND_TRIP = ['inputResponses', 'requestState'] as const;

/** Earlier revisions' own code for a resource that is not there; the modern era has none. */
const RESOURCE_NOT_FOUND = -32_002;

const LEVELS: readonly unknown[] = ['debug', 'info', 'notice', 'warning', 'error', 'critical', 'alert', 'emergency'];

/** The request as a legacy server reads it, under another id: sessions are shared by all clients of a caller. */
export function toLegacyRequest(request: RequestMessage, id: MessageId): RequestMessage {
  const params = objectOr(request.params);
  const kept = without(params, ['_meta', ...ROUND_TRIP]);
  const whole = { ...kept, ...withMeta(params._meta) };
  return { ...request, id, params: Object.keys(whole).length === 0 ? undefined : whole };
}

/** The legacy server's response under the client's id, with what each modern result must have. */
export function toModernResponse(request: RequestMessage, response: ResponseMessage): ResponseMessage {
  const { id, method } = request;
  const { result, error } = response;
  if (result !== undefined) return { kind: 'response', id, result: completeResult(method, result) };
  const isUnknownResource = error?.code === RESOURCE_NOT_FOUND;
  return { kind: 'response', id, error: { ...error, ...(isUnknownResource ? { code: ERROR.invalidParams } : {}) } };
}

/** The HTTP status that the modern era has for this response, where it came as a message of its own. */
export function modernStatus(response: ResponseMessage, legacyStatus: number): number {
  return response.error?.code === ERROR.methodNotFound ? 404 : legacyStatus;
}

/** A result as of this era: a server of earlier revisions that answers a modern request leaves these members out. */
export function completeResult(method: string, result: JsonObject): JsonObject {
  if (result.resultType !== undefined) return result;
  return { ...result, resultType: 'complete', ...(CACHEABLE.includes(method) ? NOT_CACHED : {}) };
}

/** `server/discover` from what `initialize` said: only the modern revision, because that is what the bridge speaks. */
export function discoverResult(initialized: JsonObject): JsonObject {
  const { capabilities, serverInfo, instructions } = initialized;
  return completeResult('server/discover', {
    supportedVersions: [...MODERN_VERSIONS],
    capabilities: carriedCapabilities(capabilities, ['logging']),
    ...(instructions === undefined ? {} : { instructions }),
    ...withMeta(initialized._meta, isObject(serverInfo) ? { [META_SERVER_INFO]: serverInfo } : {}),
  });
}

/**
 * Whether a notification on the answer's stream may go to a modern client: progress, and the log messages it asked for.
 * News of lists and resources belong to subscriptions, which a legacy server does not have.
 */
export function isForModernClient(request: RequestMessage, { method, params }: NotificationMessage): boolean {
  if (method === 'notifications/progress') return true;
  if (method !== 'notifications/message') return false;
  const least = LEVELS.indexOf(objectOr(request.params?._meta)[META_LOG_LEVEL]);
  return least >= 0 && LEVELS.indexOf(params?.level) >= least;
}

/** The answer to what a legacy server asks of its client: nobody is there to be asked. */
export function declineRequest({ id, method }: RequestMessage): Message {
  if (method === 'ping') return { kind: 'response', id, result: {} };
  const message = `Method not found: ${method}`;
  return { kind: 'response', id, error: { code: ERROR.methodNotFound, message } };
}
