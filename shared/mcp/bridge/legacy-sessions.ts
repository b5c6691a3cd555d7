/**
 * The gateway's own legacy sessions, for modern clients: at most one per caller and server in this process, never shared
 * between callers. Calls that come at once share one handshake; a session unused for long is ended when another is opened.
 */
import type { ServerConfig } from '../../config/config.ts';
import type { JsonObject } from '../../json/value.ts';
import type { UpstreamCall } from '../upstream.ts';
import { type LegacySession, shakeHands } from './handshake.ts';
import type { BridgeOptions } from './options.ts';

export interface SessionLease {
  readonly session: LegacySession;
  /** The upstream does not know it any more: the next `open` makes another. */
  drop(): void;
}

export interface LegacySessions {
  /**
   * The caller's session, opened if there is none; undefined where the upstream refuses the handshake.
   * Throws `UpstreamFailure`, or the signal's reason: the handshake goes on then, for whoever else waits for it.
   */
  open(
    server: ServerConfig,
    caller: string,
    call: UpstreamCall,
    clientInfo: JsonObject,
  ): Promise<SessionLease | undefined>;
  /** Ends every session, as far as the upstreams take part. */
  close(): Promise<void>;
}

interface Held {
  readonly opened: Promise<LegacySession | undefined>;
  readonly server: ServerConfig;
  /** As of its last use: the credential may have been replaced since it was opened. */
  readonly to: Pick<UpstreamCall, 'url' | 'credential'>;
  readonly usedMs: number;
}

/** Longer than any call may take, so that no session is ended under one. */
const IDLE_MS = 600_000;
const SESSIONS_MOST = 1_000;
const GOODBYE_MS = 5_000;

export function createLegacySessions(options: BridgeOptions): LegacySessions {
  /** In order of last use, the oldest first. */
  const held = new Map<string, Held>();

  function makeRoom(): void {
    const longAgo = options.nowMs() - IDLE_MS;
    for (const [key, one] of held) {
      const isIdle = one.usedMs < longAgo;
      if (!isIdle && held.size <= SESSIONS_MOST) return;
      held.delete(key);
      // One that only makes room may still have a call on it: it is left to the upstream's own expiry.
      if (isIdle) void sayGoodbye(one);
    }
  }

  async function sayGoodbye({ opened, server, to }: Held): Promise<void> {
    try {
      const session = await opened;
      if (session?.id === undefined) return;
      const { id: sessionId, version } = session;
      const signal = options.deadline(GOODBYE_MS);
      await options.call(server, { ...to, verb: 'DELETE', era: 'legacy', version, sessionId, signal });
    } catch (cause) {
      options.log('info', 'bridge-session-not-ended', { server: server.name }, cause);
    }
  }

  return {
    async open(server, caller, call, clientInfo) {
      const key = JSON.stringify([server.name, caller]);
      const to = { url: call.url, ...(call.credential === undefined ? {} : { credential: call.credential }) };
      const opened = held.get(key)?.opened ?? shakeHands(options, server, to, clientInfo);
      held.delete(key);
      held.set(key, { opened, server, to, usedMs: options.nowMs() });
      makeRoom();
      const drop = (): void => {
        if (held.get(key)?.opened === opened) held.delete(key);
      };
      try {
        const session = await unlessAborted(opened, call.signal);
        if (session !== undefined) return { session, drop };
        drop();
        return undefined;
      } catch (cause) {
        // Either the handshake failed, and the next call tries another, or only this caller went away.
        opened.catch(drop);
        throw cause;
      }
    },
    async close() {
      const all = [...held.values()];
      held.clear();
      await Promise.all(all.map(sayGoodbye));
    },
  };
}

/** What comes of it, or the signal's reason if that is first. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
