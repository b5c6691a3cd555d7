/**
 * Tells other instances this one's counts and learns theirs, every few seconds while there are calls, and never on the
 * way of one. A store that is down is logged once; counting goes on alone with what was last heard, which ages by itself.
 */
import type { Log } from '../log.ts';
import type { RateStore, StandingRow } from './rate-store.ts';
import type { RecentCalls } from './recent-calls.ts';
import type { Buckets } from './window.ts';

export interface SharedCounts {
  /** What the other instances let in, added up. */
  of(principal: string): Buckets;
  /** There was a call: sharing begins, if it does not run already. */
  wake(): void;
  /** Leaves this instance's last counts to the others. */
  close(): Promise<void>;
}

export interface ShareOptions {
  readonly own: RecentCalls;
  readonly store: RateStore;
  readonly nowMs: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly newId: () => string;
  readonly log: Log;
}

const NONE: Buckets = new Map();
const NOTHING: ReadonlyMap<string, Buckets> = new Map();

/** From the end of one exchange to the begin of the next. */
const EXCHANGE_MS = 5_000;
/** A row that its writer did not touch for so long, twice what it counts for, was left behind. */
const ABANDONED_MS = 120_000;

export function shareCounts({ own, store, nowMs, after, newId, log }: ShareOptions): SharedCounts {
  const writer = newId();
  let others = NOTHING;
  let isReachable = true;
  let isWritten = false;
  let isAwake = false;
  let isClosed = false;
  let running = Promise.resolve();
  let cancel = (): void => undefined;

  async function exchange(): Promise<void> {
    const counts = own.current(nowMs());
    try {
      if (counts.size === 0) {
        others = NOTHING;
        if (isWritten) await store.remove(writer);
        isWritten = false;
      } else {
        isWritten = true;
        const [rows] = await Promise.all([store.list(), store.put({ writer, counts })]);
        others = addUp(rows.filter((row) => row.writer !== writer));
        await removeAbandoned(rows);
      }
      if (!isReachable) log('info', 'limits-shared-again');
      isReachable = true;
    } catch (cause) {
      if (isReachable) log('warn', 'limits-not-shared', {}, cause);
      isReachable = false;
    }
  }

  /** Whoever sees it: its writer is gone. */
  async function removeAbandoned(rows: readonly StandingRow[]): Promise<void> {
    const abandoned = rows.filter((row) => row.writer !== writer && row.writtenMs < nowMs() - ABANDONED_MS);
    await Promise.all(abandoned.map((row) => store.remove(row.writer, row.version)));
  }

  async function shareOn(): Promise<void> {
    await exchange();
    if (isClosed) return;
    isAwake = own.current(nowMs()).size > 0;
    if (isAwake) cancel = after(EXCHANGE_MS, share);
  }

  function share(): void {
    running = shareOn();
  }

  return {
    of: (principal) => others.get(principal) ?? NONE,
    wake() {
      if (isAwake || isClosed) return;
      isAwake = true;
      share();
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancel();
      await running;
      await exchange();
    },
  };
}

function addUp(rows: readonly StandingRow[]): ReadonlyMap<string, Buckets> {
  const sums = new Map<string, Map<number, number>>();
  for (const [principal, buckets] of rows.flatMap((row) => [...row.counts])) {
    const sum = sums.get(principal) ?? new Map<number, number>();
    for (const [bucket, count] of buckets) sum.set(bucket, (sum.get(bucket) ?? 0) + count);
    sums.set(principal, sum);
  }
  return sums;
}
