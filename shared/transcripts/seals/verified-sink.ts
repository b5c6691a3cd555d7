/**
 * Who is handed the records that the sealer verified (DESIGN §6), such as the index of sessions. Derived data only:
 * what a sink keeps can be made again from the blobs at any time, so nothing may be known to a sink alone.
 *
 * Delivery is at least once. A batch is handed over before the seal that covers it is written; when the sealer dies or
 * loses to another one in between, the same records come again, cut into other batches perhaps, and two sealers may hand
 * over the same ones at once. Within one segment and one sealer, batches come in order and without gaps, each awaited
 * before the next; of different segments, at the same time. So a sink writes idempotently by `container`, `segment` and
 * a line's number (`chain.seq`), and takes a batch that begins before what it has as a repetition.
 */
import type { Line } from '../line-schema.ts';

export interface VerifiedBatch {
  readonly container: string;
  /** The blob's name in its container. */
  readonly segment: string;
  readonly session: string;
  readonly server: string;
  /** `chain.seq` of the first line; the last one's is `toLine - 1`. A segment's genesis is line 0. */
  readonly fromLine: number;
  readonly toLine: number;
  /** Verified and covered by the writer's signature: every kind of line, genesis and signatures included. */
  readonly lines: readonly Line[];
  /** Lines of this segment that an earlier seal already named; 0 for a segment that none has named. */
  readonly sealedThrough: number;
}

export interface VerifiedSink {
  /**
   * Resolves once what it keeps of the batch is durable. Rejects when it is not: the segment is then left out of this
   * seal, as if it had not changed, and the next run hands the same records over again. Not for ever: half an hour after
   * the oldest of them they are sealed all the same, an error is logged, and the sink has to be made again.
   */
  take(batch: VerifiedBatch): Promise<void>;
}
