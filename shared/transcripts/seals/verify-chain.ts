/**
 * Verifies the chain of seals and the daily manifests from their bytes (DESIGN §6): numbers without gaps, each signed by
 * the vault's key and naming the one before, no seal taking back what an earlier one said, each manifest as the seals say.
 * Memory grows with the segments in scope, one small entry each, never with what they hold.
 */
import { mapInOrder } from '../in-order.ts';
import { parseSealName, parseSegmentName, SEALS_CONTAINER, sealPrefixes } from '../layout.ts';
import type { SealFault, SealInfo, SealsReport } from '../verify-report.ts';
import { isNamedInScope, type VerifyScope } from '../verify-scope.ts';
import { type RetentionDays, type Seal, type SealedSegment, segmentKey } from './document.ts';
import { findStart } from './find-start.ts';
import { readSealAt } from './follow-chain.ts';
import type { SealPorts, StandingDocument } from './read-document.ts';
import { DAY_MS, longestDays, SEALS_OUTLIVE_DAYS } from './retention-time.ts';
import { createManifestCheck, type ManifestCheck, type NamedSegments } from './verify-manifests.ts';

export interface ChainOptions extends SealPorts {
  readonly scope: VerifyScope;
  /** Seals that the auditor kept. */
  readonly anchors: readonly Anchor[];
  /** Only the part of the chain that can name segments in scope; default the whole chain. */
  readonly isPartial?: boolean;
  /** Milliseconds since 1970; without it nothing is taken for expired. */
  readonly nowMs?: number;
}

export interface Anchor {
  readonly number: number;
  readonly sha256: string;
}

export interface ChainVerdict {
  readonly report: SealsReport;
  /** How each segment in scope was named last, by `segmentKey`. */
  readonly segments: Map<string, SealedSegment>;
  /** Days whose manifest names all that was opened on them. */
  readonly closedDays: ReadonlySet<string>;
  /** As the last seal states it. */
  readonly retention: RetentionDays;
}

const READS_AT_ONCE = 16;
const MOST_FAULTS = 100;

/** Rejects when storage or the key can't be read. */
export async function verifyChain(options: ChainOptions): Promise<ChainVerdict> {
  const { scope, anchors } = options;
  const named: NamedSegments = { segments: new Map(), countOfDay: new Map() };
  const faults: SealFault[] = [];
  const fault = (one: SealFault): void => {
    if (faults.length < MOST_FAULTS) faults.push(one);
  };
  const manifests = await createManifestCheck(options, named, fault);
  const unanchored = new Map(anchors.map((anchor) => [anchor.number, anchor.sha256]));
  const anchored: number[] = [];
  let first: SealInfo | undefined;
  let last: (SealInfo & { readonly seal: Seal | undefined }) | undefined;

  const start = options.isPartial ? await findStart(options, scope.since) : 1;
  const from = Math.min(start, ...anchors.map(({ number }) => number));
  const read = async (number: number) => ({ number, standing: await readSealAt(options, number) });
  for await (const { number, standing } of mapInOrder(sealNumbers(options, from, fault), READS_AT_ONCE, read)) {
    if (!standing) {
      fault({ code: 'seal-missing', number, detail: 'it disappeared while it was being verified' });
      continue;
    }
    const { sha256 } = standing;
    const seal = judgeSeal(number, standing, fault);
    if (last && number !== last.number + 1) {
      const detail = `seals ${last.number + 1} to ${number - 1} are missing`;
      fault({ code: 'seal-missing', number: last.number + 1, detail });
    } else if (last && seal && seal.previous !== last.sha256) {
      fault({ code: 'seal-unlinked', number, detail: 'it does not name the hash of the seal before it' });
    }
    if (!last && number > from) judgeBeginning(options, { from, number }, seal, fault);
    const info = { number, sha256, time: seal?.time ?? last?.time ?? '' };
    first ??= info;
    last = { ...info, seal: seal ?? last?.seal };
    if (unanchored.get(number) === sha256) {
      anchored.push(number);
      unanchored.delete(number);
    }
    if (seal) takeEntries(seal, scope, named, fault);
    await manifests.afterSeal(first, info, seal);
  }
  await manifests.atEnd(first, last?.seal);
  for (const number of unanchored.keys()) {
    const detail = 'the seal that was kept elsewhere does not stand here, or not with these bytes';
    fault({ code: 'anchor-differs', number, detail });
  }

  const retention = last?.seal?.retention ?? [];
  const report = describe({ first, last, anchored, faults, manifests, segments: named.segments.size });
  return { report, segments: named.segments, closedDays: manifests.closedDays, retention };
}

/** In their order, as they stand. */
async function* sealNumbers(
  { reader }: ChainOptions,
  from: number,
  fault: (fault: SealFault) => void,
): AsyncGenerator<number> {
  for await (const { name } of reader.blobs(SEALS_CONTAINER, sealPrefixes.chain)) {
    const number = parseSealName(name);
    if (number === undefined) fault({ code: 'seal-invalid', detail: `no seal has the name ${name}` });
    else if (number >= from) yield number;
  }
}

function judgeSeal(
  number: number,
  { document, fault: why }: StandingDocument<Seal>,
  fault: (fault: SealFault) => void,
): Seal | undefined {
  if (document?.number === number) return document;
  fault({ code: 'seal-invalid', number, detail: why ?? `it is seal ${document?.number}` });
  return undefined;
}

/** The oldest go when everything that they name has long gone; others are missing. */
function judgeBeginning(
  { nowMs }: ChainOptions,
  { from, number }: { readonly from: number; readonly number: number },
  seal: Seal | undefined,
  fault: (fault: SealFault) => void,
): void {
  const keptMs = seal && (longestDays(seal.retention) + SEALS_OUTLIVE_DAYS) * DAY_MS;
  if (nowMs !== undefined && seal && keptMs !== undefined && nowMs - Date.parse(seal.time) >= keptMs) return;
  fault({ code: 'seal-missing', number: from, detail: `seals ${from} to ${number - 1} are missing` });
}

function takeEntries(
  seal: Seal,
  scope: VerifyScope,
  { segments, countOfDay }: NamedSegments,
  fault: (fault: SealFault) => void,
): void {
  for (const entry of seal.entries) {
    const parts = parseSegmentName(entry.segment);
    if (!parts || !isNamedInScope(scope, parts, seal.time)) continue;
    const key = segmentKey(entry);
    const known = segments.get(key);
    if (known && (entry.bytes < known.bytes || (entry.bytes === known.bytes && entry.head !== known.head))) {
      const detail = `it says less of ${key} than a seal before it, or something else`;
      fault({ code: 'seal-contradicted', number: seal.number, detail });
    }
    if (!known) countOfDay.set(parts.day, (countOfDay.get(parts.day) ?? 0) + 1);
    segments.set(key, entry);
  }
}

interface Found {
  readonly first: SealInfo | undefined;
  readonly last: SealInfo | undefined;
  readonly anchored: readonly number[];
  readonly faults: readonly SealFault[];
  readonly manifests: ManifestCheck;
  readonly segments: number;
}

function describe({ first, last, anchored, faults, manifests, segments }: Found): SealsReport {
  const none = last === undefined && faults.length === 0;
  const info = ({ number, sha256, time }: SealInfo): SealInfo => ({ number, sha256, time });
  return {
    state: faults.length > 0 ? 'tampered' : none ? 'none' : 'intact',
    ...(first && { first: info(first) }),
    ...(last && { last: info(last) }),
    manifests: manifests.closedDays.size,
    segments,
    anchors: anchored,
    faults,
  };
}
