/**
 * Telephone numbers: international (E.164 with a plus or two zeros), North American (3-3-4 with separators), and national
 * ones with a leading zero and separators that are numbers of the regions of phone-plans.ts. Bare digits only where a
 * name says so: of random ten-digit ids two in five would pass.
 */
import type { Range } from '../finding.ts';
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';
import { isInternational, isNational } from './phone-plans.ts';

const INTERNATIONAL = /(?<![\w+])\+[ (]{0,2}\d(?:[ .\-/()]{0,3}\d){6,16}(?!\d)/g;
const TWO_ZEROS = /(?<![\w./:+-])00 ?[1-9]\d{0,2}[ .\-/()]{1,2}\d(?:[ .\-/()]{0,2}\d){5,14}(?!\w|[.:/-]\d)/g;
const NORTH_AMERICAN =
  /(?<!\d|\d[.-])(?:1[ .-])?(?:\([2-9]\d{2}\)[ .-]?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?!\d|[.-]\d)/g;
const NATIONAL =
  /(?<![\w./:+-]|\d )(?:\(0[1-9]\d{0,4}\)[ /-]{0,3}|0[1-9]\d{0,4}(?:[ .]|[ ]?[/-][ ]?))\d{2,8}(?:[ .-]\d{2,4}){0,4}(?!\w|[./:-]\d)/g;
/** Groups of digits that may stand behind a number and look like more of it. */
const MAX_FOLLOWING = 4;
/** Of a beginning that may be a whole number. */
const MIN_LENGTH = 8;
const MIN_NATIONAL_DIGITS = 9;
const MAX_NATIONAL_DIGITS = 12;
/** Three, two and four digits are a social security number or a part number. */
const NO_PHONE = /^\d{3}[-. ]\d{2}[-. ]\d{4}$/;
/** Dates stand near telephones, and have as many digits. */
const DATE = /^\(?(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?!\d)/;

export const phoneDetector: Detector = {
  class: 'phone',
  needs: { number: 7 },
  findByForm: (text) => [
    ...(text.includes('+') ? longestNumbers(text, findAll(text, INTERNATIONAL), isWithPlus) : []),
    ...(text.includes('00') ? longestNumbers(text, findAll(text, TWO_ZEROS), isWithZeros) : []),
    ...findAll(text, NORTH_AMERICAN),
    ...(text.includes('0') ? longestNumbers(text, findAll(text, NATIONAL), isWithTrunk) : []),
  ],
  context: {
    mayHold: /phone|tel|mobil|cell|fax|whatsapp|msisdn|handy|gsm|tlf/i,
    isNamedBy: (words) => words.some((word, at) => NAME.test(word) || (word === 'app' && words[at - 1] === 'whats')),
    candidate: /(?<!\d)[+(]?\d(?:[ .\-/()]{0,3}\d){6,14}(?!\d)/g,
    isOne: (text) => !DATE.test(text),
    numberDigits: { min: 7, max: 15 },
  },
};

const NAME =
  /^(?:(?:home|work|cell|tele|mobile|office|contact|smart|i)?phones?(?:no|num|numbers?)?|tel(?:no|number)?|telef\w{2,4}|mobiles?(?:no|number)?|mobil|cell(?:ular)?|handy|gsm|tlf|fax(?:no|number)?|telefax|whatsapp|msisdn)$/;

const digitsOf = (text: string) => text.replaceAll(/\D/g, '');

/** With a plus the right length is enough, unless the signs are those of a fraction or a coordinate. */
function isWithPlus(text: string): boolean {
  return isInternational(digitsOf(text), !/[./]/.test(text));
}

function isWithZeros(text: string): boolean {
  return isInternational(digitsOf(text).slice(2), false);
}

function isWithTrunk(text: string): boolean {
  const digits = digitsOf(text);
  if (digits.length < MIN_NATIONAL_DIGITS || digits.length > MAX_NATIONAL_DIGITS) return false;
  return !DATE.test(text) && !NO_PHONE.test(text) && isNational(digits);
}

/** What follows a number may look like more of it: of each candidate the longest beginning that is one, by groups. */
function longestNumbers(text: string, candidates: readonly Range[], isOne: (text: string) => boolean): Range[] {
  const found: Range[] = [];
  for (const { start, end } of candidates) {
    let last = end;
    for (let left = MAX_FOLLOWING; left >= 0 && last - start >= MIN_LENGTH; left -= 1) {
      if (isOne(text.slice(start, last))) {
        found.push({ start, end: last });
        break;
      }
      last = endOfGroupBefore(text, start, last);
    }
  }
  return found;
}

/** Where the digits before the last separators end; `start` if there are none. */
function endOfGroupBefore(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && isDigit(text, index - 1)) index -= 1;
  while (index > start && !isDigit(text, index - 1)) index -= 1;
  return index;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}
