/**
 * Runs of a text that are other text, encoded: base64 and base64url (RFC 4648, in lines too), hexadecimal, and lists of
 * character codes. A run is told from an id or a hash by what it decodes to, which is looked at first by its head only.
 * Linear: no run is read more than twice, and none is decoded for long that does not begin like text.
 */
import { createCharacterSet, endOfRun, isIn, startOfRun } from '../detectors/characters.ts';
import { findAll } from '../detectors/find-all.ts';
import type { Range } from '../finding.ts';
import { type Budget, mayBeginText, mayBeText, textOfBytes } from './text-of-bytes.ts';

export interface EncodedRun extends Range {
  /** What it says; `too-much` if that is more than anybody looks at. */
  readonly text: string | 'too-much';
}

/** Base64 of nine bytes, the shortest number that is data. */
export const MIN_RUN = 12;
const MIN_LINE = 60;
const HEAD = 8;
const HEAD_BYTES = 6;
/** Of longer runs the head is decoded first. */
const LONG = 64;
const BASE64 = createCharacterSet(/[A-Za-z0-9+/_-]/);
const BETWEEN = createCharacterSet(/[-/_+]/);
const HEX = createCharacterSet(/[0-9A-Fa-f]/);
/** What each character of base64 stands for. */
const SEXTETS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  isIn(BASE64, String.fromCharCode(code), 0)
    ? (Buffer.from(`${String.fromCharCode(code)}A`, 'base64')[0] ?? 0) >> 2
    : 0,
);

export function findEncodedRuns(text: string, budget: Budget): readonly EncodedRun[] {
  const found = findCodeLists(text).slice();
  // No run as long as that has a character of another kind as its last: most are skipped by looking at that one.
  for (let index = 0; index + MIN_RUN <= text.length; ) {
    const last = index + MIN_RUN - 1;
    if (!isIn(BASE64, text, last)) {
      index = last + 1;
      continue;
    }
    const start = startOfRun(BASE64, text, last, index);
    const end = endOfEncoded(text, start);
    if (end - start >= MIN_RUN && !isUuid(text, start, end)) found.push(...readRun(text, start, end, budget));
    index = end + 1;
  }
  return found;
}

/** By where its dashes stand: of all runs the most frequent, and none of its parts has room for data. */
function isUuid(text: string, start: number, end: number): boolean {
  if (end - start !== 36) return false;
  return [8, 13, 18, 23].every((at) => text.charCodeAt(start + at) === 0x2d);
}

/** A line break belongs to a run whose lines are as long as mail and keys break them. */
function endOfEncoded(text: string, start: number): number {
  let end = start;
  let line = 0;
  for (; end < text.length; end += 1, line += 1) {
    if (isIn(BASE64, text, end)) continue;
    const next = text.charCodeAt(end) === 0x0d ? end + 1 : end;
    if (line < MIN_LINE || text.charCodeAt(next) !== 0x0a || !isIn(BASE64, text, next + 1)) break;
    end = next;
    line = -1;
  }
  return end;
}

/** The whole run, or what stands between its slashes, dashes and underscores: paths and names have those too. */
function readRun(text: string, start: number, end: number, budget: Budget): readonly EncodedRun[] {
  const whole = readPiece(text, start, end, budget);
  if (whole !== undefined) return [whole];
  const found: EncodedRun[] = [];
  let from = start;
  for (let index = start; index <= end; index += 1) {
    if (index < end && !isIn(BETWEEN, text, index)) continue;
    if (index - from >= MIN_RUN && index - from < end - start) {
      const piece = readPiece(text, from, index, budget);
      if (piece !== undefined) found.push(piece);
    }
    from = index + 1;
  }
  return found;
}

function readPiece(text: string, start: number, end: number, budget: Budget): EncodedRun | undefined {
  const bytes = readHex(text, start, end) ?? readBase64(text, start, end);
  const decoded = bytes === undefined ? undefined : textOfBytes(bytes, budget);
  return decoded === undefined ? undefined : { start, end: endOfPadding(text, end), text: decoded };
}

function readBase64(text: string, start: number, end: number): Buffer | undefined {
  const first = SEXTETS[text.charCodeAt(start)] ?? 0;
  const second = SEXTETS[text.charCodeAt(start + 1)] ?? 0;
  if (!mayBeginText((first << 2) | (second >> 4))) return undefined;
  const isLong = end - start > LONG;
  if (isLong && !mayBeText(Buffer.from(text.slice(start, start + HEAD), 'base64'))) return undefined;
  const bytes = Buffer.from(text.slice(start, end), 'base64');
  return isLong || mayBeText(bytes.subarray(0, HEAD_BYTES)) ? bytes : undefined;
}

/** The first byte of a text in hexadecimal is 2 to 7 and anything. */
function readHex(text: string, start: number, end: number): Buffer | undefined {
  const from = text.startsWith('0x', start) ? start + 2 : start;
  const first = text.charCodeAt(from);
  if (first < 0x30 || first > 0x37 || endOfRun(HEX, text, from, from + HEAD) < from + HEAD) return undefined;
  if (endOfRun(HEX, text, from, end) < end || (end - from) % 2 === 1) return undefined;
  return mayBeText(Buffer.from(text.slice(from, from + HEAD), 'hex'))
    ? Buffer.from(text.slice(from, end), 'hex')
    : undefined;
}

function endOfPadding(text: string, end: number): number {
  let index = end;
  while (index < end + 2 && text.charAt(index) === '=') index += 1;
  return index;
}

const NONE: readonly EncodedRun[] = [];
const MIN_CODES = 9;
/** Each begins with a digit, which is asked before what must not stand before it: that is quicker. */
const LISTS: readonly { readonly pattern: RegExp; readonly base: number }[] = [
  { pattern: /\d(?<![\w.]\d)\d{1,2}(?:[ ,;]{1,3}\d{2,3}){8,4000}(?![\w.])/g, base: 10 },
  { pattern: /[2-7](?<![\w.]\d)[0-9a-f](?:[ ,:;]{1,3}[2-7][0-9a-f]){8,4000}(?!\w)/gi, base: 16 },
  { pattern: /0x[2-7][0-9a-f](?:[ ,:;]{1,3}0x[2-7][0-9a-f]){8,4000}(?!\w)/gi, base: 16 },
  { pattern: /[01](?<![\w.]\d)[01]{6,7}(?:[ ,]{1,3}[01]{7,8}){8,4000}(?!\w)/g, base: 2 },
];
/** Two codes in a row: without such there is no list. Two patterns are quicker than one that has both. */
const TWO_CODES = /[ ,:;](?:0x)?[\da-f]{2,3}[ ,:;]{1,3}(?:0x)?[\da-f]{2,3}[ ,:;]/i;
const TWO_BYTES = /[01]{7}[ ,]{1,3}[01]{7}/;
const CODE = /[0-9a-f]+/gi;

/** All codes of a list must be printable, or it is a list of numbers. */
function findCodeLists(text: string): readonly EncodedRun[] {
  if (!TWO_CODES.test(text) && !TWO_BYTES.test(text)) return NONE;
  return LISTS.flatMap(({ pattern, base }) =>
    findAll(text, pattern).flatMap(({ start, end }) => {
      const codes = (text.slice(start, end).replaceAll(/0x/gi, '').match(CODE) ?? []).map((code) =>
        Number.parseInt(code, base),
      );
      const isText = codes.length >= MIN_CODES && codes.every((code) => code >= 0x20 && code < 0x7f);
      return isText ? [{ start, end, text: String.fromCharCode(...codes) }] : [];
    }),
  );
}
