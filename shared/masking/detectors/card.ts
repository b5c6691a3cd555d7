/**
 * Payment card numbers (PANs): 13 to 19 digits in groups with single spaces or dashes between, an issuer's range and
 * a right check digit. A group of digits counts whole or not at all, so an id that merely contains a card number's
 * digits is none. Fractions (0.4111…) are no cards.
 */
import type { Range } from '../finding.ts';
import { hasIssuer } from './card-issuers.ts';
import type { Detector } from './detector.ts';
import { passesLuhn } from './luhn.ts';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const PREFIX_DIGITS = 6;

export const cardDetector: Detector = { class: 'card', needs: { digits: MIN_DIGITS }, findByForm: findCards };

/** Where several groupings of one run are valid, all of them: what follows a card (its CVV) may look like its end. */
function findCards(text: string): readonly Range[] {
  const found: Range[] = [];
  let index = 0;
  while (index < text.length) {
    if (!isDigit(text, index)) {
      index += 1;
      continue;
    }
    const chain = readChain(text, index);
    chain.forEach((_, first) => {
      const range = findLongest(text, chain, first);
      if (range !== undefined) found.push(range);
    });
    index = (chain.at(-1)?.end ?? index) + 1;
  }
  return found;
}

/** Groups of digits, each one space or dash from the next. */
function readChain(text: string, from: number): readonly Range[] {
  const chain: Range[] = [];
  let start = from;
  for (;;) {
    let end = start;
    while (isDigit(text, end)) end += 1;
    chain.push({ start, end });
    const separator = text.charCodeAt(end);
    if ((separator !== 0x20 && separator !== 0x2d) || !isDigit(text, end + 1)) return chain;
    start = end + 1;
  }
}

/** The longest card number that begins with this group; at most 19 groups are looked at. */
function findLongest(text: string, chain: readonly Range[], first: number): Range | undefined {
  const start = chain[first]?.start ?? 0;
  if (text.charCodeAt(start - 1) === 0x2e && isDigit(text, start - 2)) return undefined;
  let digits = 0;
  let longest: Range | undefined;
  for (let last = first; last < chain.length; last += 1) {
    const group = chain[last];
    if (group === undefined) break;
    digits += group.end - group.start;
    if (digits > MAX_DIGITS) break;
    if (digits >= MIN_DIGITS && isCard(text, start, group.end, digits)) longest = { start, end: group.end };
  }
  return longest;
}

function isCard(text: string, start: number, end: number, digits: number): boolean {
  return hasIssuer(firstDigits(text, start), digits) && passesLuhn(text, start, end);
}

function firstDigits(text: string, start: number): string {
  let prefix = '';
  for (let index = start; prefix.length < PREFIX_DIGITS; index += 1) {
    if (isDigit(text, index)) prefix += text.charAt(index);
  }
  return prefix;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}
