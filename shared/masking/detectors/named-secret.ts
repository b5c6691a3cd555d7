/**
 * Secrets that their name gives away: `password: …`, `pwd=…`, `"clientSecret": "…"`, `AccountKey=…;`, `?sig=…`, and what
 * follows `Bearer` or `Basic`. It goes from one `:` or `=` to the next and looks at the name before it, so the work is
 * bounded for each of them. A secret of several words without quotes is not found.
 */
import type { Range } from '../finding.ts';
import { splitWords } from '../words.ts';
import { createCharacterSet, endOfRun, isIn, startOfRun } from './characters.ts';
import type { Detector, WholeRule } from './detector.ts';
import { findAll } from './find-all.ts';
import { isSecretValue, kindOf, type SecretKind } from './secret-names.ts';

export const passwordDetector: Detector = {
  class: 'secret',
  needs: { sign: true },
  isOpaque: true,
  findByForm: findNamed,
  // The digits of a number may be a password; 0 is what masking leaves.
  whole: wholeRule('password', { min: 3, max: 40 }),
};

export const keyDetector: Detector = {
  class: 'secret',
  needs: { run: 16 },
  isOpaque: true,
  findByForm: (text) => (/bearer|basic/i.test(text) ? findSchemes(text) : []),
  // No number is long enough to be a key.
  whole: wholeRule('key', { min: Infinity, max: Infinity }),
};

function wholeRule(kind: SecretKind, numberDigits: WholeRule['numberDigits']): WholeRule {
  return {
    isNamedBy: (words) => kindOf(words) === kind,
    isWhole: (text) => isSecretValue(kind, text),
    numberDigits,
  };
}

const BEARER = /(?<![A-Za-z])Bearer {1,4}[\w.~+/-]{16,}=*/gi;
const BASIC = /(?<![A-Za-z])Basic {1,4}[A-Za-z0-9+/]{8,}={0,2}/gi;
const SCHEME = /^[A-Za-z]+ +/;

/** After `Basic` stands base64 of `user:password`; prose goes on with a word there. */
function findSchemes(text: string): readonly Range[] {
  const credentialOf = (whole: string) => whole.replace(SCHEME, '');
  return [
    ...findAll(text, BEARER, ([whole]) => /\d/.test(credentialOf(whole))),
    ...findAll(text, BASIC, ([whole]) => Buffer.from(credentialOf(whole), 'base64').includes(':')),
  ];
}

