/**
 * Payment card numbers (PANs): 13 to 19 digits in groups with single spaces or dashes between, an issuer's range and
 * a right check digit. A group of digits counts whole or not at all, so an id that merely contains a card number's
 * digits is none. Fractions (0.4111…) are no cards.
 */
import type { Range } from '../finding.ts';
import { hasIssuer, mayBegin, PREFIX_DIGITS } from './card-issuers.ts';
import type { Detector } from './detector.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;

export const cardDetector: Detector = {
  class: 'card',
  needs: { digits: MIN_DIGITS },
  bareDigits: MIN_DIGITS,
  findByForm: findCards,
};

/** Where several groupings of one run are valid, all of them: what follows a card (its CVV) may look like its end. */
function findCards(text: string): readonly Range[] {
  const found: Range[] = [];
  let index = 0;
  while (index < text.length) {
    const digit = digitAt(text, index);
    if (digit < 0) {
      index += 1;
      continue;
    }
    const end = mayBegin(digit) && !isFraction(text, index) ? endOfLongest(text, index) : undefined;
    if (end !== undefined) found.push({ start: index, end });
    while (digitAt(text, index) >= 0) index += 1;
  }
  return found;
}

/**
 * The end of the longest card number whose first group of digits begins at `start`. The check digit (Luhn, ISO/IEC
 * 7812-1 annex B) doubles every second digit from the right, so both sums are kept: each new digit swaps them.
 */
function endOfLongest(text: string, start: number): number | undefined {
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
    if (digits >= MIN_DIGITS && sum % 10 === 0 && hasIssuer(prefix, digits)) longest = index;
    if (!isSeparator(text, index) || digitAt(text, index + 1) < 0) break;
  }
  return longest;
}

function isSeparator(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x2d;
}

function isFraction(text: string, index: number): boolean {
  return text.charCodeAt(index - 1) === 0x2e && digitAt(text, index - 2) >= 0;
}

/** -1 where there is none. */
function digitAt(text: string, index: number): number {
  const digit = text.charCodeAt(index) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}
