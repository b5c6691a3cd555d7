/**
 * The index of sessions made again from the blobs alone (DESIGN §6): each segment is verified, and what its writer's
 * signatures cover is folded in, by the same indexer that takes the sealer's batches. While it runs, lists are short;
 * sealers may go on, because nothing is folded in twice.
 */
import { parseSegmentName } from '../transcripts/layout.ts';
import type { Line } from '../transcripts/line-schema.ts';
import type { VerifiedBatch } from '../transcripts/seals/verified-sink.ts';
import { verifyTranscripts } from '../transcripts/verify.ts';
import type { SegmentReport, VerifyReport } from '../transcripts/verify-report.ts';
import { createSessionIndexer, type SessionIndexerOptions } from './create-session-indexer.ts';

export interface RebuildOptions extends SessionIndexerOptions {
  /** Whose sessions are begun anew: the configured ones, and `_gateway`. */
  readonly servers: readonly string[];
}

/** A segment that does not verify is folded in as far as it does, and counted in the report. Rejects on an outage. */
export async function rebuildIndex(options: RebuildOptions): Promise<VerifyReport> {
  const { index, reader, endorsingKey, servers } = options;
  for (const server of servers) await index.reset(server);
  return indexTranscripts({ index, reader, endorsingKey });
}

/** Folds in what is not yet, whatever is there: for an index that is made of nothing. */
export async function indexTranscripts(
  options: SessionIndexerOptions & { readonly onSegment?: (report: SegmentReport) => void },
): Promise<VerifyReport> {
  const { reader, endorsingKey, onSegment } = options;
  const indexer = createSessionIndexer(options);
  /** One write for many appends. Segments are read side by side, the lines of each in their order. */
  const gathered = new Map<string, Gathered>();
  let failure: unknown;

  const flush = async (key: string, segment: Gathered): Promise<void> => {
    gathered.delete(key);
    const batch = batchOf(segment);
    if (batch) await indexer.take(batch);
  };
  const onLines = async (lines: readonly Line[], { container, name }: Omit<Gathered, 'lines'>): Promise<void> => {
    if (failure !== undefined) return;
    const key = `${container}/${name}`;
    const segment = gathered.get(key) ?? { container, name, lines: [] };
    segment.lines.push(...lines);
    gathered.set(key, segment);
    try {
      if (segment.lines.length >= LINES_AT_ONCE) await flush(key, segment);
      // The one that was begun first has most likely ended.
      const [first] = gathered;
      if (first && gathered.size > SEGMENTS_GATHERED) await flush(...first);
    } catch (cause) {
      // Thrown here it would look like a segment that can't be read.
      failure = cause;
    }
  };
  const report = await verifyTranscripts({ reader, endorsingKey, onLines, ...(onSegment && { onSegment }) });
  if (failure !== undefined) throw new Error('the index could not be written', { cause: failure });
  for (const [key, segment] of [...gathered]) await flush(key, segment);
  return report;
}

interface Gathered {
  readonly container: string;
  readonly name: string;
  readonly lines: Line[];
}

const SEGMENTS_GATHERED = 16;
const LINES_AT_ONCE = 2_000;

function batchOf({ container, name: segment, lines }: Gathered): VerifiedBatch | undefined {
  const parts = parseSegmentName(segment);
  const [first] = lines;
  if (!parts || !first) return undefined;
  const { session, server } = parts;
  const fromLine = first.chain.seq;
  return { container, segment, session, server, fromLine, toLine: fromLine + lines.length, lines, sealedThrough: 0 };
}
