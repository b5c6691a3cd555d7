/**
 * Telephone numbers: international (E.164 with a plus), North American (3-3-4 with separators), and national ones with
 * a leading zero and separators. Bare digits only where a name says so: of random ten-digit ids two in five would pass.
 */
import type { Detector } from './detector.ts';
import { findAll } from './find-all.ts';

const INTERNATIONAL = /(?<![\w+])\+\d(?:[ .\-/()]{0,2}\d){6,14}(?!\d)/g;
const NORTH_AMERICAN =
  /(?<!\d|\d[.-])(?:1[ .-])?(?:\([2-9]\d{2}\)[ .-]?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?!\d|[.-]\d)/g;
/** One separator throughout, or the area in parentheses: dates and the parts of an id have neither. */
const NATIONAL =
  /(?<![\w./:-])(?:\(0\d{1,4}\)[ -]?\d{3,8}(?:[ -]\d{2,5})?|0\d{1,4}([ ./-])\d{2,8}(?:\1\d{2,4}){0,4})(?!\d|[./-]\d)/g;
const MIN_NATIONAL_DIGITS = 10;
const MAX_NATIONAL_DIGITS = 12;

export const phoneDetector: Detector = {
  class: 'phone',
  needs: { digits: 7 },
  findByForm: (text) => [
    ...(text.includes('+') ? findAll(text, INTERNATIONAL) : []),
    ...findAll(text, NORTH_AMERICAN),
    ...findAll(text, NATIONAL, ([whole]) => isNationalLength(whole)),
  ],
  context: {
    mayHold: /phone|tel|mobile|cell|fax|whatsapp|msisdn/i,
    isNamedBy: (words) => words.some((word) => NAME.test(word)),
    candidate: /(?<!\d)[+(]?\d(?:[ .\-/()]{0,2}\d){6,14}(?!\d)/g,
    numberDigits: { min: 7, max: 15 },
  },
};

const NAME =
  /^(?:(?:home|work|cell|tele|mobile|office|contact)?phones?(?:no|num|numbers?)?|tel(?:no|number)?|mobiles?(?:no|number)?|cell|fax(?:no|number)?|whatsapp|msisdn)$/;

function isNationalLength(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '').length;
  return digits >= MIN_NATIONAL_DIGITS && digits <= MAX_NATIONAL_DIGITS;
}
