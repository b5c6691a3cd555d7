/**
 * What a text is made of, in one pass and one look-up for each character: it reads every text of every message, and most
 * can hold nothing. It decides only who looks, never what is found.
 */
import type { Needs } from './detectors/detector.ts';

export interface Survey {
  /** ASCII digits. */
  readonly digits: number;
  /** The most digits with nothing but signs between them that people put into numbers. */
  readonly longestNumber: number;
  readonly hasAt: boolean;
  readonly hasSign: boolean;
  /** The most characters in a row that a token may have, or that may become such. */
  readonly longestRun: number;
  /** Has an escape or a character beyond ASCII, so it may not mean what its units say. */
  readonly needsReading: boolean;
  /** Has words with spaces between, and room for a name and what it tells. */
  readonly isSentence: boolean;
  /** Has a `%`, `&` or `\`, with which escapes begin. */
  readonly hasEscape: boolean;
}

const IS_DIGIT = 1;
const IS_AT = 2;
const IS_SIGN = 4;
const NEEDS_READING = 8;
const IS_IN_RUN = 16;
const IS_IN_NUMBER = 32;
const IS_ESCAPE = 64;
const IS_SPACE = 128;
const MIN_SENTENCE = 14;
const BEYOND_ASCII = NEEDS_READING | IS_IN_RUN | IS_IN_NUMBER;
const TRAITS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => traitsOf(String.fromCharCode(code)));

function traitsOf(character: string): number {
  if (/\d/.test(character)) return IS_DIGIT | IS_IN_RUN | IS_IN_NUMBER;
  if (character === '@') return IS_AT | IS_IN_RUN;
  if (character === '\\') return NEEDS_READING | IS_IN_RUN | IS_IN_NUMBER | IS_ESCAPE;
  return (
    (/[:=]/.test(character) ? IS_SIGN : 0) |
    (/[\w:=+/.~%-]/.test(character) ? IS_IN_RUN : 0) |
    (/[\s.,\-/()_+]/.test(character) ? IS_IN_NUMBER : 0) |
    (/[%&]/.test(character) ? IS_ESCAPE : 0) |
    (/\s/.test(character) ? IS_SPACE : 0)
  );
}

export function survey(text: string): Survey {
  let digits = 0;
  let number = 0;
  let longestNumber = 0;
  let seen = 0;
  let run = 0;
  let longestRun = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const traits = code < 0x80 ? (TRAITS[code] ?? 0) : BEYOND_ASCII;
    seen |= traits;
    const digit = traits & IS_DIGIT;
    digits += digit;
    number = (traits & IS_IN_NUMBER) === 0 ? 0 : number + digit;
    if (number > longestNumber) longestNumber = number;
    run = (traits & IS_IN_RUN) === 0 ? 0 : run + 1;
    if (run > longestRun) longestRun = run;
  }
  return {
    digits,
    longestNumber,
    hasAt: (seen & IS_AT) !== 0,
    hasSign: (seen & IS_SIGN) !== 0,
    longestRun,
    needsReading: (seen & NEEDS_READING) !== 0,
    isSentence: text.length >= MIN_SENTENCE && (seen & IS_SPACE) !== 0,
    hasEscape: (seen & IS_ESCAPE) !== 0,
  };
}

/** Has the text any of what is needed? */
export function isMet({ digits, number, at, run, sign, sentence }: Needs, facts: Survey): boolean {
  return (
    (number !== undefined && facts.longestNumber >= number) ||
    (at === true && facts.hasAt) ||
    (run !== undefined && facts.longestRun >= run) ||
    (sign === true && facts.hasSign) ||
    (sentence === true && facts.isSentence) ||
    (digits !== undefined && facts.digits >= digits)
  );
}

/** Whole texts that hold nothing by their form, and would have many detectors look: times and UUIDs. */
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const UUID_LENGTH = 36;
const MAX_TIME = 35;
const DASH = 0x2d;

export function isTimeOrUuid(text: string): boolean {
  if (text.length === UUID_LENGTH) return text.charCodeAt(8) === DASH && UUID.test(text);
  return text.length <= MAX_TIME && text.charCodeAt(4) === DASH && text.charCodeAt(7) === DASH && TIME.test(text);
}
