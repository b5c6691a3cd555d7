/**
 * The connections to the upstreams, kept and used again: one pool per server, so that a slow server takes no
 * connection from another, and each fixed to its server's origin, wherever a URL or an answer may point (DESIGN §2.7).
 * Nothing is connected before it is needed.
 */
import { type Dispatcher, Pool } from 'undici';
import type { LimitsConfig, ServerConfig } from '../config/config.ts';
import { createGuardedConnector, type Lookup } from './guarded-connect.ts';

export interface UpstreamPool {
  dispatcherFor(server: ServerConfig): Dispatcher;
  /** Ends every connection, used or idle. */
  close(): Promise<void>;
}

export interface UpstreamPoolOptions {
  readonly servers: ReadonlyMap<string, ServerConfig>;
  readonly limits: Pick<LimitsConfig, 'server'>;
  readonly lookup: Lookup;
  /** Look-up, connection and TLS handshake together; default 5,000. */
  readonly connectMs?: number;
}

const CONNECT_MS = 5_000;
/** Answers to an upstream's own questions go out while the call that caused them holds its connection. */
const SPARE_CONNECTIONS = 16;
/** Of an answer's header fields. */
const MAX_HEADER_BYTES = 32_768;
/**
 * An idle connection ends before the upstream is likely to end it: a request that meets the closing would be an
 * `unknown` call. An upstream that says how long it waits (`Keep-Alive: timeout=…`) is believed up to a minute.
 */
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 60_000;

export function createUpstreamPool(options: UpstreamPoolOptions): UpstreamPool {
  const { servers, limits, lookup, connectMs = CONNECT_MS } = options;
  const { callsAtOnce, streamsAtOnce } = limits.server;
  const pools = new Map<string, Pool>();
  for (const { name, url, privateAddresses } of servers.values()) {
    const pool = new Pool(new URL(url).origin, {
      connect: createGuardedConnector({ privateAddresses, lookup, connectMs }),
      // Whoever was let in finds a connection: nobody waits behind streams that may last for minutes.
      connections: callsAtOnce + streamsAtOnce + SPARE_CONNECTIONS,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    pools.set(name, pool);
  }
  return {
    dispatcherFor({ name }) {
      const pool = pools.get(name);
      if (!pool) throw new TypeError(`there is no server "${name}"`);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}
