/**
 * What is kept of a held call in the sealed store: what will be sent, as parsed (DESIGN §2.2, §5). Exact numbers survive,
 * because it is written and read as the text of the call.
 */
import { parseJsonBytes } from '../json/parse.ts';
import { isObject, type JsonObject } from '../json/value.ts';
import type { Approval } from './approval.ts';
import type { SealedBinding } from './sealed-store.ts';

/** Deeper than any message that may be configured. */
const MAX_DEPTH = 1_000;

export function writeRequest(params: JsonObject): Uint8Array {
  return Buffer.from(JSON.stringify(params), 'utf8');
}

/** Undefined for what is no request of ours. */
export function readRequest(bytes: Uint8Array): JsonObject | undefined {
  const parsed = parseJsonBytes(bytes, { depth: MAX_DEPTH });
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

export function argumentsOf(params: JsonObject): JsonObject {
  return isObject(params.arguments) ? params.arguments : {};
}

/** What a blob is bound to: this approval, this half of it, this principal and agent. */
export function bindingFor(approval: Pick<Approval, 'id' | 'requester'>, kind: 'request' | 'answer'): SealedBinding {
  const { tenant, principal, agent } = approval.requester;
  return { approval: approval.id, kind, principal: JSON.stringify([tenant, principal.kind, principal.id, agent.id]) };
}
