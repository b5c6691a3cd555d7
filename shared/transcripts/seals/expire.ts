/**
 * Removes what its retention class lets go of (DESIGN §6): segments whose days have passed since the day on which they
 * were opened and since their last append, and their side blobs; later, the seals and manifests over them. It removes
 * only what a signed manifest names. What storage holds back as immutable is tried again on the next day.
 */
import type { Log } from '../../log.ts';
import type { Entry } from '../entry.ts';
import {
  isTranscriptContainer,
  manifestName,
  parseManifestName,
  parseSealName,
  parseSegmentName,
  parseSideBlobName,
  SEALS_CONTAINER,
  sealPrefixes,
  transcriptContainer,
} from '../layout.ts';
import type { BlobFacts } from '../segment-store.ts';
import type { RetentionDays } from './document.ts';
import { findLastSeal } from './follow-chain.ts';
import { readDocument, type SealPorts } from './read-document.ts';
import { DAY_MS, expiresAtMs, longestDays, SEALS_OUTLIVE_DAYS } from './retention-time.ts';
import type { BlobRemover } from './seal-store.ts';
import { readManifest } from './sign-document.ts';

export interface ExpireOptions extends SealPorts {
  readonly remover: BlobRemover;
  /** As configured; a class that is not configured any more keeps the days that the last seal states. */
  readonly retention: RetentionDays;
  /** Rejects when it is not durable. */
  readonly record: (entry: Extract<Entry, { kind: 'administration' }>) => Promise<void>;
  readonly log: Log;
  readonly nowMs: () => number;
}

export interface ExpireCounts {
  segments: number;
  sideBlobs: number;
  seals: number;
  manifests: number;
  /** Held back by storage. */
  immutable: number;
  /** Old enough, and kept because no manifest names them. */
  unnamed: number;
  /** Could not be removed. */
  failed: number;
}

/** Removed later than they may be: clocks differ, and nothing hangs on the day. */
const MARGIN_MS = 2 * DAY_MS;
/** Whatever their age: without them a new sealer finds no chain to go on with. */
const SEALS_ALWAYS_KEPT = 1_000;

/** Rejects when storage can't be listed, or the run can't be put on record. */
export async function expireTranscripts(options: ExpireOptions): Promise<ExpireCounts> {
  const counts: ExpireCounts = {
    ...{ segments: 0, sideBlobs: 0, seals: 0, manifests: 0 },
    ...{ immutable: 0, unnamed: 0, failed: 0 },
  };
  const last = await findLastSeal(options);
  const retention = [...options.retention, ...(last?.seal.retention ?? [])];
  for await (const container of options.reader.containers()) {
    if (!isTranscriptContainer(container)) continue;
    const days = retention.find((one) => transcriptContainer(one.class) === container)?.days;
    if (days === undefined) options.log('warn', 'retention-unknown', { container });
    else await expireContainer(options, counts, container, days);
  }
  if (last) await expireSeals(options, counts, last.number, longestDays(retention) + SEALS_OUTLIVE_DAYS);
  await options.record({ kind: 'administration', action: 'transcripts-expired', detail: describe(counts) });
  return counts;
}

async function expireContainer(
  options: ExpireOptions,
  counts: ExpireCounts,
  container: string,
  days: number,
): Promise<void> {
  const { reader, nowMs } = options;
  for await (const server of reader.folders(container, '')) {
    for await (const day of oldDays(options, container, server, nowMs() - MARGIN_MS, days)) {
      const blobs = await Array.fromAsync(reader.blobs(container, `${server}/${day}/`));
      const isOld = (blob: BlobFacts): boolean => blob.modifiedAtMs + days * DAY_MS + MARGIN_MS < nowMs();
      if (!blobs.some(isOld)) continue;
      const named = await readNames(options, container, day);
      await expireDay(options, counts, container, { blobs, isOld, named });
    }
  }
}

