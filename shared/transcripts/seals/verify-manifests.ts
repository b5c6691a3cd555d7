/**
 * Verifies the daily manifests beside the chain of seals (DESIGN §6): each is signed, stands as a seal names it, and says
 * of every segment of its day what the seals said when it was made. Of the days in scope only.
 */
import { mapInOrder } from '../in-order.ts';
import { manifestName, parseManifestName, parseSegmentName, SEALS_CONTAINER, sealPrefixes } from '../layout.ts';
import type { SealFault, SealInfo } from '../verify-report.ts';
import { isDayInScope, isInScope, type VerifyScope } from '../verify-scope.ts';
import { type Manifest, type Seal, type SealedSegment, segmentKey } from './document.ts';
import { readDocument, type SealPorts } from './read-document.ts';
import { expiresAtMs, longestDays } from './retention-time.ts';
import { readManifest } from './sign-document.ts';

/** What the seals so far say of the segments in scope. */
export interface NamedSegments {
  /** As named last, by `segmentKey`. */
  readonly segments: Map<string, SealedSegment>;
  /** How many were opened on a day. */
  readonly countOfDay: Map<string, number>;
}

export interface ManifestCheck {
  /** Told of each seal in order, once its entries are taken in. `first`: the oldest that still stands. */
  afterSeal(first: SealInfo, at: SealInfo, seal: Seal | undefined): Promise<void>;
  atEnd(first: SealInfo | undefined, last: Seal | undefined): Promise<void>;
  /** Days whose manifest says what the seals say. */
  readonly closedDays: Set<string>;
}

interface Standing {
  readonly day: string;
  readonly sha256: string;
  readonly through?: number;
}

const READS_AT_ONCE = 4;

export async function createManifestCheck(
  options: SealPorts & { readonly scope: VerifyScope; readonly nowMs?: number },
  sealed: NamedSegments,
  fault: (fault: SealFault) => void,
): Promise<ManifestCheck> {
  const { scope, nowMs } = options;
  const standing = new Map<string, Standing>();
  /** Days to compare, by the seal after which they were made. */
  const made = new Map<number, string[]>();
  const named = new Map<string, string>();
  const closedDays = new Set<string>();

  const load = async (day: string) => ({ day, read: await readDocument(options, manifestName(day), readManifest) });
  for await (const { day, read } of mapInOrder(daysInScope(options), READS_AT_ONCE, load)) {
    if (!read) continue;
    const through = read.document?.day === day ? read.document.through.number : undefined;
    if (through === undefined) fault({ code: 'manifest-invalid', day, detail: read.fault ?? 'it is another day’s' });
    else made.set(through, [...(made.get(through) ?? []), day]);
    standing.set(day, { day, sha256: read.sha256, ...(through !== undefined && { through }) });
  }

  return {
    closedDays,
    async afterSeal(first, { number, sha256 }, seal) {
      for (const one of seal?.manifests ?? []) if (isDayInScope(scope, one.day)) named.set(one.day, one.sha256);
      for (const day of made.get(number) ?? []) {
        // Read again, rather than kept: a busy day's manifest is large.
        const manifest = (await readDocument(options, manifestName(day), readManifest))?.document;
        // The seals that named its first segments have gone: nothing to compare with.
        if (first.number > 1 && manifest && first.number > (manifest.seals?.first.number ?? 0)) continue;
        if (manifest?.through.sha256 === sha256 && isAsSealed(manifest, scope, sealed)) closedDays.add(day);
        else fault({ code: 'manifest-differs', day, detail: `it says something else than the seals up to ${number}` });
      }
    },
    async atEnd(first, last) {
      for (const [day, sha256] of named) {
        // One that was made while the chain was read comes here first.
        const found = standing.get(day) ?? (await readDocument(options, manifestName(day), readManifest));
        const mayBeGone = nowMs !== undefined && expiresAtMs(day, longestDays(last?.retention ?? [])) <= nowMs;
        if (!found && !mayBeGone) fault({ code: 'manifest-missing', day, detail: 'a seal names it, and it is gone' });
        if (found && found.sha256 !== sha256) {
          fault({ code: 'manifest-differs', day, detail: 'it is not the one that a seal names' });
        }
      }
      for (const { day, through } of standing.values()) {
        if (named.has(day) || through === undefined || !first || through < first.number) continue;
        // The newest may have been made a moment ago; the next seal names it.
        if (last && day < last.openFrom) fault({ code: 'manifest-differs', day, detail: 'no seal names it' });
      }
    },
  };
}

async function* daysInScope({ reader, scope }: SealPorts & { readonly scope: VerifyScope }): AsyncGenerator<string> {
  for await (const { name } of reader.blobs(SEALS_CONTAINER, sealPrefixes.manifests)) {
    const day = parseManifestName(name);
    if (day !== undefined && isDayInScope(scope, day)) yield day;
  }
}

/** As far as the scope goes. */
function isAsSealed({ day, entries }: Manifest, scope: VerifyScope, { segments, countOfDay }: NamedSegments): boolean {
  const inScope = entries.filter(({ segment }) => {
    const parts = parseSegmentName(segment);
    return parts !== undefined && isInScope(scope, parts);
  });
  return (
    inScope.length === (countOfDay.get(day) ?? 0) &&
    inScope.every((entry) => JSON.stringify(entry) === JSON.stringify(segments.get(segmentKey(entry))))
  );
}
