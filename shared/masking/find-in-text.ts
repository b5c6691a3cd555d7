/**
 * All findings of one text or number: a cheap survey first (most texts of a message can hold nothing), then a look at
 * the text as it stands, then at what its escapes and encodings say. Depth, rounds and inflated bytes are bounded, so
 * the work is linear in the text. Keeps nothing of what it read.
 */
import type { ExactNumber } from '../json/value.ts';
import { blankOut } from './blank.ts';
import { findEncodedRuns, MIN_RUN } from './decode/encoded-runs.ts';
import { readEscapes } from './decode/escapes.ts';
import { readLookAlikes } from './decode/look-alikes.ts';
import type { Budget } from './decode/text-of-bytes.ts';
import type { Detector } from './detectors/detector.ts';
import { type Finding, mergeRanges, type Range, type RankedRange } from './finding.ts';
import { integerText } from './integer-text.ts';
import { createLook, NAMED_OTHERWISE, type NamedClasses } from './look.ts';
import { mayHide, normalise } from './normalise.ts';
import { isMet, isTimeOrUuid, type Survey, survey } from './survey.ts';

export type { NamedClasses } from './look.ts';

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
/** Escapes and encodings inside one another. */
const MAX_DEPTH = 3;
const MAX_INFLATED_BYTES = 262_144;
/** Digits of the shortest list of character codes, and of a number some of whose digits are letters. */
const MIN_CODE_DIGITS = 14;
const MIN_LOOK_ALIKE_DIGITS = 5;
/** Class of what nobody could look into. */
const UNREAD = 'binary';

/** `detectors`: most specific first. */
export function createFinder(detectors: readonly Detector[]): Finder {
  const look = createLook(detectors);
  const smallestBare = 10 ** (Math.min(...detectors.map(({ bare }) => bare?.minDigits ?? Infinity)) - 1);
  const bits = (has: (detector: Detector) => boolean): NamedClasses =>
    detectors.reduce((set, detector, rank) => (has(detector) ? set | (1 << rank) : set), 0);
  const rankOf = (className: string): number => detectors.findIndex((one) => one.class === className);
  const byWhole = bits(({ whole }) => whole !== undefined);

  const lookOnce = (text: string, facts: Survey, named: NamedClasses): readonly RankedRange[] => {
    const isPromising = isMet(look.needs, facts);
    if (!facts.needsReading) return isPromising ? look(text, facts, named) : NO_RANGES;
    if (!isPromising && !mayHide(text)) return NO_RANGES;
    const read = normalise(text);
    return look(read.text, survey(read.text), named).map((range) => ({ ...range, ...read.toSource(range) }));
  };

  /** What stands in the text once escapes, encodings and look-alikes are read. */
  const lookDeeper = (
    source: string,
    facts: Survey,
    named: NamedClasses,
    depth: number,
    budget: Budget,
  ): RankedRange[] => {
    const ranges: RankedRange[] = [];
    const add = (findings: readonly Finding[], place: (finding: Finding) => Range): void => {
      for (const finding of findings)
        for (const each of finding.classes)
          ranges.push({ ...place(finding), class: each, rank: rankOf(each), isEncoded: true });
    };
    if (facts.hasEscape) {
      const read = readEscapes(source);
      if (read !== undefined) add(find(read.text, named, depth + 1, budget), read.toSource);
    }
    const read = facts.needsReading ? normalise(source) : undefined;
    const text = read?.text ?? source;
    const toSource = (range: Range): Range => read?.toSource(range) ?? { start: range.start, end: range.end };
    if (facts.longestRun >= MIN_RUN || facts.digits >= MIN_CODE_DIGITS) {
      for (const run of findEncodedRuns(text, budget)) {
        const isUnread = run.text === 'too-much';
        const inner = isUnread ? [{ start: 0, end: 0, classes: [UNREAD] }] : find(run.text, named, depth + 1, budget);
        add(inner, () => toSource(run));
      }
    }
    const alike = facts.digits >= MIN_LOOK_ALIKE_DIGITS ? readLookAlikes(text) : undefined;
    if (alike !== undefined) add(find(alike, named, MAX_DEPTH, budget), toSource);
    return ranges;
  };

  const find = (text: string, named: NamedClasses, depth: number, budget: Budget): readonly Finding[] => {
    if (text.length < MIN_LENGTH || isTimeOrUuid(text)) return NOTHING;
    const facts = survey(text);
    let found = lookOnce(text, facts, named);
    let all = found;
    let rest = text;
    // Look again at what is left until nothing is found: beside a blank, digits may stand alone that did not before.
    for (let round = 1; round < MAX_ROUNDS && found.length > 0; round += 1) {
      const merged = mergeRanges(found);
      if (merged[0]?.start === 0 && merged[0].end === text.length) return mergeRanges(all);
      rest = blankOut(rest, merged);
      if (merged.every((finding) => isAlone(text, finding))) break;
      found = lookOnce(rest, survey(rest), named);
      if (found.length > 0) all = all.concat(found);
    }
    if (
      depth < MAX_DEPTH &&
      (facts.hasEscape || facts.longestRun >= MIN_RUN || facts.digits >= MIN_LOOK_ALIKE_DIGITS)
    ) {
      const deeper = lookDeeper(rest, facts, named, depth, budget);
      if (deeper.length > 0) all = all.concat(deeper);
    }
    return all.length === 0 ? NOTHING : mergeRanges(all);
  };

  return {
    namedBy: (words) => {
      const isOther = detectors.some(({ bare }) => bare?.isNamedBy(words) === false);
      return (
        bits(({ context, whole }) => (context ?? whole)?.isNamedBy(words) === true) | (isOther ? NAMED_OTHERWISE : 0)
      );
    },

    inherited: ~(byWhole | NAMED_OTHERWISE),

    inText: (text, named) => {
      const whole = (named & byWhole) === 0 ? undefined : detectors.find(isWholeUnder(text, named));
      if (whole !== undefined) return [{ start: 0, end: text.length, classes: [whole.class] }];
      return find(text, named, 0, { inflated: MAX_INFLATED_BYTES });
    },

    inNumber: (value, named) => {
      // Most numbers of a message are short and under a name that announces nothing.
      const isAnnounced = (named & ~NAMED_OTHERWISE) !== 0;
      if (!isAnnounced && typeof value === 'number' && Math.abs(value) < smallestBare) return NO_CLASSES;
      const digits = integerText(typeof value === 'number' ? String(value) : value.rawJSON);
      if (digits === undefined) return NO_CLASSES;
      // A number is bare digits: a class that has a rule for those goes by it alone.
      const isFound = ({ bare, context, whole }: Detector, rank: number): boolean => {
        if (bare !== undefined && (named & NAMED_OTHERWISE) === 0 && bare.find(digits).length > 0) return true;
        const rule = context ?? whole;
        if (rule === undefined || !isNamed(named, rank)) return false;
        const { min, max } = rule.numberDigits;
        return digits.length >= min && digits.length <= max;
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

/** Does it stand between quotes or tags, or fill the text? Then nothing beside it reads otherwise once it is gone. */
function isAlone(text: string, { start, end }: Range): boolean {
  return isEdge(text, start - 1) && isEdge(text, end);
}

function isEdge(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return Number.isNaN(code) || code === 0x22 || code === 0x3c || code === 0x3e;
}
