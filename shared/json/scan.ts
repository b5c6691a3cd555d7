/**
 * One pass over JSON text for what `JSON.parse` lets through: nesting without bound, a key that stands twice
 * (FACTS §1.6: each was a real bypass of a real gateway), `__proto__`, and numbers that a double can't carry.
 * It does not check the grammar: `parseJson` lets the engine do that, and a text that fails there is refused anyway.
 */
import { foldCase as foldKey } from './fold-case.ts';

export type ScanProblem =
  | { readonly code: 'too-deep'; readonly limit: number }
  | { readonly code: 'duplicate-key'; readonly key: string }
  | { readonly code: 'reserved-key'; readonly key: string };

export interface ScanOptions {
  /** Deepest nesting allowed; a bare value has depth 0. */
  readonly depth: number;
  /** Also refuse siblings that differ only in case: an upstream may read keys without regard to it. */
  readonly foldCase: boolean;
}

export interface Scanned {
  readonly problem?: ScanProblem;
  /** Some number's text is not what `String(Number(text))` prints. */
  readonly hasExactNumbers: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

/** Integers of up to so many digits are always exact in a double. */
const SAFE_DIGITS = 15;

export function scanJson(text: string, options: ScanOptions): Scanned {
  /** One entry for each open container: the keys seen so far in an object, `undefined` in an array. */
  const open: (Set<string> | undefined)[] = [];
  let hasExactNumbers = false;
  let index = 0;

  while (index < text.length) {
    const unit = text.charCodeAt(index);
    if (unit === QUOTE) {
      const end = endOfString(text, index);
      const keys = open.at(-1);
      if (keys && text.charCodeAt(skipSpace(text, end)) === COLON) {
        const problem = noteKey(keys, text.slice(index, end), options.foldCase);
        if (problem) return { problem, hasExactNumbers };
      }
      index = end;
    } else if (unit === OPEN_OBJECT || unit === OPEN_ARRAY) {
      if (open.length >= options.depth) return { problem: { code: 'too-deep', limit: options.depth }, hasExactNumbers };
      open.push(unit === OPEN_OBJECT ? new Set() : undefined);
      index += 1;
    } else if (unit === CLOSE_OBJECT || unit === CLOSE_ARRAY) {
      open.pop();
      index += 1;
    } else if (unit === MINUS || isDigit(unit)) {
      const end = endOfNumber(text, index);
      hasExactNumbers ||= !isPlainNumber(text, index, end);
      index = end;
    } else {
      index += 1;
    }
  }
  return { hasExactNumbers };
}

function noteKey(keys: Set<string>, quoted: string, foldCase: boolean): ScanProblem | undefined {
  const key = decodeString(quoted);
  if (key === undefined) return undefined;
  if (key === '__proto__') return { code: 'reserved-key', key };
  const seenAs = foldCase ? foldKey(key) : key;
  if (keys.has(seenAs)) return { code: 'duplicate-key', key };
  keys.add(seenAs);
  return undefined;
}

/** Two spellings of a key (`a` and `\u0061`) are one key. An unreadable one is left to the parser to refuse. */
function decodeString(quoted: string): string | undefined {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Index after the closing quote, or the text's length where there is none. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (true) {
    const quote = text.indexOf('"', index);
    if (quote < 0) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
    index = quote + 1;
  }
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (isSpace(text.charCodeAt(index))) index += 1;
  return index;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE;
}

function endOfNumber(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    // Digits, '.', 'e', 'E', '+', '-'.
    if (!isDigit(unit) && unit !== 0x2e && unit !== 0x65 && unit !== 0x45 && unit !== 0x2b && unit !== MINUS) break;
    index += 1;
  }
  return index;
}

function isPlainNumber(text: string, start: number, end: number): boolean {
  const isShort = end - start <= SAFE_DIGITS;
  if (isShort && isDigit(text.charCodeAt(start)) && isAllDigits(text, start, end)) return true;
  const source = text.slice(start, end);
  return String(Number(source)) === source;
}

function isAllDigits(text: string, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (!isDigit(text.charCodeAt(index))) return false;
  return true;
}