interface OldDay {
  readonly blobs: readonly BlobFacts[];
  readonly isOld: (blob: BlobFacts) => boolean;
  /** By the day's manifest. */
  readonly named: ReadonlySet<string>;
}

async function expireDay(
  options: ExpireOptions,
  counts: ExpireCounts,
  container: string,
  { blobs, isOld, named }: OldDay,
): Promise<void> {
  const gone = async (name: string): Promise<boolean> => remove(options, counts, container, name);
  /** A segment before its side blobs: one that is held back keeps them. */
  const kept = new Set<string>();
  for (const blob of blobs.filter(({ name }) => parseSegmentName(name))) {
    const isNamed = named.has(blob.name);
    if (isOld(blob) && !isNamed) counts.unnamed += 1;
    if (isOld(blob) && isNamed && (await gone(blob.name))) counts.segments += 1;
    else kept.add(blob.name);
  }
  for (const blob of blobs) {
    const segment = parseSideBlobName(blob.name)?.segment;
    if (segment === undefined || kept.has(segment) || !named.has(segment) || !isOld(blob)) continue;
    if (await gone(blob.name)) counts.sideBlobs += 1;
  }
}

async function* oldDays(
  { reader }: ExpireOptions,
  container: string,
  server: string,
  beforeMs: number,
  days: number,
): AsyncGenerator<string> {
  for await (const year of reader.folders(container, `${server}/`)) {
    for await (const month of reader.folders(container, `${server}/${year}/`)) {
      for await (const date of reader.folders(container, `${server}/${year}/${month}/`)) {
        const day = `${year}/${month}/${date}`;
        if (expiresAtMs(day, days) < beforeMs) yield day;
      }
    }
  }
}

/** Of the day's manifest in this container; none where it has no manifest of ours. */
async function readNames(options: ExpireOptions, container: string, day: string): Promise<ReadonlySet<string>> {
  const standing = await readDocument(options, manifestName(day), readManifest);
  const entries = standing?.document?.day === day ? standing.document.entries : [];
  return new Set(entries.filter((entry) => entry.container === container).map(({ segment }) => segment));
}

/** From the oldest on, and no further than to one that stays: the chain has no gaps at any moment. */
async function expireSeals(
  options: ExpireOptions,
  counts: ExpireCounts,
  lastNumber: number,
  days: number,
): Promise<void> {
  const { reader, nowMs } = options;
  const isOld = (blob: BlobFacts): boolean => blob.modifiedAtMs + days * DAY_MS + MARGIN_MS < nowMs();
  for await (const blob of reader.blobs(SEALS_CONTAINER, sealPrefixes.chain)) {
    const number = parseSealName(blob.name);
    if (number === undefined) continue;
    if (!isOld(blob) || number > lastNumber - SEALS_ALWAYS_KEPT) break;
    if (!(await remove(options, counts, SEALS_CONTAINER, blob.name))) break;
    counts.seals += 1;
  }
  for await (const blob of reader.blobs(SEALS_CONTAINER, sealPrefixes.manifests)) {
    const day = parseManifestName(blob.name);
    if (day === undefined || expiresAtMs(day, days) > nowMs() - MARGIN_MS || !isOld(blob)) continue;
    if (await remove(options, counts, SEALS_CONTAINER, blob.name)) counts.manifests += 1;
  }
}

async function remove(
  { remover, log }: ExpireOptions,
  counts: ExpireCounts,
  container: string,
  name: string,
): Promise<boolean> {
  try {
    if ((await remover.remove(container, name)) === 'removed') return true;
    counts.immutable += 1;
    log('warn', 'blob-immutable', { container, name });
  } catch (cause) {
    counts.failed += 1;
    log('warn', 'blob-not-removed', { container, name }, cause);
  }
  return false;
}

function describe(counts: ExpireCounts): string {
  return Object.entries(counts)
    .map(([what, count]) => `${what}: ${count}`)
    .join(', ');
}
