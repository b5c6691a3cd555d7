/**
 * Reads what a server's records say of a period, verified while they are read (DESIGN §6): the chain of seals first, then
 * every segment that may hold a record of it. Items are handed on one by one and nothing of them is kept; what could not
 * be established is counted, with the first places of it.
 */
import { assembleStory } from '../sessions/assemble-story.ts';
import type { StoryItem } from '../sessions/story.ts';
import { dayOf, isTranscriptContainer, parseSegmentName } from '../transcripts/layout.ts';
import type { Line } from '../transcripts/line-schema.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import { verifyTranscripts } from '../transcripts/verify.ts';
import type { EndorsingKey } from '../transcripts/verify-genesis.ts';
import type { SegmentReport, VerifyReport } from '../transcripts/verify-report.ts';
import type { Proof } from './report.ts';

export interface Period {
  readonly server: string;
  /** Milliseconds since 1970; the second is not part of it. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface PeriodSource {
  readonly reader: TranscriptReader;
  readonly endorsingKey: EndorsingKey;
  readonly nowMs: number;
  /** A call without an outcome that is older, is `unknown`; of a stream of notices, whose lifetime is longer. */
  readonly leaseMs: number;
  readonly streamLeaseMs: number;
  /** When it aborts, reading ends and `readPeriod` rejects. */
  readonly signal?: AbortSignal;
}

/** Clocks of writers and of storage differ. */
const CLOCK_STEP_MS = 10 * 60_000;
/** An outcome may come in a segment that was opened after the period. */
const STRAGGLERS_MS = 60 * 60_000;
const MOST_FAULTS = 50;

/**
 * A call belongs to the period in which it began, whenever it ended. Rejects when storage can't be listed, when seals
 * can't be read, and when it is told to end; one segment that can't be read is counted.
 */
export async function readPeriod(
  source: PeriodSource,
  period: Period,
  onItem: (item: StoryItem) => void,
): Promise<Proof> {
  const { endorsingKey, nowMs, leaseMs, streamLeaseMs, signal } = source;
  const { server, sinceMs, untilMs } = period;
  const reader = untilAborted(source.reader, signal);
  const story = assembleStory({
    nowMs,
    leaseMs,
    streamLeaseMs,
    onItem(item) {
      if (item.timeMs >= sinceMs && item.timeMs < untilMs) onItem(item);
    },
  });
  const until = dayOf(new Date(untilMs + STRAGGLERS_MS).toISOString());
  const since = await firstDay(reader, period, until);
  const touchedSince = new Date(sinceMs - CLOCK_STEP_MS).toISOString();
  const tally = createProof(period);
  const report = await verifyTranscripts({
    reader,
    endorsingKey,
    filter: { server, since, until, touchedSince },
    // A year has a hundred thousand seals; none before these names what was written to in the period.
    isChainPartial: true,
    nowMs,
    onLines(lines, segment) {
      signal?.throwIfAborted();
      story.take(lines, segment);
      tally.takeLines(lines, segment);
    },
    onSegment: (segment) => tally.takeSegment(segment),
  });
  signal?.throwIfAborted();
  story.end();
  return tally.result(report);
}

/** The day on which the oldest segment was opened that was written to in the period: one may have been open for days. */
async function firstDay(reader: TranscriptReader, { server, sinceMs }: Period, until: string): Promise<string> {
  let first = dayOf(new Date(sinceMs).toISOString());
  for await (const container of reader.containers()) {
    if (!isTranscriptContainer(container)) continue;
    for await (const { name, modifiedAtMs } of reader.blobs(container, `${server}/`)) {
      const day = modifiedAtMs >= sinceMs - CLOCK_STEP_MS ? parseSegmentName(name)?.day : undefined;
      if (day !== undefined && day < first && day <= until) first = day;
    }
  }
  return first;
}

function createProof({ sinceMs, untilMs }: Period) {
  /** By segment: the numbers of lines that bear on exposure, until it is known how far a seal goes. */
  const awaited = new Map<string, number[]>();
  const faults: Proof['faults'] = [];
  let newer = 0;

  return {
    takeLines(
      lines: readonly Line[],
      { container, name }: { readonly container: string; readonly name: string },
    ): void {
      const key = `${container}/${name}`;
      for (const line of lines) {
        if (!bearsOnExposure(line)) continue;
        const timeMs = Date.parse(line.time);
        if (timeMs < sinceMs || timeMs >= untilMs) continue;
        const known = awaited.get(key);
        if (known === undefined) awaited.set(key, [line.chain.seq]);
        else known.push(line.chain.seq);
      }
    },
    takeSegment({ container, segment, state, lines, unsealedLines, fault, error }: SegmentReport): void {
      const key = `${container}/${segment}`;
      const sealedLines = lines - (unsealedLines ?? lines);
      newer += awaited.get(key)?.filter((seq) => seq >= sealedLines).length ?? 0;
      awaited.delete(key);
      if (state !== 'tampered' && state !== 'unreadable') return;
      if (faults.length >= MOST_FAULTS) return;
      const detail = fault?.detail ?? `it could not be read${error instanceof Error ? `: ${error.name}` : ''}`;
      faults.push({ where: key, code: fault?.code ?? 'unreadable', detail });
    },
    result({ totals, seals }: VerifyReport): Proof {
      const { segments, lines, tampered, unreadable, expired } = totals;
      const { state, first, last } = seals;
      const room = MOST_FAULTS - faults.length;
      const ofSeals = seals.faults.slice(0, room).map(({ code, number, day, detail }) => ({
        where: day === undefined ? `seal ${number ?? ''}`.trim() : `manifest ${day}`,
        code,
        detail,
      }));
      return {
        ...(last && { seal: last }),
        ...(first && { from: first.number }),
        seals: state,
        segments,
        lines,
        newer,
        tampered,
        unreadable,
        expired,
        faults: [...faults, ...ofSeals],
      };
    },
  };
}

/** That somebody looked, and was shown nothing in clear, exposes nothing: a review would otherwise doubt its own record. */
function bearsOnExposure(line: Line): boolean {
  switch (line.kind) {
    case 'intent':
    case 'event':
    case 'outcome':
    case 'delivery':
    case 'refusal':
    case 'approval':
      return true;
    case 'view':
      return line.exposure.length > 0;
    default:
      return false;
  }
}

function untilAborted(reader: TranscriptReader, signal: AbortSignal | undefined): TranscriptReader {
  if (signal === undefined) return reader;
  return {
    containers: () => reader.containers(),
    async *blobs(container, prefix) {
      for await (const blob of reader.blobs(container, prefix)) {
        signal.throwIfAborted();
        yield blob;
      }
    },
    folders: (container, prefix) => reader.folders(container, prefix),
    read(container, name, range) {
      signal.throwIfAborted();
      return reader.read(container, name, range);
    },
  };
}
