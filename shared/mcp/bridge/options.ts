/**
 * What the bridge needs from outside: the one way to an upstream, the clock, ids, deadlines. Ports only, no logic.
 */
import type { ServerConfig } from '../../config/config.ts';
import type { JsonObject } from '../../json/value.ts';
import type { Log } from '../../log.ts';
import type { UpstreamAnswer, UpstreamCall } from '../upstream.ts';

export interface BridgeOptions {
  /** Sends one message; throws `UpstreamFailure`, or the reason of the call's signal. */
  readonly call: (server: ServerConfig, call: UpstreamCall) => Promise<UpstreamAnswer>;
  readonly nowMs: () => number;
  /** Unique; names a request of ours on a session that several clients share. */
  readonly newId: () => string;
  /** A signal that aborts after so many milliseconds. */
  readonly deadline: (ms: number) => AbortSignal;
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** JSON nesting of an event. */
  readonly depth: number;
  /** Whom an upstream sees where the client's own name is not known: `name` and `version`. */
  readonly clientInfo: JsonObject;
  /** `Mcp-Param-*` headers of a tool call, from the tool's pinned `x-mcp-header` declarations (lower-case names). */
  readonly paramHeadersFor?: (server: ServerConfig, tool: string, args: JsonObject) => Readonly<Record<string, string>>;
}

/** A message carried into the other era; `refused` where the upstream turns out not to speak that one either. */
export type Carried = { readonly kind: 'answered'; readonly answer: UpstreamAnswer } | { readonly kind: 'refused' };
