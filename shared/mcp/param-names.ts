/**
 * Names of parameters as the protocol spells them. An upstream that reads keys in any case would take `Arguments` for the
 * arguments that policy saw as absent; the strict reader refuses two such keys side by side, this finds the one alone.
 * Of the protocol's own names only: what stands inside `arguments` is the tool's.
 */
import { foldCase } from '../json/fold-case.ts';
import { isObject, type JsonObject } from '../json/value.ts';
import { META_CLIENT_CAPABILITIES, META_PROTOCOL_VERSION } from './protocol.ts';

const PARAMS = byFolded([
  '_meta',
  'argument',
  'arguments',
  'capabilities',
  'clientInfo',
  'context',
  'cursor',
  'inputResponses',
  'level',
  'name',
  'notifications',
  'progress',
  'progressToken',
  'protocolVersion',
  'reason',
  'ref',
  'requestId',
  'requestState',
  'resourceSubscriptions',
  'task',
  'taskId',
  'uri',
]);

const META = byFolded([
  META_CLIENT_CAPABILITIES,
  META_PROTOCOL_VERSION,
  'io.modelcontextprotocol/clientInfo',
  'progressToken',
]);

/** The first name in `params` or its `_meta` that is one of the protocol's but for its case. */
export function findMisspeltParam(params: JsonObject): string | undefined {
  const { _meta: meta } = params;
  return misspelt(params, PARAMS) ?? (isObject(meta) ? misspelt(meta, META) : undefined);
}

function misspelt(object: JsonObject, names: ReadonlyMap<string, string>): string | undefined {
  return Object.keys(object).find((key) => {
    const name = names.get(foldCase(key));
    return name !== undefined && name !== key;
  });
}

function byFolded(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [foldCase(name), name]));
}