const MAX_NAME = 48;
const MAX_GAP = 4;
const MAX_SPACES = 8;
const MAX_VALUE = 4_096;
const NAME = createCharacterSet(/[\w .-]/);
const GAP = createCharacterSet(/["'`)\] ]/);
const SPACE = createCharacterSet(/[ \t]/);
/** The last two letters of the names in secret-names.ts: most names end with others, and no more of them is read. */
const ENDINGS = new Set(
  ['rd', 'ds', 'wd', 'se', 'es', 'de', 'ss', 'et', 'ts', 'ey', 'ys', 'en', 'ns', 'al', 'ls', 'ng', 're', 'on']
    .concat('ig')
    .map((ending) => endingOf(ending, 2)),
);

function endingOf(text: string, end: number): number {
  return ((text.charCodeAt(end - 2) | 0x20) << 8) | (text.charCodeAt(end - 1) | 0x20);
}
const VALUE = createCharacterSet(/[!#-%(-+./0-9:=?-~\\-]/);
const CLOSING = createCharacterSet(/[)}\]'`.,:!?\\]/);

/** A further parameter, or a sign that HTML escapes. */
const PARAMETER = /^&(?:[\w.%-]{1,40}=|#|[a-z]{2,6};|$)/;

function findNamed(text: string): readonly Range[] {
  const found: Range[] = [];
  let index = 1;
  let colon = text.indexOf(':', index);
  let equal = text.indexOf('=', index);
  while (colon !== -1 || equal !== -1) {
    const isEqual = colon === -1 || (equal !== -1 && equal < colon);
    const sign = isEqual ? equal : colon;
    const kind = kindBefore(text, sign, isEqual);
    const value = kind === undefined ? undefined : valueAfter(text, sign + 1, kind);
    if (value !== undefined) found.push(value);
    index = Math.max(sign + 1, value?.end ?? 0);
    if (colon !== -1 && colon < index) colon = text.indexOf(':', index);
    if (equal !== -1 && equal < index) equal = text.indexOf('=', index);
  }
  return found;
}

function kindBefore(text: string, sign: number, isEqual: boolean): SecretKind | undefined {
  const end = startOfRun(GAP, text, sign, sign - MAX_GAP);
  if (end < 2 || !ENDINGS.has(endingOf(text, end))) return undefined;
  const name = text.slice(startOfRun(NAME, text, end, end - MAX_NAME), end);
  const words = splitWords(name);
  const kind = kindOf(words);
  if (kind !== undefined) return kind;
  // A signature stands in an address, a token behind its own name; as the last word of a sentence either is a word.
  const last = words.at(-1);
  return last === 'sig' && isEqual ? 'key' : undefined;
}

function valueAfter(text: string, afterSign: number, kind: SecretKind): Range | undefined {
  const sameLine = skipMarks(text, skipArrow(text, afterSign), afterSign + MAX_SPACES);
  const nextLine = startOfNextLine(text, sameLine);
  const begin = nextLine ?? sameLine;
  const quote = text.charAt(begin);
  const isQuoted = quote === '"' || quote === "'" || quote === '`';
  const start = isQuoted ? begin + 1 : begin;
  const end = isQuoted ? endOfQuoted(text, start, quote) : endOfBare(text, start);
  if (!isSecretValue(kind, text.slice(start, end))) return undefined;
  if (nextLine !== undefined && (!isLineEnd(text, end) || text.slice(start, end).includes('[masked:')))
    return undefined;
  if (!isQuoted && kind === 'password' && isProse(text, start, end)) return undefined;
  return { start, end };
}

/** Blanks, and the stars of Markdown: `**password:** …`. */
function skipMarks(text: string, from: number, ceiling: number): number {
  const marks = text.startsWith('**', from) ? from + 2 : from;
  return endOfRun(SPACE, text, marks, ceiling);
}

/** A name may stand on a line of its own, above its value; not above another name. */
function startOfNextLine(text: string, index: number): number | undefined {
  const next = text.charCodeAt(index) === 0x0d ? index + 1 : index;
  if (text.charCodeAt(next) !== 0x0a) return undefined;
  return endOfRun(SPACE, text, next + 1, next + 1 + MAX_SPACES);
}

/** A quote and signs may follow, but the colon of another name. */
function isLineEnd(text: string, index: number): boolean {
  return /^(?![^\n]*:)["'`)\]}.,!?\\]{0,3}[ \t]{0,8}(?:[\r\n<]|$)/.test(text.slice(index, index + 16));
}

/** `:=`, `=>` and `==` are one sign. */
function skipArrow(text: string, index: number): number {
  const next = text.charAt(index);
  return next === '=' || next === '>' ? index + 1 : index;
}

/** Up to the quote that something ends after; a quote before a letter is part of the secret. */
function endOfQuoted(text: string, start: number, quote: string): number {
  const ceiling = Math.min(text.length, start + MAX_VALUE);
  let last: number | undefined;
  for (let index = start; index < ceiling && text.charAt(index) !== '\n'; index += 1) {
    if (text.charAt(index) !== quote) continue;
    last = index;
    if (index + 1 >= text.length || /[\s,;:)}\]&<]/.test(text.charAt(index + 1))) return index;
  }
  return last ?? endOfBare(text, start);
}

function endOfBare(text: string, start: number): number {
  const ceiling = start + MAX_VALUE;
  let end = endOfRun(VALUE, text, start, ceiling);
  // In an address a `&` begins the next parameter; elsewhere it is one more sign of a password.
  while (end < ceiling && text.charCodeAt(end) === 0x26 && !PARAMETER.test(text.slice(end, end + MAX_NAME)))
    end = endOfRun(VALUE, text, end + 1, ceiling);
  while (end > start && isIn(CLOSING, text, end - 1)) end -= 1;
  return end;
}

/** One lower-case or capitalised word, and a sentence that goes on. */
function isProse(text: string, start: number, end: number): boolean {
  return /^[A-Z]?[a-z]+$/.test(text.slice(start, end)) && /^[ ,][ ]?[a-z]/.test(text.slice(end, end + 3));
}
