/**
 * All findings of one text or number: a cheap survey first (most texts of a message can hold nothing), then the
 * detectors of the classes that are on, most specific first. Keeps nothing of what it read.
 */

import type { ExactNumber } from '../json/value.ts';
import type { Detector } from './detectors/detector.ts';
import { findByContext } from './find-by-context.ts';
import { type Finding, mergeRanges, type Range, type RankedRange } from './finding.ts';
import { integerText } from './integer-text.ts';
import { mayHide, normalise } from './normalise.ts';

/** One bit for each detector, in their order: the classes that a key name announces. */
export type NamedClasses = number;

export interface Finder {
  namedBy(words: readonly string[]): NamedClasses;
  /** Offsets in `text`, in order, without overlaps. */
  inText(text: string, named: NamedClasses): readonly Finding[];
  /** Classes of a JSON number: all of it or nothing. */
  inNumber(value: number | ExactNumber, named: NamedClasses): readonly string[];
}

const NOTHING: readonly Finding[] = [];
const NO_CLASSES: readonly string[] = [];
/** The shortest address and the shortest phone number. */
const MIN_LENGTH = 6;

/** `detectors`: most specific first. */
export function createFinder(detectors: readonly Detector[]): Finder {
  const minDigits = Math.min(...detectors.map(({ needs }) => ('digits' in needs ? needs.digits : Infinity)));

  const bareDigits = detectors.map(({ needs, context }) =>
    context === undefined && 'digits' in needs ? needs.digits : Infinity,
  );
  const smallestByForm = 10 ** (Math.min(...bareDigits) - 1);

  const find = (text: string, facts: Survey, named: NamedClasses): readonly Finding[] => {
    const ranges: RankedRange[] = [];
    const add = (rank: number, found: readonly Range[]): void => {
      const detector = detectors[rank];
      if (detector === undefined) return;
      for (const { start, end } of found) ranges.push({ start, end, class: detector.class, rank });
    };
    const able = detectors.map(({ needs }) => ('at' in needs ? facts.hasAt : facts.digits >= needs.digits));
    detectors.forEach((detector, rank) => {
      if (able[rank] === true) add(rank, detector.findByForm(text));
    });
    detectors.forEach(({ context }, rank) => {
      if (context === undefined || able[rank] !== true) return;
      add(rank, findByContext(text, context, mergeRanges(ranges), isNamed(named, rank)));
    });
    return ranges.length === 0 ? NOTHING : mergeRanges(ranges);
  };

  return {
    namedBy: (words) =>
      detectors.reduce((named, { context }, rank) => (context?.isNamedBy(words) ? named | (1 << rank) : named), 0),

    inText: (text, named) => {
      if (text.length < MIN_LENGTH) return NOTHING;
      const facts = survey(text);
      const isPromising = facts.hasAt || facts.digits >= minDigits;
      if (!facts.needsReading) return isPromising ? find(text, facts, named) : NOTHING;
      if (!isPromising && !mayHide(text)) return NOTHING;
      const read = normalise(text);
      const found = find(read.text, survey(read.text), named);
      return found.map((finding) => ({ ...finding, ...read.toSource(finding) }));
    },

    inNumber: (value, named) => {
      // Most numbers of a message are short and under a name that announces nothing.
      if (named === 0 && typeof value === 'number' && Math.abs(value) < smallestByForm) return NO_CLASSES;
      const digits = integerText(typeof value === 'number' ? String(value) : value.rawJSON);
      if (digits === undefined) return NO_CLASSES;
      // A number is bare digits: a class that has a rule for those goes by it alone.
      const isFound = ({ findByForm, context }: Detector, rank: number): boolean => {
        if (context === undefined) return findByForm(digits).length > 0;
        const { min, max } = context.numberDigits;
        return isNamed(named, rank) && digits.length >= min && digits.length <= max;
      };
      return detectors.filter(isFound).map((detector) => detector.class);
    },
  };
}

function isNamed(named: NamedClasses, rank: number): boolean {
  return (named & (1 << rank)) !== 0;
}

interface Survey {
  /** ASCII digits. */
  readonly digits: number;
  readonly hasAt: boolean;
  /** Has an escape or a character beyond ASCII, so it may not mean what its units say. */
  readonly needsReading: boolean;
}

function survey(text: string): Survey {
  let digits = 0;
  let hasAt = false;
  let needsReading = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code >= 0x30 && code <= 0x39) digits += 1;
    else if (code === 0x40) hasAt = true;
    else if (code === 0x5c || code > 0x7f) needsReading = true;
  }
  return { digits, hasAt, needsReading };
}
