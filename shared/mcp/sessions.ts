/**
 * Legacy session ids as clients see them: the upstream's id, sealed with the keyring to principal and server (FACTS §1.9).
 * Any instance can open them; nobody else's opens, and a raw upstream id is neither shown nor accepted.
 */
import type { Caller } from '../identity/caller.ts';
import type { Keyring } from '../keys/keyring.ts';
import { bindingOf } from './binding.ts';

/** An upstream id longer than this is not one a header could carry. */
const MAX_UPSTREAM_ID = 1024;
/** MCP: visible ASCII. */
const VISIBLE_ASCII = /^[\x21-\x7e]+$/;

export function sealSession(keyring: Keyring, caller: Caller, server: string, upstreamId: string): string | undefined {
  if (upstreamId.length > MAX_UPSTREAM_ID || !VISIBLE_ASCII.test(upstreamId)) return undefined;
  return keyring.seal('mcp-session', bindingOf(caller, server), Buffer.from(upstreamId, 'utf8'));
}

/** The upstream's id, or undefined for whatever was not given to this principal for this server. */
export function openSession(keyring: Keyring, caller: Caller, server: string, sealed: string): string | undefined {
  const opened = keyring.open('mcp-session', bindingOf(caller, server), sealed);
  return opened === undefined ? undefined : Buffer.from(opened).toString('utf8');
}
