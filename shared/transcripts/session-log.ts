/**
 * The records of one session, in the order in which they came (DESIGN §6, group commit): while an append is in flight
 * records queue, and the next append takes them all. One segment at a time; a broken one is left and the next opened.
 * A record is rejected at its own deadline even if its append still lands: one too many may stand, never one too few.
 */
import type { Log } from '../log.ts';
import type { Clock } from './attempt.ts';
import { NotRecorded, type SessionRef } from './entry.ts';
import type { Landing } from './land-block.ts';
import type { Draft } from './line.ts';
import type { CloseReason } from './line-schema.ts';
import { openSegment, type Segment, type SegmentOptions } from './segment.ts';

/** Azure takes 4 MiB to a block; the rest is for genesis and signature. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024 - 16 * 1024;
/** A line's `chain` and its newline, at most: segment name, number, hash. */
const CHAIN_BYTES = 512;

export interface SessionLogOptions extends SegmentOptions {
  readonly session: SessionRef;
  readonly deadlineMs: number;
  readonly nextSegmentNumber: () => number;
  readonly log: Log;
  /** Called when nothing is queued and no segment is open: whoever holds this log may let go of it. */
  readonly onEmpty: () => void;
}

export interface SessionLog {
  /** Resolves once the draft is durable; rejects with `NotRecorded` at its deadline. */
  add(draft: Draft): Promise<void>;
  /** Ends the open segment once the queue is empty, unless more records come first (a shutdown lets none come). */
  close(reason: CloseReason): Promise<void>;
  readonly isBusy: boolean;
  readonly hasSegment: boolean;
}

interface Waiting {
  readonly draft: Draft;
  readonly deadlineAtMs: number;
  isSettled: boolean;
  readonly settle: (failure?: NotRecorded) => void;
}

export function createSessionLog(options: SessionLogOptions): SessionLog {
  const { clock, deadlineMs, log } = options;
  const queue: Waiting[] = [];
  let segment: Segment | undefined;
  let closing: CloseReason | undefined;
  let running: Promise<void> | undefined;

  const run = (): Promise<void> => {
    running ??= work();
    return running;
  };

  /** Runs until there is nothing to do; at most once at a time, and never rejects. */
  const work = async (): Promise<void> => {
    // Whoever records in the same turn shares the first append.
    await Promise.resolve();
    for (;;) {
      const batch = takeBatch(queue);
      if (batch) await write(batch).catch((cause: unknown) => giveUp(batch, cause));
      else if (segment && closing) await end(segment, closing).catch((cause: unknown) => giveUp([], cause));
      else break;
    }
    // In the same turn as the last look at the queue: a record that comes now starts a new run.
    running = undefined;
    if (!segment) options.onEmpty();
  };

  const write = async (batch: readonly [Waiting, ...Waiting[]]): Promise<void> => {
    const drafts = batch.map((waiting) => waiting.draft);
    const deadlineAtMs = Math.max(...batch.map((waiting) => waiting.deadlineAtMs));
    do {
      if (segment?.isFull) await end(segment, 'full');
      segment ??= openSegment(options, options.session, options.nextSegmentNumber());
      const landing = await segment.commit(drafts, deadlineAtMs);
      if (landing.outcome !== 'landed') leave(segment, landing);
      if (landing.outcome === 'landed' || landing.outcome === 'landed-and-broken') {
        for (const waiting of batch) waiting.settle();
        return;
      }
      // Only where it is certain that they don't stand in the old segment may they go into a new one.
      if (landing.outcome === 'in-doubt') break;
    } while (clock.monotonicMs() < deadlineAtMs);
    for (const waiting of batch) waiting.settle(new NotRecorded('the record could not be made durable'));
  };

  /** A bug, not an outage: nothing more goes into this segment, and these records count as not recorded. */
  const giveUp = (batch: readonly Waiting[], cause: unknown): void => {
    log('error', 'transcript-writer-failed', { segment: segment?.name }, cause);
    segment = undefined;
    for (const waiting of batch) waiting.settle(new NotRecorded('the record could not be written', { cause }));
  };

  const end = async (open: Segment, reason: CloseReason): Promise<void> => {
    const landing = await open.close(reason, clock.monotonicMs() + deadlineMs);
    if (landing.outcome === 'landed') segment = undefined;
    else leave(open, landing);
  };

  const leave = (left: Segment, landing: Exclude<Landing, { outcome: 'landed' }>): void => {
    segment = undefined;
    const error = 'error' in landing ? describe(landing.error) : undefined;
    log('warn', 'transcript-segment-left', {
      segment: left.name,
      outcome: landing.outcome,
      reason: landing.reason,
      error,
    });
  };

  return {
    add(draft) {
      closing = undefined;
      const added = waitFor(draft, clock, deadlineMs);
      queue.push(added.waiting);
      void run();
      return added.durable;
    },
    close(reason) {
      closing = reason;
      return run();
    },
    get isBusy() {
      return running !== undefined;
    },
    get hasSegment() {
      return segment !== undefined;
    },
  };
}

function waitFor(draft: Draft, clock: Clock, deadlineMs: number): { waiting: Waiting; durable: Promise<void> } {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = clock.after(deadlineMs, () => {
    waiting.settle(new NotRecorded(`the record was not durable within ${deadlineMs} ms`));
  });
  const waiting: Waiting = {
    draft,
    deadlineAtMs: clock.monotonicMs() + deadlineMs,
    isSettled: false,
    settle(failure) {
      if (waiting.isSettled) return;
      waiting.isSettled = true;
      cancel();
      if (failure) reject(failure);
      else resolve();
    },
  };
  return { waiting, durable: promise };
}

/** As many as fit one block, from the front; those that were rejected while they waited are dropped. */
function takeBatch(queue: Waiting[]): [Waiting, ...Waiting[]] | undefined {
  let bytes = 0;
  let taken = 0;
  for (const { draft, isSettled } of queue) {
    if (!isSettled) bytes += draft.headBytes + CHAIN_BYTES;
    if (bytes > MAX_BATCH_BYTES) break;
    taken += 1;
  }
  const [first, ...rest] = queue.splice(0, taken).filter((waiting) => !waiting.isSettled);
  if (first) return [first, ...rest];
  return queue.length > 0 ? takeBatch(queue) : undefined;
}

/** An error's name and code; its message may quote what was sent. */
function describe(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name;
}
