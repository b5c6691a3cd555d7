/**
 * Names a call by all that makes it this very call (DESIGN §5): who asks through which agent, and what exactly would be
 * run. A keyed hash, because arguments can be guessed; the partition in which its requests stand.
 */
import { isArray, isObject, type Json } from '../json/value.ts';
import type { Keyring } from '../keys/keyring.ts';
import type { Requester } from './approval.ts';

export interface HeldSubject {
  readonly requester: Pick<Requester, 'tenant' | 'principal' | 'agent'>;
  readonly server: string;
  readonly tool: string;
  readonly toolDigest: string;
  /** Of `tools/call`, as they would be sent: without what the gateway injected, input responses included. */
  readonly params: Json;
}

/** Under every live version of the keyring, newest first: what was opened under an older one must still be found. */
export function fingerprintsOf(keyring: Keyring, subject: HeldSubject): readonly [string, ...string[]] {
  const [newest, ...older] = keyring.names('fingerprint', textOf(subject));
  if (newest === undefined) throw new Error('the keyring has no version');
  return [newest, ...older];
}

function textOf({ requester, server, tool, toolDigest, params }: HeldSubject): string {
  const { tenant, principal, agent } = requester;
  const who = [tenant, principal.kind, principal.id, agent.id];
  return JSON.stringify([...who, server, 'tools/call', tool, toolDigest, inOrder(params)]);
}

/** Keys in one order; numbers stay as they were written, so 1 and 1.0 are two calls. */
function inOrder(value: Json): Json {
  if (isArray(value)) return value.map(inOrder);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((key) => [key, inOrder(value[key] ?? null)]));
}
