/**
 * One segment: an append blob that only this process writes, from its genesis to its close (DESIGN §6).
 * One commit at a time (the session's log sees to it). After anything but a plain landing it is never written again.
 */
import { type Clock, persist } from './attempt.ts';
import { buildBlock, chainStart } from './chain.ts';
import type { SessionRef } from './entry.ts';
import { type Landing, landBlock } from './land-block.ts';
import { dayOf, segmentName, sideBlobName, transcriptContainer } from './layout.ts';
import { type Draft, openObject, type SideBlob } from './line.ts';
import type { CloseReason, Genesis } from './line-schema.ts';
import type { SegmentStore } from './segment-store.ts';
import type { Writer } from './writer.ts';

/** Azure takes 50,000 blocks to an append blob; a segment ends well before, and before it gets slow to read. */
const MAX_BLOCKS = 40_000;
const MAX_SEGMENT_BYTES = 256 * 1024 * 1024;
/** A large side blob gets a second more for every so many bytes. */
const SLOWEST_BYTES_PER_MS = 10_000;

export interface SegmentOptions {
  readonly store: SegmentStore;
  readonly writer: Writer;
  readonly clock: Clock;
  /** How long one request to storage or vault may take before it is tried again. */
  readonly tryMs: number;
  readonly configDigest: string;
  readonly versions: { readonly sallyport: string; readonly format: Genesis['format'] };
}

export interface Segment {
  readonly name: string;
  readonly isFull: boolean;
  /** Makes the drafts durable in order, their side blobs before them. `deadlineAtMs` is of the monotonic clock. */
  commit(drafts: readonly Draft[], deadlineAtMs: number): Promise<Landing>;
  /** Writes the close record; nothing if nothing was ever written. */
  close(reason: CloseReason, deadlineAtMs: number): Promise<Landing>;
}

/** Makes no request: the blob comes with the first commit. `number` must be new for this writer. */
export function openSegment(options: SegmentOptions, session: SessionRef, number: number): Segment {
  const { store, writer, clock, tryMs } = options;
  const openedAt = isoTime(clock);
  const container = transcriptContainer(session.retention);
  const name = segmentName({
    server: session.server,
    day: dayOf(openedAt),
    session: session.id,
    writer: writer.id,
    number,
  });

  let state = chainStart;
  let position = 0;
  let blocks = 0;
  const durableSideBlobs = new Set<string>();

  /** The genesis line, once the blob is there and the vault has endorsed the writer. */
  const prepareGenesis = async (deadlineAtMs: number): Promise<string> => {
    // The endorsement first: it is at hand but for a process's first record, and without it no blob is worth making.
    const credentials = await persist(clock, { deadlineAtMs, tryMs }, () => writer.credentials());
    if (!credentials.ok) throw new Error('the vault did not endorse the writer', { cause: credentials.error });
    const created = await persist(clock, { deadlineAtMs, tryMs }, (signal) => store.create(container, name, signal));
    if (!created.ok) throw new Error('the blob could not be created', { cause: created.error });
    return openObject({
      time: openedAt,
      kind: 'genesis',
      format: options.versions.format,
      session: { id: session.id, server: session.server, retention: session.retention },
      ...credentials.value,
      sallyport: options.versions.sallyport,
      configDigest: options.configDigest,
    });
  };

  const putSideBlob = async (blob: SideBlob, deadlineAtMs: number): Promise<void> => {
    if (durableSideBlobs.has(blob.sha256)) return;
    const limits = { deadlineAtMs, tryMs: tryMs + blob.bytes.length / SLOWEST_BYTES_PER_MS };
    const put = await persist(clock, limits, (signal) =>
      store.putSideBlob(container, sideBlobName(name, blob.sha256), blob.bytes, signal),
    );
    if (!put.ok) throw new Error('a side blob could not be written', { cause: put.error });
    durableSideBlobs.add(blob.sha256);
  };

  const write = async (heads: readonly string[], deadlineAtMs: number): Promise<Landing> => {
    const block = buildBlock(name, state, heads, { time: isoTime(clock), sign: writer.sign });
    const landing = await landBlock({ store, clock, tryMs }, { container, name, position }, block.bytes, deadlineAtMs);
    state = block.end;
    position += block.bytes.length;
    blocks += 1;
    return landing;
  };

  return {
    name,
    get isFull() {
      return blocks >= MAX_BLOCKS || position >= MAX_SEGMENT_BYTES;
    },
    async commit(drafts, deadlineAtMs) {
      const heads = drafts.map((draft) => draft.head);
      try {
        if (blocks === 0) heads.unshift(await prepareGenesis(deadlineAtMs));
        const sideBlobs = drafts.flatMap((draft) => draft.sideBlob ?? []);
        await Promise.all(sideBlobs.map((blob) => putSideBlob(blob, deadlineAtMs)));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : 'nothing was written';
        return { outcome: 'in-doubt', reason, error: cause instanceof Error ? cause.cause : cause };
      }
      return write(heads, deadlineAtMs);
    },
    async close(reason, deadlineAtMs) {
      if (blocks === 0) return { outcome: 'landed' };
      return write([openObject({ time: isoTime(clock), kind: 'close', reason })], deadlineAtMs);
    },
  };
}

function isoTime(clock: Clock): string {
  return new Date(clock.nowMs()).toISOString();
}
