/**
 * Makes a text readable to the detectors: digits of any script to ASCII, compatibility forms (NFKC, character by
 * character), invisible characters out, JSON escapes read. Other escapes and encodings are read in decode/.
 */
import { type Rewritten, rewrite, type Unit } from './rewrite.ts';

/** Non-ASCII characters that can become a digit or an `@`: without one of them a text cannot hide what detectors want. */
const HIDES_DATA = /[[\p{Nd}\p{No}\uff20\ufe6b]--[0-9]]/v;
const INVISIBLE = /[\p{Cf}\p{Mn}\p{Me}\u115f\u1160\u3164\uffa0]/u;
const DASH = /[\p{Pd}\u2212]/u;
const SPACE = /\p{Zs}/u;
const FULL_STOP = /[\u3002\uff0e\uff61]/;
const DIGIT = /\p{Nd}/u;
const HEX_4 = /^[0-9A-Fa-f]{4}$/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['b', '\b'],
  ['f', '\f'],
  ['"', '"'],
  ['/', '/'],
  ['\\', '\\'],
]);

/** Can this text, which has no `@` and too few ASCII digits, still hold something? */
export function mayHide(text: string): boolean {
  return text.includes('\\u') || HIDES_DATA.test(text);
}

export function normalise(source: string): Rewritten {
  return rewrite(source, isPlain, readUnit);
}

/** ASCII but the backslash. */
function isPlain(code: number): boolean {
  return code < 0x80 && code !== 0x5c;
}

/** What one character or escape becomes, and how many UTF-16 units of the source it took. */
function readUnit(source: string, index: number): Unit {
  const code = source.codePointAt(index) ?? 0;
  if (code === 0x5c) return readEscape(source, index);
  return { text: fold(code), length: code > 0xffff ? 2 : 1 };
}

/** A backslash that begins no JSON escape stands for itself. */
function readEscape(source: string, index: number): Unit {
  const letter = source.charAt(index + 1);
  const plain = ESCAPES.get(letter);
  if (plain !== undefined) return { text: plain, length: 2 };
  const hex = source.slice(index + 2, index + 6);
  if (letter !== 'u' || !HEX_4.test(hex)) return { text: '\\', length: 1 };
  return { text: fold(Number.parseInt(hex, 16)), length: 6 };
}

/** Texts repeat their characters; the properties of one are slow to ask for. Holds characters, never texts. */
const folded = new Map<number, string>();
const MAX_FOLDED = 8_192;

function fold(code: number): string {
  const known = folded.get(code);
  if (known !== undefined) return known;
  const text = foldAnew(code);
  if (folded.size >= MAX_FOLDED) folded.clear();
  folded.set(code, text);
  return text;
}

function foldAnew(code: number): string {
  const character = String.fromCodePoint(code);
  if (code < 0x80) return character;
  if (INVISIBLE.test(character)) return '';
  if (DIGIT.test(character)) return digitOf(code);
  if (DASH.test(character)) return '-';
  if (SPACE.test(character)) return ' ';
  if (FULL_STOP.test(character)) return '.';
  return character.normalize('NFKC');
}

/** Unicode keeps the ten digits of a script together (UAX #44): the distance to the first of them, modulo ten. */
function digitOf(code: number): string {
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return String((code - first) % 10);
}
