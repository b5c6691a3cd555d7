/**
 * Which parts of a JSON-RPC message may change in the client form. Everything that people or models read is masked;
 * what the protocol compares or sends back (ids, methods, URIs, names, cursors, schemas) stays, or the client could
 * not go on. What stands there is delivered, so it is counted as revealed. The record form knows no such exception.
 */
import type { JsonObject } from '../json/value.ts';

export type Zone =
  /** The JSON-RPC object itself. */
  | 'envelope'
  /** Below `params` and `result`: strings are masked, key names and numbers are the protocol's. */
  | 'protocol'
  /** Data of a tool: strings, numbers and key names are masked. */
  | 'data'
  /** Delivered as it came. */
  | 'kept'
  /** Base64 that nobody looked into: delivered as it came, and not in the record. */
  | 'binary';

const KEPT = new Set([
  ...['type', 'role', 'mimeType', 'uri', 'uriTemplate', 'url', 'src', 'href', 'name', 'method', 'id', 'version'],
  ...['cursor', 'nextCursor', 'progressToken', 'requestId', 'taskId', 'requestState', 'elicitationId', 'lastEventId'],
  ...['protocolVersion', 'capabilities', 'clientCapabilities', 'resultType', 'cacheScope', 'level', 'logger', 'status'],
  ...['inputSchema', 'outputSchema', 'requestedSchema', 'toolChoice', 'toolUseId'],
]);
const DATA = new Set(['structuredContent', 'arguments', 'input']);

export function zoneBelow(zone: Zone, key: string, parent: JsonObject): Zone {
  if (zone === 'envelope') return zoneInEnvelope(key);
  if (zone !== 'protocol') return zone;
  if (KEPT.has(key)) return 'kept';
  if (DATA.has(key)) return 'data';
  if (key === 'blob') return 'binary';
  // In an image or a sound `data` is the content; in a log message it is what the server had to say.
  if (key === 'data') return isMedia(parent) ? 'binary' : 'data';
  return 'protocol';
}

function zoneInEnvelope(key: string): Zone {
  if (key === 'jsonrpc' || key === 'id' || key === 'method') return 'kept';
  return key === 'params' || key === 'result' ? 'protocol' : 'data';
}

function isMedia(parent: JsonObject): boolean {
  return parent.type === 'image' || parent.type === 'audio';
}
