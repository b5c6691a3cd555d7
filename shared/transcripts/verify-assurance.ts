/**
 * Adds up what `verify` found and says what that is worth (DESIGN §6). It claims no more than was derived from the bytes,
 * and says in plain words what nobody has checked.
 */
import type { Assurance, SealsReport, SegmentReport, SegmentState, VerifyReport } from './verify-report.ts';

const recordsHold = [
  'each line follows the one before it, by the hash of its bytes',
  'each append is signed by its writer, and each writer endorsed by the Key Vault key',
  'large content stands in side blobs as it was recorded',
];

const withoutSeals = [
  'removal of all seals: none stands here, whether or not there ever were any',
  'removal of a whole segment: no seal names the segments that must be there',
  'removal of whole appends from the end of a segment: without a seal it looks like one that is still open',
];

const always = [
  'records and seals made by whoever may sign with the Key Vault key',
  'what the writer itself recorded: records are as true as the process that signed them',
];

/** Adds up reports as they come, so that none has to be kept. */
export function createTally(): {
  add(report: SegmentReport): void;
  /** `isLocked`: whether storage's policy on all that was read was seen locked; undefined: nobody looked. */
  result(seals: SealsReport, isLocked: boolean | undefined): VerifyReport;
} {
  const states: Record<SegmentState, number> = {
    'intact-closed': 0,
    'open-or-cut-off': 0,
    tampered: 0,
    expired: 0,
    unreadable: 0,
  };
  const sums = { segments: 0, lines: 0, bytes: 0, sideBlobs: 0, unsealedSegments: 0, unsealedLines: 0 };

  const overall = (seals: SealsReport): VerifyReport['state'] => {
    if (states.tampered > 0 || seals.state === 'tampered') return 'tampered';
    if (states.unreadable > 0) return 'unreadable';
    return sums.segments > 0 ? 'intact' : 'empty';
  };

  return {
    add(report) {
      states[report.state] += 1;
      if (report.state === 'expired') return;
      sums.segments += 1;
      sums.lines += report.lines;
      sums.bytes += report.bytes;
      sums.sideBlobs += report.sideBlobs;
      sums.unsealedLines += report.unsealedLines ?? 0;
      if (report.unsealedLines) sums.unsealedSegments += 1;
    },
    result(seals, isLocked) {
      const state = overall(seals);
      const totals = { ...states, ...sums };
      const assurance = assess({ state, totals, seals }, isLocked);
      return { state, totals, seals, assurance };
    },
  };
}

function assess({ state, totals, seals }: Omit<VerifyReport, 'assurance'>, isLocked: boolean | undefined): Assurance {
  const { last, first, anchors } = seals;
  const isAnchored = anchors.length > 0;
  const doesNotCover = [
    ...(last ? coverOfSeals(totals, last, isAnchored) : withoutSeals),
    ...(isLocked ? [] : [`whether storage itself refuses to delete and overwrite: ${lockWords(isLocked)}`]),
    ...always,
  ];
  if (state !== 'intact') return { level: 'none', covers: [], doesNotCover };
  const covers = [...recordsHold];
  if (first && last) {
    covers.push(
      `nothing that seals ${first.number} to ${last.number} name was removed or changed: they are signed, linked, and without gaps`,
    );
  }
  if (isAnchored) covers.push(`the chain still holds the seals that were kept elsewhere: ${anchors.join(', ')}`);
  if (isLocked) covers.push('the containers’ immutability policies were seen locked');
  const level = isAnchored ? 'anchored' : isLocked ? 'worm-locked' : 'self-consistent';
  return { level, covers, doesNotCover };
}

function coverOfSeals(
  { unsealedLines, unsealedSegments }: VerifyReport['totals'],
  last: NonNullable<SealsReport['last']>,
  isAnchored: boolean,
): string[] {
  const unsealed = `${unsealedLines} records in ${unsealedSegments} segments are newer than the last seal over them: only their writer’s signature covers them`;
  const unanchored = `removal of the newest seals together with all that only they cover: compare with a seal that was kept elsewhere; the last one here is ${last.number}:${last.sha256} of ${last.time}`;
  return [...(unsealedLines > 0 ? [unsealed] : []), ...(isAnchored ? [] : [unanchored])];
}

function lockWords(isLocked: false | undefined): string {
  return isLocked === false ? 'a policy was seen that is not locked' : 'nobody looked at the containers’ policies';
}
