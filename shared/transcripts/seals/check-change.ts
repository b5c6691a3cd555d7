/**
 * Verifies what was added to one segment since it was last sealed, hands it on, and says what the next seal says of it
 * (DESIGN §6). Only what verifies is sealed; what does not is named as bad, with how far it held.
 */
import type { KeyObject } from 'node:crypto';
import type { Log } from '../../log.ts';
import { NO_PREVIOUS } from '../chain.ts';
import { parseSegmentName } from '../layout.ts';
import { MAX_LINE_BYTES, parseLine } from '../line.ts';
import type { Line } from '../line-schema.ts';
import { readLines } from '../read-lines.ts';
import { verifyGenesis } from '../verify-genesis.ts';
import type { FaultCode } from '../verify-report.ts';
import { type ResumePoint, verifySegment } from '../verify-segment.ts';
import { type SealedSegment, segmentKey } from './document.ts';
import type { Change } from './find-changes.ts';
import type { SealPorts } from './read-document.ts';
import type { VerifiedSink } from './verified-sink.ts';

export interface CheckOptions extends SealPorts {
  readonly sink?: VerifiedSink;
  readonly log: Log;
  readonly nowMs: () => number;
  /** Of open segments that this process has verified, by `segmentKey`; kept here. */
  readonly writerKeys: Map<string, KeyObject>;
}

/** A sink that fails holds a segment's seal back for so long, counted from its oldest record that is not sealed. */
export const SINK_PATIENCE_MS = 30 * 60_000;
const NOTHING = { bytes: 0, lines: 0, head: NO_PREVIOUS };

/** Undefined: it could not be read or handed on, and comes with a later seal. Never rejects. */
export async function checkChange(options: CheckOptions, change: Change): Promise<SealedSegment | undefined> {
  const { container, segment, known, blob } = change;
  const { bytes, lines, head } = known ?? NOTHING;
  const bad = (fault: FaultCode, blobBytes: number, holds = { bytes, lines, head }): SealedSegment => ({
    container,
    segment,
    state: 'bad',
    ...holds,
    fault,
    blobBytes,
  });
  if (!blob) return bad('segment-missing', 0);
  if (blob.bytes < bytes) return bad('shorter-than-sealed', blob.bytes);

  const { log } = options;
  try {
    const from = bytes > 0 ? await findResumePoint(options, change) : undefined;
    if (from === 'changed') return bad('head-differs', blob.bytes);
    const extent = { toBytes: blob.bytes, ...(from && { from }) };
    const handOver = createHandOver(options, change);
    const onLines = handOver && { onLines: handOver.onLines };
    const report = await verifySegment({ ...options, ...onLines }, container, segment, extent);
    // Also before what does not verify: it holds, and is sealed.
    await handOver?.flush();
    const holds = { bytes: report.bytes, lines: report.lines, head: report.head };
    keepKey(options.writerKeys, change, report.state === 'open-or-cut-off' ? report.writerKey : undefined);
    if (report.fault) return bad(report.fault.code, blob.bytes, holds);
    if (report.state === 'unreadable') throw report.error;
    return { container, segment, state: report.state === 'intact-closed' ? 'closed' : 'open', ...holds };
  } catch (cause) {
    log('warn', 'segment-not-sealed', { container, segment }, cause);
    return undefined;
  }
}

/** Beyond these the keys are read again. */
const MOST_KEYS = 10_000;

function keepKey(keys: Map<string, KeyObject>, change: Change, key: KeyObject | undefined): void {
  keys.delete(segmentKey(change));
  if (key && keys.size < MOST_KEYS) keys.set(segmentKey(change), key);
}

/** The writer's key stands in the first line, which a process that does not know it verifies anew. */
async function findResumePoint(options: CheckOptions, change: Change): Promise<ResumePoint | 'changed'> {
  const { container, segment: name, known } = change;
  if (!known) return 'changed';
  const writerKey = options.writerKeys.get(segmentKey(change)) ?? (await readWriterKey(options, container, name));
  if (!writerKey) return 'changed';
  const { bytes, lines, head, state } = known;
  return { bytes, lines, head, writerKey, isClosed: state === 'closed' };
}

async function readWriterKey(options: SealPorts, container: string, name: string): Promise<KeyObject | undefined> {
  const chunks = await options.reader.read(container, name, { to: FIRST_LINE_BYTES });
  if (!chunks) throw new Error('the blob disappeared while it was being verified');
  for await (const { bytes, isEnded } of readLines(chunks, MAX_LINE_BYTES)) {
    const line = parseLine(bytes);
    if (!isEnded || !line.ok) return undefined;
    const genesis = await verifyGenesis(line.value, { container, name }, options.endorsingKey);
    return genesis.ok ? genesis.value : undefined;
  }
  return undefined;
}

/** A genesis has a bounded server, session and writer, and is far shorter. */
const FIRST_LINE_BYTES = 8 * 1024;

/** Enough for a sink to write what many appends brought at once; few enough to hold. */
const LINES_AT_ONCE = 1_000;

/** What covered lines are handed to, one batch after the other; `flush` hands over the rest. */
function createHandOver({ sink, log, nowMs }: CheckOptions, { container, segment, known }: Change) {
  const parts = parseSegmentName(segment);
  if (!sink || !parts) return undefined;
  const { session, server } = parts;
  const sealedThrough = known?.lines ?? 0;
  let fromLine = sealedThrough;
  let gathered: Line[] = [];
  let oldestMs: number | undefined;
  let isBehind = false;

  const flush = async (): Promise<void> => {
    const lines = gathered;
    if (lines.length === 0) return;
    gathered = [];
    const toLine = fromLine + lines.length;
    const batch = { container, segment, session, server, fromLine, toLine, lines, sealedThrough };
    fromLine = toLine;
    oldestMs ??= Date.parse(lines[0]?.time ?? '');
    if (isBehind) return;
    try {
      await sink.take(batch);
    } catch (cause) {
      // Derived data may be made again from the blobs; a record that no seal covers may be taken away.
      if (!(nowMs() - oldestMs > SINK_PATIENCE_MS)) throw cause;
      isBehind = true;
      log('error', 'verified-records-not-taken', { container, segment, fromLine: batch.fromLine }, cause);
    }
  };
  return {
    flush,
    onLines: async (lines: readonly Line[]): Promise<void> => {
      gathered.push(...lines);
      if (gathered.length >= LINES_AT_ONCE) await flush();
    },
  };
}
