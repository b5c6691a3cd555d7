/**
 * A legacy client's messages for a modern server, and its answers back (MCP 2025-11-25 and earlier against 2026-07-28):
 * pure, without I/O. The client has no capabilities here: what a modern server would ask of it cannot reach it.
 */
import { isObject, type Json, type JsonObject } from '../../json/value.ts';
import type { NotificationMessage, RequestMessage, ResponseMessage } from '../message.ts';
import {
  ERROR,
  LEGACY_VERSIONS,
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  MODERN_VERSIONS,
} from '../protocol.ts';
import {
  carriedCapabilities,
  errorResponse,
  META_CLIENT_INFO,
  META_SERVER_INFO,
  objectOr,
  withMeta,
  without,
} from './carried.ts';

const MISSING_CAPABILITY = -32_021;
/** Codes that only the modern era has; to a legacy client they are the server's own trouble. */
const MODERN_CODES: readonly Json[] = [ERROR.headerMismatch, MISSING_CAPABILITY, ERROR.unsupportedVersion];

/** The revision that the bridge speaks. */
export const BRIDGE_VERSION = MODERN_VERSIONS[0];

/** The request in a modern envelope. `clientInfo` is the gateway's own: a stateless legacy request names none. */
export function toModernRequest(request: RequestMessage, clientInfo: JsonObject): RequestMessage {
  const params = objectOr(request.params);
  const envelope = {
    [META_PROTOCOL_VERSION]: BRIDGE_VERSION,
    [META_CLIENT_CAPABILITIES]: {},
    [META_CLIENT_INFO]: clientInfo,
  };
  return { ...request, params: { ...params, ...withMeta(params._meta, envelope) } };
}

/** The modern server's response without what earlier revisions do not know; what they cannot carry is an error. */
export function toLegacyResponse(request: RequestMessage, response: ResponseMessage): ResponseMessage {
  const { id } = request;
  const { result, error } = response;
  if (result === undefined) {
    const code = MODERN_CODES.includes(error?.code ?? null) ? ERROR.internal : error?.code;
    return { kind: 'response', id, error: { ...error, ...(code === undefined ? {} : { code }) } };
  }
  const { resultType = 'complete' } = result;
  if (resultType !== 'complete') {
    const what = typeof resultType === 'string' ? resultType.slice(0, 64) : 'unknown';
    const text = `The server answered with a result of type ${what}, which clients of earlier protocol revisions cannot take up.`;
    return errorResponse(id, ERROR.internal, text);
  }
  const { _meta, ...kept } = without(result, ['resultType', 'ttlMs', 'cacheScope']);
  return { kind: 'response', id, result: { ...legacyContent(kept), ...withMeta(_meta) } };
}

/** `initialize` from what `server/discover` said; the revision is negotiated as legacy servers do. */
export function initializeResult(request: RequestMessage, discovered: JsonObject, serverName: string): JsonObject {
  const requested = request.params?.protocolVersion;
  const { capabilities, instructions, _meta } = discovered;
  const serverInfo = objectOr(_meta)[META_SERVER_INFO];
  return {
    protocolVersion: LEGACY_VERSIONS.find((known) => known === requested) ?? LEGACY_VERSIONS[0],
    capabilities: carriedCapabilities(capabilities),
    serverInfo: isObject(serverInfo) ? serverInfo : { name: serverName, version: 'unknown' },
    ...(instructions === undefined ? {} : { instructions }),
  };
}

/** Whether a notification on the answer's stream may go to a legacy client; log messages were not asked for. */
export function isForLegacyClient({ method }: NotificationMessage): boolean {
  return method === 'notifications/progress' || method === 'notifications/message';
}

/** Structured content was an object in earlier revisions; anything else goes as its text, and wrapped. */
function legacyContent(result: JsonObject): JsonObject {
  const { structuredContent, content } = result;
  if (structuredContent === undefined || isObject(structuredContent)) return result;
  const isBare = !Array.isArray(content) || content.length === 0;
  const text = { type: 'text', text: JSON.stringify(structuredContent) };
  return { ...result, ...(isBare ? { content: [text] } : {}), structuredContent: { result: structuredContent } };
}
