/**
 * What changed since the seals so far, by the lengths that listings say (DESIGN §6); nothing is read. Listed are the days
 * that have no manifest yet: a writer opens a segment on its own day only, and a manifest is made when that day has ended
 * and nothing of it is open any more, or a day later. What was open even then is asked for by its name.
 */

import { mapInOrder } from '../in-order.ts';
import { dayOf, isTranscriptContainer, parseSegmentName } from '../layout.ts';
import type { BlobFacts, TranscriptReader } from '../segment-store.ts';
import { isSettled, segmentKey } from './document.ts';
import { type KnownSegment, openedOn, type SealState } from './seal-state.ts';

export interface Change {
  readonly container: string;
  readonly segment: string;
  readonly known?: KnownSegment;
  /** As listed; undefined: it was sealed, and is gone. */
  readonly blob?: BlobFacts;
}

export interface Findings {
  /** By the day on which they were opened, then by name. */
  readonly changed: readonly Change[];
  /** Open, known, and as they were. */
  readonly resting: readonly Change[];
  /** The first day of which anything was found; undefined where nothing stands at all. */
  readonly firstDay: string | undefined;
}

const LISTS_AT_ONCE = 8;
/** More days than these are not listed one by one. */
const MANY_DAYS = 7;
const DAY_MS = 86_400_000;

export async function findChanges(reader: TranscriptReader, state: SealState, nowMs: number): Promise<Findings> {
  const from = state.openFrom ?? '';
  const changed: Change[] = [];
  const resting: Change[] = [];
  const seen = new Set<string>();
  let firstDay: string | undefined;

  const judge = (container: string, blob: BlobFacts): void => {
    const segment = blob.name;
    const day = parseSegmentName(segment)?.day;
    // Made and not yet written to: nothing to verify.
    if (day === undefined || day < from || blob.bytes === 0) return;
    firstDay = firstDay === undefined || day < firstDay ? day : firstDay;
    const key = segmentKey({ container, segment });
    seen.add(key);
    compare({ container, segment, blob }, state.segments.get(key));
  };
  const compare = (at: Required<Pick<Change, 'container' | 'segment' | 'blob'>>, known?: KnownSegment): void => {
    if (!known) changed.push(at);
    else if (at.blob.bytes !== (known.blobBytes ?? known.bytes)) changed.push({ ...at, known });
    else if (!isSettled(known)) resting.push({ ...at, known });
  };

  const lists = await findLists(reader, from, nowMs);
  const listed = mapInOrder(lists, LISTS_AT_ONCE, async ({ container, prefix }) => ({
    container,
    blobs: await Array.fromAsync(reader.blobs(container, prefix)),
  }));
  for await (const { container, blobs } of listed) for (const blob of blobs) judge(container, blob);

  const unseen = [...state.segments].filter(
    ([key, known]) => !seen.has(key) && (openedOn(known.segment) >= from || !isSettled(known)),
  );
  const looked = mapInOrder(unseen, LISTS_AT_ONCE, async ([, known]) => ({
    known,
    blob: await findBlob(reader, known),
  }));
  for await (const { known, blob } of looked) {
    const { container, segment } = known;
    if (blob) compare({ container, segment, blob }, known);
    else if (known.fault !== 'segment-missing') changed.push({ container, segment, known });
  }
  const byDay = (left: Change, right: Change) =>
    compareText(openedOn(left.segment), openedOn(right.segment)) || compareText(segmentKey(left), segmentKey(right));
  return { changed: changed.sort(byDay), resting: resting.sort(byDay), firstDay };
}

async function findLists(reader: TranscriptReader, from: string, nowMs: number) {
  const days = daysSince(from, nowMs);
  const lists: { container: string; prefix: string }[] = [];
  for await (const container of reader.containers()) {
    if (!isTranscriptContainer(container)) continue;
    for await (const server of reader.folders(container, '')) {
      if (days === undefined) lists.push({ container, prefix: `${server}/` });
      else lists.push(...days.map((day) => ({ container, prefix: `${server}/${day}/` })));
    }
  }
  return lists;
}

/** Undefined where they are many. */
function daysSince(from: string, nowMs: number): string[] | undefined {
  const fromMs = Date.parse(from.replaceAll('/', '-'));
  if (!(nowMs - fromMs < MANY_DAYS * DAY_MS)) return undefined;
  const days: string[] = [];
  for (let ms = fromMs; ms <= nowMs; ms += DAY_MS) days.push(dayOf(new Date(ms).toISOString()));
  return days;
}

/** One whose name was listed a moment ago may have come since. */
async function findBlob(
  reader: TranscriptReader,
  { container, segment }: KnownSegment,
): Promise<BlobFacts | undefined> {
  for await (const blob of reader.blobs(container, segment)) if (blob.name === segment) return blob;
  return undefined;
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
