/**
 * Verifies transcripts from their bytes alone (DESIGN §6): needs read access and the vault's public key, nothing of ours.
 * One bad segment does not stop it: every segment gets its own report, and the whole an assurance.
 */
import { NO_PREVIOUS } from './chain.ts';
import { isTranscriptContainer, parseSegmentName, parseSideBlobName } from './layout.ts';
import { createTally, type SegmentReport, type VerifyReport } from './verify-report.ts';
import { type VerifyPorts, verifySegment } from './verify-segment.ts';

export interface VerifyOptions extends VerifyPorts {
  /** Only the segments of this session. */
  readonly filter?: { readonly session?: string };
  /** Told of each segment as soon as it is judged. */
  readonly onSegment?: (report: SegmentReport) => void;
}

/** Rejects when storage can't be listed; a segment that can't be read is reported as such. */
export async function verifyTranscripts(options: VerifyOptions): Promise<VerifyReport> {
  const tally = createTally();
  for await (const container of options.reader.containers()) {
    if (!isTranscriptContainer(container)) continue;
    for await (const report of verifyContainer(options, container)) {
      tally.add(report);
      options.onSegment?.(report);
    }
  }
  return tally.result();
}

async function* verifyContainer(options: VerifyOptions, container: string): AsyncGenerator<SegmentReport> {
  const { reader, filter } = options;
  /** A segment's name sorts right before those of its side blobs. */
  let lastSegment: string | undefined;
  for await (const { name } of reader.blobs(container)) {
    const side = parseSideBlobName(name);
    const segment = side?.segment ?? name;
    const parts = parseSegmentName(segment);
    if (filter?.session !== undefined && filter.session !== parts?.session) continue;
    if (!parts) yield foreign(container, name, 'no writer gives a blob such a name');
    else if (!side) {
      lastSegment = segment;
      yield await verifySegment(options, container, segment);
    } else if (segment !== lastSegment && !(await reader.read(container, segment))) {
      yield foreign(container, name, 'a side blob whose segment is missing');
    }
  }
}

function foreign(container: string, name: string, detail: string): SegmentReport {
  return {
    container,
    segment: name,
    state: 'tampered',
    lines: 0,
    bytes: 0,
    head: NO_PREVIOUS,
    sideBlobs: 0,
    fault: { code: 'foreign-blob', detail },
  };
}
