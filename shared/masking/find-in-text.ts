/**
 * All findings of one text or number: a cheap survey first (most texts of a message can hold nothing), then the
 * detectors of the classes that are on, most specific first. Keeps nothing of what it read.
 */

import type { ExactNumber } from '../json/value.ts';
import { blankOut } from './blank.ts';
import type { Detector, Needs } from './detectors/detector.ts';
import { findByContext } from './find-by-context.ts';
import { type Finding, mergeRanges, type Range, type RankedRange } from './finding.ts';
import { integerText } from './integer-text.ts';
import { mayHide, normalise } from './normalise.ts';

/** One bit for each detector, in their order: the classes that a key name announces. */
export type NamedClasses = number;

export interface Finder {
  namedBy(words: readonly string[]): NamedClasses;
  /** Of what a name announces, what goes for objects below it too. */
  readonly inherited: NamedClasses;
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
  const any = needsOfAny(detectors);
  const smallestByForm = 10 ** (Math.min(...detectors.map(({ bareDigits = Infinity }) => bareDigits)) - 1);
  const bits = (has: (detector: Detector) => boolean): NamedClasses =>
    detectors.reduce((set, detector, rank) => (has(detector) ? set | (1 << rank) : set), 0);
  const byWhole = bits(({ whole }) => whole !== undefined);

  const look = (text: string, facts: Survey, named: NamedClasses): readonly RankedRange[] => {
    const able = detectors.map(({ needs }) => isMet(needs, facts));
    const ranges: RankedRange[] = [];
    const add = (found: readonly Range[], className: string, rank: number): void => {
      for (const { start, end } of found) ranges.push({ start, end, class: className, rank });
    };
    let outside = text;
    detectors.forEach((detector, rank) => {
      if (able[rank] !== true) return;
      const found = detector.findByForm(outside);
      add(found, detector.class, rank);
      if (detector.isOpaque === true && found.length > 0) outside = blankOut(outside, mergeRanges(ranges));
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
    const isPromising = isMet(any, facts);
    if (!facts.needsReading) return isPromising ? look(text, facts, named) : NO_RANGES;
    if (!isPromising && !mayHide(text)) return NO_RANGES;
    const read = normalise(text);
    return look(read.text, survey(read.text), named).map((range) => ({ ...range, ...read.toSource(range) }));
  };

  return {
    namedBy: (words) => bits(({ context, whole }) => (context ?? whole)?.isNamedBy(words) === true),

    inherited: ~byWhole,

    inText: (text, named) => {
      const whole = (named & byWhole) === 0 ? undefined : detectors.find(isWholeUnder(text, named));
      if (whole !== undefined) return [{ start: 0, end: text.length, classes: [whole.class] }];
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
      const isFound = ({ findByForm, bareDigits, context, whole }: Detector, rank: number): boolean => {
        const rule = context ?? whole;
        if (rule === undefined) return bareDigits !== undefined && findByForm(digits).length > 0;
        const { min, max } = rule.numberDigits;
        return isNamed(named, rank) && digits.length >= min && digits.length <= max;
      };
      return [...new Set(detectors.filter(isFound).map((detector) => detector.class))];
    },
  };
}

function isNamed(named: NamedClasses, rank: number): boolean {
  return (named & (1 << rank)) !== 0;
}

/** For `find`: is all of this text sensitive because of the key right above it? */
function isWholeUnder(text: string, named: NamedClasses): (detector: Detector, rank: number) => boolean {
  return ({ whole }, rank) => whole !== undefined && isNamed(named, rank) && whole.isWhole(text);
}

/** What at least one detector needs. */
function needsOfAny(detectors: readonly Detector[]): Needs {
  const smallest = (of: (needs: Needs) => number | undefined) =>
    Math.min(...detectors.map(({ needs }) => of(needs) ?? Infinity));
  return {
    digits: smallest(({ digits }) => digits),
    run: smallest(({ run }) => run),
    ...(detectors.some(({ needs }) => needs.at) && { at: true }),
    ...(detectors.some(({ needs }) => needs.sign) && { sign: true }),
  };
}

function isMet({ digits = Infinity, at, run = Infinity, sign }: Needs, facts: Survey): boolean {
  const isAtOrSign = (at === true && facts.hasAt) || (sign === true && facts.hasSign);
  return isAtOrSign || facts.digits >= digits || facts.longestRun >= run;
}

interface Survey {
  /** ASCII digits. */
  readonly digits: number;
  readonly hasAt: boolean;
  readonly hasSign: boolean;
  /** The most characters in a row that a token may have, or that may become such. */
  readonly longestRun: number;
  /** Has an escape or a character beyond ASCII, so it may not mean what its units say. */
  readonly needsReading: boolean;
}

const IS_DIGIT = 1;
const IS_AT = 2;
const IS_SIGN = 4;
const NEEDS_READING = 8;
const IS_IN_RUN = 16;
/** One look-up for each character: this loop reads every text of every message. */
const TRAITS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => traitsOf(String.fromCharCode(code)));

function traitsOf(character: string): number {
  if (/\d/.test(character)) return IS_DIGIT | IS_IN_RUN;
  if (character === '@') return IS_AT | IS_IN_RUN;
  if (character === '\\') return NEEDS_READING | IS_IN_RUN;
  return (/[:=]/.test(character) ? IS_SIGN : 0) | (/[\w:=+/.~%-]/.test(character) ? IS_IN_RUN : 0);
}

function survey(text: string): Survey {
  let digits = 0;
  let seen = 0;
  let run = 0;
  let longestRun = 0;
  for (let index = 0; index < text.length; index += 1) {
    const traits = TRAITS[text.charCodeAt(index)] ?? NEEDS_READING | IS_IN_RUN;
    seen |= traits;
    digits += traits & IS_DIGIT;
    run = (traits & IS_IN_RUN) === 0 ? 0 : run + 1;
    if (run > longestRun) longestRun = run;
  }
  return {
    digits,
    hasAt: (seen & IS_AT) !== 0,
    hasSign: (seen & IS_SIGN) !== 0,
    longestRun,
    needsReading: (seen & NEEDS_READING) !== 0,
  };
}
