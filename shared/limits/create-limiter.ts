/**
 * Limits on calls and streams (DESIGN §2): how many at once for each principal and each server, how many in a minute for
 * each principal. Nothing on the way of a call leaves the process.
 *
 * At once is counted per instance: what is open elsewhere would take a write per call to know, and an instance that dies
 * would leave its places taken. The bound is limit × instances.
 *
 * A minute's calls are shared. Between a call and every other instance's knowing of it lie at most two exchanges,
 * S = 2 × (5 s + what an exchange takes). So in any 60 s a principal gets at most
 *     limit + Σ over all instances but one of min(limit, what that instance let in within S)
 * and with the store down limit × instances. It holds for the 2,000 principals that called last at each instance; where
 * clocks differ, the 60 s are shorter by the difference. Every request counts, streams and notifications included.
 */
import { hash } from 'node:crypto';
import type { LimitsConfig } from '../config/config.ts';
import { err, ok, type Result } from '../result.ts';
import type { LimitCode, Limiter, OverLimit, Place, RequestKind } from './limiter.ts';
import { createRecentCalls } from './recent-calls.ts';
import { type ShareOptions, shareCounts } from './share-counts.ts';
import { secondsUntilRoom } from './window.ts';

export interface LimiterOptions extends Omit<ShareOptions, 'own'> {
  readonly limits: Pick<LimitsConfig, 'principal' | 'server'>;
}

const MAX_PRINCIPALS = 2_000;
/** A call ends soon; a stream may stay for minutes. */
const RETRY_SECONDS: Readonly<Record<RequestKind, number>> = { call: 1, stream: 10 };
const OF_PRINCIPAL: Readonly<Record<RequestKind, LimitCode>> = { call: 'calls-at-once', stream: 'streams-at-once' };
const OF_SERVER: Readonly<Record<RequestKind, LimitCode>> = { call: 'server-calls', stream: 'server-streams' };

/** `close` leaves the counts to the other instances; it never rejects. */
export function createLimiter(options: LimiterOptions): Limiter & { close(): Promise<void> } {
  const { limits, nowMs } = options;
  const recent = createRecentCalls(MAX_PRINCIPALS);
  const shared = shareCounts({ ...options, own: recent });
  const open = { principal: createCounter(), server: createCounter() };

  function overLimit(principal: string, key: string, server: string, kind: RequestKind): OverLimit | undefined {
    const perMinute = limits.principal.callsPerMinute;
    const waitSeconds = secondsUntilRoom([recent.of(key), shared.of(key)], perMinute, nowMs());
    if (waitSeconds > 0) return { code: 'calls-per-minute', status: 429, retryAfterSeconds: waitSeconds };
    const retryAfterSeconds = RETRY_SECONDS[kind];
    const atOnce = kind === 'call' ? 'callsAtOnce' : 'streamsAtOnce';
    if (open.principal.count(kind, principal) >= limits.principal[atOnce]) {
      return { code: OF_PRINCIPAL[kind], status: 429, retryAfterSeconds };
    }
    if (open.server.count(kind, server) >= limits.server[atOnce]) {
      return { code: OF_SERVER[kind], status: 503, retryAfterSeconds };
    }
    return undefined;
  }

  return {
    enter(principal, server, kind): Result<Place, OverLimit> {
      // What instances share names nobody.
      const key = hash('sha256', principal, 'base64url').slice(0, 22);
      const over = overLimit(principal, key, server, kind);
      // What was refused does not count: who waits as told gets in.
      if (over) return err(over);
      recent.add(key, nowMs());
      shared.wake();
      const leavePrincipal = open.principal.take(kind, principal);
      const leaveServer = open.server.take(kind, server);
      let isHeld = true;
      const leave = (): void => {
        if (!isHeld) return;
        isHeld = false;
        leavePrincipal();
        leaveServer();
      };
      return ok({ leave });
    },
    close: () => shared.close(),
  };
}

/** Places that are taken, by kind and name; a name without any takes no memory. */
function createCounter() {
  const taken = new Map<string, number>();
  const count = (kind: RequestKind, name: string): number => taken.get(`${kind} ${name}`) ?? 0;
  return {
    count,
    take(kind: RequestKind, name: string): () => void {
      taken.set(`${kind} ${name}`, count(kind, name) + 1);
      return () => {
        const rest = count(kind, name) - 1;
        if (rest > 0) taken.set(`${kind} ${name}`, rest);
        else taken.delete(`${kind} ${name}`);
      };
    },
  };
}
