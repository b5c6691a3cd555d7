/**
 * A request on its way through `receive`: what is known of it after each step. Plain data.
 */
import type { ServerConfig } from '../config/config.ts';
import type { Caller } from '../identity/caller.ts';
import type { Classified } from '../mcp/headers.ts';
import type { HttpCall } from '../mcp/http.ts';
import type { Asker } from '../policy/engine.ts';
import type { CallTrace } from '../telemetry/telemetry.ts';
import type { CallFacts, SessionRef } from '../transcripts/entry.ts';
import type { CallParts } from './parts.ts';

/** Longer words of a client say no more about it. */
const MAX_RECORD_TEXT = 512;

/** Before anything is known of who calls. */
export interface Arrival {
  readonly http: HttpCall;
  /** As in the URL: not yet known to name a server. */
  readonly serverName: string;
  readonly address: string;
  readonly receivedMs: number;
  readonly callId: string;
  readonly trace: CallTrace;
}

/** Of a known caller who may use something on a server that is there. */
export interface Admitted extends Arrival {
  readonly caller: Caller;
  readonly asker: Asker;
  readonly server: ServerConfig;
  readonly session: SessionRef;
  readonly classified: Classified;
  /** The upstream's own session id, legacy only. */
  readonly upstreamSession?: string;
  readonly facts: CallFacts;
}

/** `method` and `target` are the client's own words: masked and cut like any other before they are recorded. */
export function factsOf(
  parts: CallParts,
  arrival: Arrival,
  caller: Caller,
  about: Pick<CallFacts, 'era' | 'method' | 'target'>,
): CallFacts {
  const { era, method, target } = about;
  return {
    id: arrival.callId,
    tenant: caller.tenant,
    principal: caller.principal,
    agent: caller.agent,
    tokenId: caller.tokenId,
    address: arrival.address,
    era,
    method: recordText(parts, method),
    ...(target === undefined ? {} : { target: recordText(parts, target) }),
  };
}

/** The record form of a short text from outside. */
export function recordText(parts: Pick<CallParts, 'masker'>, text: string): string {
  // Masked before it is cut to size: a value cut in half would not be found. The first cut only bounds the work.
  const masked = parts.masker.maskRequest(text.slice(0, 8 * MAX_RECORD_TEXT));
  return typeof masked === 'string' ? masked.slice(0, MAX_RECORD_TEXT) : '[withheld]';
}

/** Whose places they are that a limit counts. */
export function principalKey({ tenant, principal }: Caller): string {
  return `${tenant}:${principal.kind}:${principal.id}`;
}
