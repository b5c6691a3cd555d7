/**
 * One look at a text that can be read as it stands: the detectors of the classes that are on, most specific first. Keeps
 * nothing of what it read.
 */
import { blankOut } from './blank.ts';
import type { Detector, Needs } from './detectors/detector.ts';
import { findBare } from './find-bare.ts';
import { findByContext } from './find-by-context.ts';
import { mergeRanges, type Range, type RankedRange } from './finding.ts';
import { isMet, type Survey } from './survey.ts';

/** One bit for each detector, in their order: the classes that a key name announces. */
export type NamedClasses = number;

/** The bit of names that say their number is something else; as many detectors as there are bits below it. */
export const NAMED_OTHERWISE: NamedClasses = 1 << 30;

export interface Look {
  (text: string, facts: Survey, named: NamedClasses): readonly RankedRange[];
  /** What must be in a text for any detector to find anything. */
  readonly needs: Needs;
}

/** `detectors`: most specific first. */
export function createLook(detectors: readonly Detector[]): Look {
  const opaque = detectors.flatMap((detector, rank) => (detector.isOpaque === true ? [{ detector, rank }] : []));
  const others = detectors.flatMap((detector, rank) => (detector.isOpaque === true ? [] : [{ detector, rank }]));
  const contextual = detectors.flatMap(({ context, needs, class: className }, rank) =>
    context === undefined ? [] : [{ context, needs, class: className, rank }],
  );
  const look = (text: string, facts: Survey, named: NamedClasses): readonly RankedRange[] => {
    const ranges: RankedRange[] = [];
    const add = (found: readonly Range[], className: string, rank: number): void => {
      for (const { start, end } of found) ranges.push({ start, end, class: className, rank });
    };
    let outside = text;
    for (const { detector, rank } of opaque) {
      if (!isMet(detector.needs, facts)) continue;
      const found = detector.findByForm(outside);
      if (found.length === 0) continue;
      add(found, detector.class, rank);
      outside = blankOut(outside, mergeRanges(ranges));
    }
    for (const { detector, rank } of others) {
      if (!isMet(detector.needs, facts)) continue;
      add(detector.findByForm(outside), detector.class, rank);
      const isOther = (named & NAMED_OTHERWISE) !== 0;
      if (detector.bare !== undefined) add(findBare(outside, detector.bare, isOther), detector.class, rank);
    }
    if (ranges.length === 1 && ranges[0]?.start === 0 && ranges[0].end === text.length) return ranges;
    for (const { context, needs, class: className, rank } of contextual) {
      const isNamed = (named & (1 << rank)) !== 0;
      if (!isMet(needs, facts) || !(isNamed || context.mayHold.test(text))) continue;
      const rest = ranges.length === 0 ? text : blankOut(text, mergeRanges(ranges));
      add(findByContext(rest, context, isNamed), className, rank);
    }
    return ranges;
  };
  return Object.assign(look, { needs: needsOfAny(detectors) });
}

/** What at least one detector needs. */
function needsOfAny(detectors: readonly Detector[]): Needs {
  const smallest = (of: (needs: Needs) => number | undefined) =>
    Math.min(...detectors.map(({ needs }) => of(needs) ?? Infinity));
  return {
    digits: smallest(({ digits }) => digits),
    number: smallest(({ number }) => number),
    run: smallest(({ run }) => run),
    ...(detectors.some(({ needs }) => needs.at) && { at: true }),
    ...(detectors.some(({ needs }) => needs.sign) && { sign: true }),
    ...(detectors.some(({ needs }) => needs.sentence) && { sentence: true }),
  };
}
