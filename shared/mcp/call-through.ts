/**
 * A call to an upstream through what guards it: the server's circuit, its pool of connections, its address guard
 * (DESIGN §2.7). Adds to `callUpstream` what only this level knows: that nothing was sent when no connection stood, and
 * that a server which is down need not be asked.
 */
import type { LimitsConfig, ServerConfig } from '../config/config.ts';
import { type Attempt, type CircuitOptions, type Circuits, createCircuits } from './circuit.ts';
import { NotConnected } from './guarded-connect.ts';
import {
  callUpstream,
  type UpstreamAnswer,
  type UpstreamCall,
  UpstreamFailure,
  type UpstreamLimits,
} from './upstream.ts';
import { createUpstreamPool, type UpstreamPool, type UpstreamPoolOptions } from './upstream-pool.ts';

export interface Upstreams {
  /** Resolves when the upstream's headers are here. Throws `UpstreamFailure`, or the reason of the call's signal. */
  call(server: ServerConfig, call: UpstreamCall): Promise<UpstreamAnswer>;
  /** Which servers are taken for down, at this instance. */
  circuits(): ReturnType<Circuits['states']>;
  /** Ends every connection; calls that are still on their way fail. */
  close(): Promise<void>;
}

export function createUpstreams(
  options: UpstreamPoolOptions & CircuitOptions & { readonly limits: LimitsConfig },
): Upstreams {
  const pool = createUpstreamPool(options);
  const circuits = createCircuits(options);
  return {
    call: (server, call) => callThrough(pool, circuits, server, call, options.limits),
    circuits: () => circuits.states(),
    close: () => pool.close(),
  };
}

export async function callThrough(
  pool: UpstreamPool,
  circuits: Circuits,
  server: ServerConfig,
  call: UpstreamCall,
  limits: UpstreamLimits,
): Promise<UpstreamAnswer> {
  const attempt = circuits.mayTry(server.name);
  if (!attempt.ok) {
    const text = `the upstream was not asked: it is down, next try in ${attempt.error.retryAfterSeconds} s`;
    throw new UpstreamFailure('circuit-open', text, { mayHaveRun: false });
  }
  try {
    const answer = await callUpstream(pool.dispatcherFor(server), call, limits);
    attempt.value.succeeded();
    return answer;
  } catch (cause) {
    tell(attempt.value, cause);
    throw asNotSent(cause);
  }
}

/** Only what shows that the upstream is there, or is not, counts. A refused address shows neither. */
function tell(attempt: Attempt, cause: unknown): void {
  if (!(cause instanceof UpstreamFailure) || isRefused(cause)) attempt.abandoned();
  else if (isDown(cause)) attempt.failed();
  else attempt.succeeded();
}

function isDown({ code, status }: UpstreamFailure): boolean {
  return status === undefined && (code === 'unreachable' || code === 'timeout');
}

function isRefused({ cause }: UpstreamFailure): boolean {
  return cause instanceof NotConnected && cause.refused !== undefined;
}

/** Where no connection stood, the call has certainly not run, whatever the error behind it is called. */
function asNotSent(cause: unknown): unknown {
  if (!(cause instanceof UpstreamFailure && cause.cause instanceof NotConnected)) return cause;
  const { refused, message } = cause.cause;
  const [code, text] = refused === undefined ? [cause.code, cause.message] : (['address-refused', message] as const);
  return new UpstreamFailure(code, text, { mayHaveRun: false, cause: cause.cause });
}
