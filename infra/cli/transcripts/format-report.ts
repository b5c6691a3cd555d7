/**
 * What `verify` found, for people and for programs. Blob names are whoever wrote them: control characters are shown
 * as escapes, so that a name can't drive the terminal.
 */
import type { SealFault, SealsReport, SegmentReport, VerifyReport } from '../../../shared/transcripts/verify-report.ts';

/** A line or two: the state, the segment, and the first bad record. */
export function formatSegment(report: SegmentReport): string {
  const { container, segment, state, lines, fault, error } = report;
  const head = `${state.padEnd(15)} ${visible(`${container}/${segment}`)} (${count(lines, 'line')})`;
  if (fault) {
    const place = fault.seq === undefined ? '' : `record ${fault.seq} at byte ${fault.offset}: `;
    return `${head}\n${' '.repeat(16)}${place}${visible(fault.detail)} (${fault.code})`;
  }
  return error === undefined ? head : `${head}\n${' '.repeat(16)}${visible(messageOf(error))}`;
}

export function formatTotals({ state, totals, seals, assurance }: VerifyReport, description: string): string {
  const found = [
    `${totals['intact-closed']} intact and closed`,
    `${totals['open-or-cut-off']} open or cut off`,
    `${totals.tampered} tampered`,
    `${totals.unreadable} unreadable`,
    ...(totals.expired > 0 ? [`${totals.expired} past their retention and gone`] : []),
  ];
  return [
    `${state}: ${description}`,
    `${count(totals.segments, 'segment')}: ${found.join(', ')}`,
    `${count(totals.lines, 'line')}, ${count(totals.sideBlobs, 'side blob')}, ${totals.bytes} bytes verified`,
    formatSeals(seals),
    ...seals.faults.map(formatSealFault),
    `assurance: ${assurance.level}`,
    ...assurance.covers.map((line) => `  covers: ${line}`),
    ...assurance.doesNotCover.map((line) => `  does not cover: ${line}`),
  ].join('\n');
}

function formatSeals({ state, first, last, segments, manifests, anchors }: SealsReport): string {
  if (!first || !last) return `seals: ${state}`;
  const chain = `seals ${first.number} to ${last.number} ${state}, the last of ${last.time}`;
  const kept = anchors.length === 0 ? '' : `; kept elsewhere and still there: ${anchors.join(', ')}`;
  return `${chain}; ${count(segments, 'segment')} sealed, ${count(manifests, 'daily manifest')}${kept}`;
}

function formatSealFault({ code, number, day, detail }: SealFault): string {
  const place = number === undefined ? (day ?? '') : `seal ${number}`;
  return `  ${place === '' ? '' : `${place}: `}${visible(detail)} (${code})`;
}

/** The machine form: the totals, and the segments that were asked for. Stable; may gain keys. */
export function toJson(report: VerifyReport, segments: readonly SegmentReport[]): string {
  const listed = segments.map(({ error, ...segment }) =>
    error === undefined ? segment : { ...segment, error: messageOf(error) },
  );
  return JSON.stringify({ ...report, segments: listed }, null, 2);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] ?? error.name) : String(error);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function visible(text: string): string {
  return text.replace(/[^\P{C}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
