/**
 * All findings of one text or number: a cheap survey first (most texts of a message can hold nothing), then the
 * detectors of the classes that are on, most specific first. Keeps nothing of what it read.
 */

import type { ExactNumber } from '../json/value.ts';
import { blankOut } from './blank.ts';
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
const NO_RANGES: readonly RankedRange[] = [];
const NO_CLASSES: readonly string[] = [];
/** The shortest address and the shortest phone number. */
const MIN_LENGTH = 6;
/** Two are the rule; more take text made for it, which is then masked in several goes. */
const MAX_ROUNDS = 8;

/** `detectors`: most specific first. */
export function createFinder(detectors: readonly Detector[]): Finder {
  const minDigits = Math.min(...detectors.map(({ needs }) => ('digits' in needs ? needs.digits : Infinity)));

  const bareDigits = detectors.map(({ needs, context }) =>
    context === undefined && 'digits' in needs ? needs.digits : Infinity,
  );
  const smallestByForm = 10 ** (Math.min(...bareDigits) - 1);

  const look = (text: string, facts: Survey, named: NamedClasses): readonly RankedRange[] => {
    const able = detectors.map(({ needs }) => ('at' in needs ? facts.hasAt : facts.digits >= needs.digits));
    const ranges: RankedRange[] = [];
    const add = (found: readonly Range[], className: string, rank: number): void => {
      for (const { start, end } of found) ranges.push({ start, end, class: className, rank });
    };
    detectors.forEach((detector, rank) => {
      if (able[rank] === true) add(detector.findByForm(text), detector.class, rank);
    });
    detectors.forEach((detector, rank) => {
      if (detector.context === undefined || able[rank] !== true) return;
      const rest = blankOut(text, mergeRanges(ranges));
      add(findByContext(rest, detector.context, isNamed(named, rank)), detector.class, rank);
    });
    return ranges;
  };

  const lookOnce = (text: string, named: NamedClasses): readonly RankedRange[] => {
    const facts = survey(text);
    const isPromising = facts.hasAt || facts.digits >= minDigits;
    if (!facts.needsReading) return isPromising ? look(text, facts, named) : NO_RANGES;
    if (!isPromising && !mayHide(text)) return NO_RANGES;
    const read = normalise(text);
    return look(read.text, survey(read.text), named).map((range) => ({ ...range, ...read.toSource(range) }));
  };

  return {
    namedBy: (words) =>
      detectors.reduce((named, { context }, rank) => (context?.isNamedBy(words) ? named | (1 << rank) : named), 0),

    inText: (text, named) => {
      if (text.length < MIN_LENGTH) return NOTHING;
      let found = lookOnce(text, named);
      if (found.length === 0) return NOTHING;
      // Look again at what is left until nothing is found: beside a blank, digits may stand alone that did not before.
      let all = found;
      let rest = text;
      for (let round = 1; round < MAX_ROUNDS && found.length > 0; round += 1) {
        rest = blankOut(rest, mergeRanges(found));
        found = lookOnce(rest, named);
        all = all.concat(found);
      }
      return mergeRanges(all);
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
