/**
 * What the gateway changes in a message by its own will, and nowhere else: lists are cut to what the caller may see,
 * and capabilities to what the gateway handles yet, so that neither side is promised what would then be refused.
 */
import { isArray, isObject, type JsonObject } from '../json/value.ts';
import type { RequestMessage } from './message.ts';
import { type Era, META_CLIENT_CAPABILITIES } from './protocol.ts';

/** Server capabilities that the gateway carries today. */
const CARRIED_CAPABILITIES = ['tools'];

/** A `tools/list` result without the tools that `maySee` refuses; order and other members stay. */
export function filterTools(result: JsonObject, era: Era, maySee: (tool: string) => boolean): JsonObject {
  const { tools } = result;
  if (!isArray(tools)) return asPrivate(result, era);
  const visible = tools.filter((tool) => isObject(tool) && typeof tool.name === 'string' && maySee(tool.name));
  return asPrivate({ ...result, tools: visible }, era);
}

/** An `initialize` or `server/discover` result that promises only what the gateway carries. */
export function trimServerCapabilities(result: JsonObject, era: Era): JsonObject {
  const { capabilities } = result;
  if (!isObject(capabilities)) return result;
  const kept = Object.entries(capabilities).filter(([name]) => CARRIED_CAPABILITIES.includes(name));
  return asPrivate({ ...result, capabilities: Object.fromEntries(kept) }, era);
}

/** The request with no client capability left: what the upstream would ask of the client is not carried yet. */
export function trimClientCapabilities(request: RequestMessage, era: Era): RequestMessage {
  const { params } = request;
  if (!params) return request;
  if (era === 'legacy') {
    return request.method === 'initialize' ? { ...request, params: { ...params, capabilities: {} } } : request;
  }
  const meta = params._meta;
  if (!isObject(meta)) return request;
  return { ...request, params: { ...params, _meta: { ...meta, [META_CLIENT_CAPABILITIES]: {} } } };
}

/** Made for one caller: no cache may give it to another (FACTS §1.3). Legacy results have no such members. */
function asPrivate(result: JsonObject, era: Era): JsonObject {
  return era === 'modern' ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}
