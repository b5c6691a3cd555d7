/**
 * What encoded bytes say, if they say anything: text in UTF-8 or UTF-16, or such text compressed (gzip, zlib). Bytes that
 * are no text are nobody's to read here. Inflating stops at a budget: beyond it the answer is `too-much`, and the caller
 * hides what it could not look into.
 */
import { gunzipSync, inflateSync } from 'node:zlib';

/** Bytes that may still be inflated for the text at hand. */
export interface Budget {
  inflated: number;
}

/** The first bytes of compressed data and of the marks of UTF-8 and UTF-16. */
const BEGINNINGS = new Set([0x1f, 0xef, 0xfe, 0xff]);

/** The quickest question, with one byte only. */
export function mayBeginText(first: number): boolean {
  return isTextByte(first) || BEGINNINGS.has(first);
}

type Bytes = Readonly<ArrayLike<number>>;

/** Could text, or something compressed, begin with these bytes? Six of them tell nearly all noise. */
export function mayBeText(head: Bytes): boolean {
  if (isCompressed(head) || isMarkOfUtf(head)) return true;
  for (let index = 0; index < head.length; index += 1) if (!isTextByte(head[index] ?? 0)) return false;
  return true;
}

export function textOfBytes(bytes: Buffer, budget: Budget): string | 'too-much' | undefined {
  if (!isCompressed(bytes)) return decode(bytes);
  if (budget.inflated <= 0) return 'too-much';
  try {
    const inflate = bytes[0] === 0x1f ? gunzipSync : inflateSync;
    const inflated = inflate(bytes, { maxOutputLength: budget.inflated });
    budget.inflated -= inflated.length;
    return decode(inflated);
  } catch (cause) {
    return isTooLarge(cause) ? 'too-much' : undefined;
  }
}

function isCompressed({ 0: first = 0, 1: second = 0 }: Bytes): boolean {
  return (first === 0x1f && second === 0x8b) || (first === 0x78 && second !== 0 && (first * 256 + second) % 31 === 0);
}

function isMarkOfUtf({ 0: first, 1: second, 2: third }: Bytes): boolean {
  const is16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return is16 || (first === 0xef && second === 0xbb && third === 0xbf);
}

/** Printable ASCII, white space, and the zeros of UTF-16. */
function isTextByte(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 0 || (byte >= 0x09 && byte <= 0x0d);
}

const MIN_SHARE_OF_TEXT = 0.7;

/** Zeros are those of UTF-16; other bytes are read one by one, so that a wrong one hides nothing. */
function decode(bytes: Buffer): string | undefined {
  let plain = 0;
  for (const byte of bytes) plain += Number(isTextByte(byte));
  if (plain < bytes.length * MIN_SHARE_OF_TEXT) return undefined;
  return bytes.toString('utf8').replaceAll('\0', '');
}

function isTooLarge(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
}
