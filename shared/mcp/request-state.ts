/**
 * `requestState` of an `input_required` result (MCP 2026-07-28, multi round-trip requests): the upstream's own inside ours,
 * sealed to caller, method, target, arguments and a time. A client can carry it to nothing but the same call.
 */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { Caller } from '../identity/caller.ts';
import type { Json } from '../json/value.ts';
import type { Keyring } from '../keys/keyring.ts';
import { bindingOf } from './binding.ts';
import type { RequestMessage } from './message.ts';

/** How long a person may take to answer what the server asked. */
const LIFETIME_MS = 30 * 60_000;

const schema = z.strictObject({ state: z.string(), expiresMs: z.number() });

export function sealRequestState(
  keyring: Keyring,
  caller: Caller,
  server: string,
  request: RequestMessage,
  state: string,
  nowMs: number,
): string {
  const content = JSON.stringify({ state, expiresMs: nowMs + LIFETIME_MS });
  return keyring.seal('request-state', aadOf(caller, server, request), Buffer.from(content, 'utf8'));
}

/** The upstream's state; undefined for one of another call or caller, changed, or too old. */
export function openRequestState(
  keyring: Keyring,
  caller: Caller,
  server: string,
  request: RequestMessage,
  sealed: string,
  nowMs: number,
): string | undefined {
  const opened = keyring.open('request-state', aadOf(caller, server, request), sealed);
  if (opened === undefined) return undefined;
  const content = schema.safeParse(JSON.parse(Buffer.from(opened).toString('utf8')));
  return content.success && content.data.expiresMs > nowMs ? content.data.state : undefined;
}

function aadOf(caller: Caller, server: string, { method, params = {} }: RequestMessage): string {
  const { name = null, uri = null, arguments: args = null } = params;
  return bindingOf(caller, server, 'state', method, digestOf([name, uri, args]));
}

/** Keys in any order are the same arguments. */
function digestOf(value: Json): string {
  return createHash('sha256')
    .update(canonicalize(value) ?? '')
    .digest('base64url');
}
