/**
 * Counting within the last minute, in buckets of two seconds by the wall clock, so that instances can add up theirs.
 * Pure. The window is never shorter than a minute and at most one bucket longer: too strict by that much, never too lax.
 */
const WINDOW_MS = 60_000;
const BUCKET_MS = 2_000;
/** A minute's whole buckets and the one that has begun. */
const WINDOW_BUCKETS = WINDOW_MS / BUCKET_MS + 1;
/** Another instance's clock may be ahead by so much; what lies further ahead is a clock that was set back. */
const AHEAD_BUCKETS = 1;

/** Calls by bucket; a bucket's number is its begin in milliseconds since 1970, divided by its length. */
export type Buckets = ReadonlyMap<number, number>;

export function bucketAt(nowMs: number): number {
  return Math.floor(nowMs / BUCKET_MS);
}

export function isInWindow(bucket: number, nowMs: number): boolean {
  const newest = bucketAt(nowMs);
  return bucket > newest - WINDOW_BUCKETS && bucket <= newest + AHEAD_BUCKETS;
}

/**
 * Seconds until another call fits under the limit: 0 when it fits now, else when so many of the oldest have left the
 * window, rounded up.
 */
export function secondsUntilRoom(counts: readonly Buckets[], limit: number, nowMs: number): number {
  const inWindow = counts.flatMap((buckets) => [...buckets]).filter(([bucket]) => isInWindow(bucket, nowMs));
  let used = inWindow.reduce((sum, [, count]) => sum + count, 0);
  if (used < limit) return 0;
  for (const [bucket, count] of inWindow.sort(([left], [right]) => left - right)) {
    used -= count;
    if (used < limit) return Math.ceil(((bucket + WINDOW_BUCKETS) * BUCKET_MS - nowMs) / 1_000);
  }
  // Nothing fits under a limit of none.
  return WINDOW_MS / 1_000;
}
