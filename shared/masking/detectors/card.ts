/**
 * Payment card numbers (PANs): 13 to 19 digits with an issuer's range and a right check digit, in groups as they are
 * printed, or in one piece unless a name says that it is the number of something else. A group of digits counts whole or
 * not at all, so an id that merely contains a card number's digits is none. Fractions (0.4111…) are no cards.
 */
import type { Range } from '../finding.ts';
import { hasIssuer, mayBegin, PREFIX_DIGITS } from './card-issuers.ts';
import { nameOfNumber } from './card-names.ts';
import { createCharacterSet, endOfRun, startOfRun } from './characters.ts';
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

export const cardDetector: Detector = {
  class: 'card',
  needs: { number: MIN_DIGITS },
  findByForm: findGrouped,
  bare: { minDigits: MIN_DIGITS, find: findBare, isNamedBy: nameOfNumber },
};

const BARE = /\d(?<!\d\d|\d\.\d)\d{12,18}(?!\d)/g;
const HEX = createCharacterSet(/[0-9A-Fa-f]/);
const MIN_HASH = 24;
/** A group of four, or a digit alone, and more behind it. */
const GROUPED = /\d(?<!\d\d)(?:\d{3})?[ \-._/\t\n]\d/g;
/** Nineteen digits with a separator between each. */
const MAX_SPAN = 2 * MAX_DIGITS - 1;
/** Behind other groups of its kind a number must have fifteen digits: shorter ones are the rest of a longer number. */
const MIN_SPAN_BEHIND = 18;
/** Room for what people write behind a number, its check code. */
const MAX_BEHIND = 5;

function findBare(text: string): readonly Range[] {
  return findAll(text, BARE, ({ index, 0: { length } }) => {
    if (!mayBegin(digitAt(text, index)) || isInHash(text, index, index + length)) return false;
    return endOfLongest(text, index, 1) !== undefined;
  });
}

/** Digits in the middle of a hexadecimal run as long as a hash are some of its digits. */
function isInHash(text: string, start: number, end: number): boolean {
  const from = startOfRun(HEX, text, start, start - MIN_HASH);
  const to = endOfRun(HEX, text, end, end + MIN_HASH);
  return to - from >= MIN_HASH && to - from > end - start;
}

/**
 * Where several groupings of one run are valid, all of them: what follows a card (its CVV) may look like its end. In the
 * middle of a run only what reaches its end is a card; other fours are those of a longer number.
 */
function findGrouped(text: string): readonly Range[] {
  const found: Range[] = [];
  let runEnd = 0;
  GROUPED.lastIndex = 0;
  for (let match = GROUPED.exec(text); match !== null; match = GROUPED.exec(text)) {
    const start = match.index;
    // The next group is looked at, too.
    GROUPED.lastIndex = start + match[0].length - 1;
    const isFirst = start >= runEnd;
    if (isFirst) runEnd = endOfGroups(text, start, text.charCodeAt(GROUPED.lastIndex - 1));
    if (!isFirst && runEnd - start > MAX_SPAN + MAX_BEHIND) continue;
    if (!mayBegin(digitAt(text, start)) || isFraction(text, start)) continue;
    const end = endOfLongest(text, start, MAX_DIGITS);
    const isLast = end !== undefined && end - start >= MIN_SPAN_BEHIND && runEnd - end <= MAX_BEHIND;
    if (end !== undefined && (isFirst || isLast)) found.push({ start, end });
  }
  return found;
}

/** The end of the groups of digits with single separators of one kind between. */
function endOfGroups(text: string, start: number, separator: number): number {
  let index = start;
  while (digitAt(text, index) >= 0 || (text.charCodeAt(index) === separator && digitAt(text, index + 1) >= 0))
    index += 1;
  return index;
}

/**
 * The end of the longest card number whose first group of digits begins at `start`. The check digit (Luhn, ISO/IEC
 * 7812-1 annex B) doubles every second digit from the right, so both sums are kept: each new digit swaps them.
 */
function endOfLongest(text: string, start: number, maxGroups: number): number | undefined {
  let groups = 0;
  let digits = 0;
  let prefix = 0;
  let sum = 0;
  let sumIfLastDoubled = 0;
  let longest: number | undefined;
  for (let index = start; digits <= MAX_DIGITS; index += 1) {
    const digit = digitAt(text, index);
    if (digit >= 0) {
      digits += 1;
      if (digits <= PREFIX_DIGITS) prefix = prefix * 10 + digit;
      const doubled = sum + (digit > 4 ? digit * 2 - 9 : digit * 2);
      sum = sumIfLastDoubled + digit;
      sumIfLastDoubled = doubled;
      continue;
    }
    groups += 1;
    const isNumber = digits >= MIN_DIGITS && sum % 10 === 0 && hasIssuer(prefix, digits);
    if (isNumber && (maxGroups === 1 || arePrinted(text.slice(start, index)))) longest = index;
    if (groups === maxGroups || !isSeparator(text, index) || digitAt(text, index + 1) < 0) break;
  }
  return longest;
}

/** Fours with a rest at the end, as American Express and Diners Club print theirs, or digit by digit. */
function arePrinted(number: string): boolean {
  const groups = number.split(/\D/).map(({ length }) => length);
  const [first, second, third] = groups;
  if (groups.length === 1) return false;
  if (groups.length === 3 && first === 4 && second === 6) return third === 5 || third === 4;
  const size = first === 1 ? 1 : 4;
  return groups.every((group, index) => group === size || (index === groups.length - 1 && group < size + 4));
}

const SEPARATORS = new Set([0x20, 0x2d, 0x2e, 0x5f, 0x2f, 0x09, 0x0a]);

function isSeparator(text: string, index: number): boolean {
  return SEPARATORS.has(text.charCodeAt(index));
}

function isFraction(text: string, index: number): boolean {
  return text.charCodeAt(index - 1) === 0x2e && digitAt(text, index - 2) >= 0;
}

/** -1 where there is none. */
function digitAt(text: string, index: number): number {
  const digit = text.charCodeAt(index) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}
