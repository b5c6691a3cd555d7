/**
 * The calls of the last minute that this instance let in, by principal. Bounded: past so many principals the one that
 * has been silent longest is forgotten, which is the one whose limit is furthest away.
 */
import { type Buckets, bucketAt, isInWindow } from './window.ts';

export interface RecentCalls {
  add(principal: string, nowMs: number): void;
  of(principal: string): Buckets;
  /** What is still within the last minute; the rest is forgotten. */
  current(nowMs: number): ReadonlyMap<string, Buckets>;
}

const NONE: Buckets = new Map();

export function createRecentCalls(maxPrincipals: number): RecentCalls {
  /** In the order of their last calls. */
  const calls = new Map<string, Map<number, number>>();
  return {
    add(principal, nowMs) {
      const buckets = calls.get(principal) ?? new Map<number, number>();
      forgetOld(buckets, nowMs);
      const bucket = bucketAt(nowMs);
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      calls.delete(principal);
      calls.set(principal, buckets);
      const [longestSilent] = calls.keys();
      if (calls.size > maxPrincipals && longestSilent !== undefined) calls.delete(longestSilent);
    },
    of: (principal) => calls.get(principal) ?? NONE,
    current(nowMs) {
      for (const [principal, buckets] of calls) {
        forgetOld(buckets, nowMs);
        if (buckets.size === 0) calls.delete(principal);
      }
      return calls;
    },
  };
}

function forgetOld(buckets: Map<number, number>, nowMs: number): void {
  for (const bucket of buckets.keys()) if (!isInWindow(bucket, nowMs)) buckets.delete(bucket);
}
