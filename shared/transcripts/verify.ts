/**
 * Verifies transcripts from their bytes alone (DESIGN §6): needs read access and the vault's public key, nothing of ours.
 * First the chain of seals, then every segment in scope, against what the seals say of it. One bad segment does not stop
 * it: each gets its own report, and the whole an assurance. Segments are read side by side, reported in their order.
 */
import { NO_PREVIOUS } from './chain.ts';
import { mapInOrder } from './in-order.ts';
import { isTranscriptContainer, parseSegmentName, parseSideBlobName, transcriptContainer } from './layout.ts';
import { type RetentionDays, type SealedSegment, segmentKey } from './seals/document.ts';
import { expiresAtMs } from './seals/retention-time.ts';
import { type Anchor, type ChainVerdict, verifyChain } from './seals/verify-chain.ts';
import { createTally } from './verify-assurance.ts';
import type { Fault, SegmentReport, VerifyReport } from './verify-report.ts';
import { isInScope, isWhole, type VerifyScope } from './verify-scope.ts';
import { type VerifyPorts, verifySegment } from './verify-segment.ts';

export interface VerifyOptions extends VerifyPorts {
  readonly filter?: VerifyScope;
  /** Seals that the auditor kept: they must still stand. */
  readonly anchors?: readonly Anchor[];
  /** Reads only those seals that can name segments since `filter.since`; the report says which. Default all. */
  readonly isChainPartial?: boolean;
  /** Whether a container's immutability policy is locked. The data plane can't say: whoever knows the account can. */
  readonly isLocked?: (container: string) => Promise<boolean>;
  /** Milliseconds since 1970; without it nothing is taken for expired. */
  readonly nowMs?: number;
  /** Told of each segment as soon as it is judged. */
  readonly onSegment?: (report: SegmentReport) => void;
}

const SEGMENTS_AT_ONCE = 8;

/** Rejects when storage can't be listed, or seals can't be read; a segment that can't be read is reported as such. */
export async function verifyTranscripts(options: VerifyOptions): Promise<VerifyReport> {
  const { filter: scope = {}, anchors = [], reader, endorsingKey, nowMs } = options;
  const tally = createTally();
  const chain = await verifyChain({
    ...{ reader, endorsingKey, scope, anchors },
    isPartial: options.isChainPartial ?? false,
    ...(nowMs !== undefined && { nowMs }),
  });
  const tell = (report: SegmentReport): void => {
    tally.add(report);
    options.onSegment?.(report);
  };
  const unseen = new Map(chain.segments);
  let isLocked: boolean | undefined;
  for await (const container of reader.containers()) {
    if (!isTranscriptContainer(container)) continue;
    if (options.isLocked) isLocked = (isLocked ?? true) && (await options.isLocked(container));
    const tasks = listTasks(options, chain, unseen, container, scope);
    for await (const report of mapInOrder(tasks, SEGMENTS_AT_ONCE, (task) => task())) if (report) tell(report);
  }
  for (const sealed of unseen.values()) tell(reportMissing(chain.retention, sealed, nowMs));
  return tally.result(chain.report, isLocked);
}

type Task = () => Promise<SegmentReport | undefined>;

/** A segment's name sorts right before those of its side blobs. */
async function* listTasks(
  options: VerifyOptions,
  chain: ChainVerdict,
  unseen: Map<string, SealedSegment>,
  container: string,
  scope: VerifyScope,
): AsyncGenerator<Task> {
  const { reader, nowMs } = options;
  let lastSegment: string | undefined;
  for await (const { name } of reader.blobs(container, scope.server === undefined ? '' : `${scope.server}/`)) {
    const side = parseSideBlobName(name);
    const segment = side?.segment ?? name;
    const parts = parseSegmentName(segment);
    if (!parts) {
      if (isWhole(scope)) yield async () => foreign(container, name, 'no writer gives a blob such a name');
    } else if (!isInScope(scope, parts) && !chain.segments.has(segmentKey({ container, segment }))) continue;
    else if (!side) {
      lastSegment = segment;
      const key = segmentKey({ container, segment });
      unseen.delete(key);
      yield () => verifyAgainst(options, chain, container, segment, chain.segments.get(key));
    } else if (segment !== lastSegment && !isPast(chain.retention, container, parts.day, nowMs)) {
      yield async () =>
        (await reader.read(container, segment, { to: 1 }))
          ? undefined
          : foreign(container, name, 'a side blob whose segment is missing');
    }
  }
}

async function verifyAgainst(
  options: VerifyOptions,
  chain: ChainVerdict,
  container: string,
  segment: string,
  sealed: SealedSegment | undefined,
): Promise<SegmentReport> {
  const { writerKey: _, ...report } = await verifySegment(options, container, segment, sealed ? { sealed } : {});
  const day = parseSegmentName(segment)?.day ?? '';
  if (report.fault) {
    const isHalfGone =
      report.fault.code === 'side-blob-missing' && isPast(chain.retention, container, day, options.nowMs);
    return isHalfGone ? { container, segment, ...NOTHING, state: 'expired' } : report;
  }
  const bad = (fault: Fault): SegmentReport => ({ ...report, state: 'tampered', fault });
  if (sealed?.state === 'bad') {
    return bad({ code: 'sealed-as-bad', detail: `it did not verify when it was sealed: ${sealed.fault}` });
  }
  if (!sealed && report.lines > 0 && chain.closedDays.has(day)) {
    return bad({ code: 'not-in-manifest', detail: 'the manifest of its day, and all seals, know nothing of it' });
  }
  if (chain.report.state === 'none') return report;
  return { ...report, unsealedLines: Math.max(0, report.lines - (sealed?.lines ?? 0)) };
}

const NOTHING = { lines: 0, bytes: 0, head: NO_PREVIOUS, sideBlobs: 0 };

function reportMissing(
  retention: RetentionDays,
  { container, segment, lines }: SealedSegment,
  nowMs: number | undefined,
): SegmentReport {
  const day = parseSegmentName(segment)?.day ?? '';
  const report = { container, segment, ...NOTHING };
  if (isPast(retention, container, day, nowMs)) return { ...report, state: 'expired' };
  const detail = `a seal names it, with ${lines} lines, and it is gone`;
  return { ...report, state: 'tampered', fault: { code: 'segment-missing', detail } };
}

/** Whether its class lets go of what was opened on that day; never by a class that no seal states. */
function isPast(retention: RetentionDays, container: string, day: string, nowMs: number | undefined): boolean {
  const days = retention.find((one) => transcriptContainer(one.class) === container)?.days;
  return nowMs !== undefined && days !== undefined && expiresAtMs(day, days) <= nowMs;
}

function foreign(container: string, name: string, detail: string): SegmentReport {
  return { container, segment: name, ...NOTHING, state: 'tampered', fault: { code: 'foreign-blob', detail } };
}
