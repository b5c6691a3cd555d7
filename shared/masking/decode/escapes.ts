/**
 * Reads the escapes that stand for one character each: percent (RFC 3986 §2.1, UTF-8), HTML character references, and
 * the backslashes of programming languages. One layer at a time; what the result holds may be escaped again.
 * A reading besides the text as it stands, never instead of it: `100%25` may mean just that.
 */
import { type Rewritten, rewrite, type Unit } from '../rewrite.ts';

const HAS_ESCAPE = /%[0-9a-f]{2}|&#|&[a-z]{2,8};|\\(?:x[0-9a-f]{2}|u\{|[0-7]{3}|\\)/i;

/** Undefined if there is none. */
export function readEscapes(source: string): Rewritten | undefined {
  return HAS_ESCAPE.test(source) ? rewrite(source, isPlain, readEscape) : undefined;
}

/** All but `%`, `&` and the backslash. */
function isPlain(code: number): boolean {
  return code !== 0x25 && code !== 0x26 && code !== 0x5c;
}

function readEscape(source: string, index: number): Unit | undefined {
  const code = source.charCodeAt(index);
  if (code === 0x25) return readPercent(source, index);
  return code === 0x26 ? readReference(source, index) : readBackslash(source, index);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** As many bytes as the first one says that its character has. */
function readPercent(source: string, index: number): Unit | undefined {
  const first = byteAt(source, index + 1);
  if (first === undefined) return undefined;
  if (first < 0x80) return { text: String.fromCharCode(first), length: 3 };
  const bytes = [first];
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let at = index + 3; bytes.length < length; at += 3) {
    const byte = source.charCodeAt(at) === 0x25 ? byteAt(source, at + 1) : undefined;
    if (byte === undefined) return undefined;
    bytes.push(byte);
  }
  try {
    return { text: utf8.decode(Uint8Array.from(bytes)), length: length * 3 };
  } catch {
    return undefined;
  }
}

/** The byte that two hexadecimal digits write. */
function byteAt(source: string, index: number): number | undefined {
  const high = NIBBLES[source.charCodeAt(index)] ?? NONE;
  const low = NIBBLES[source.charCodeAt(index + 1)] ?? NONE;
  return high === NONE || low === NONE ? undefined : high * 16 + low;
}

const NONE = 16;
const NIBBLES: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const digit = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(digit) ? NONE : digit;
});

const REFERENCE = /^&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));?/i;
/** The names of those signs that stand in or between data of our classes. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ...([['amp', '&'] as const, ['lt', '<'] as const, ['gt', '>'] as const, ['quot', '"'] as const] as const),
  ...([['apos', "'"] as const, ['nbsp', ' '] as const, ['commat', '@'] as const, ['period', '.'] as const] as const),
  ...([['hyphen', '-'] as const, ['dash', '-'] as const, ['ndash', '-'] as const, ['shy', ''] as const] as const),
  ...([['colon', ':'] as const, ['equals', '='] as const, ['sol', '/'] as const, ['lowbar', '_'] as const] as const),
  ...([['num', '#'] as const, ['plus', '+'] as const, ['zwnj', ''] as const, ['zwj', ''] as const] as const),
]);

function readReference(source: string, index: number): Unit | undefined {
  const [whole = '', decimal, hex, name = ''] = REFERENCE.exec(source.slice(index, index + 12)) ?? [];
  const number = decimal === undefined ? hex : decimal;
  if (number === undefined) {
    const text = whole.endsWith(';') ? NAMED.get(name.toLowerCase()) : undefined;
    return text === undefined ? undefined : { text, length: whole.length };
  }
  return characterOf(Number.parseInt(number, decimal === undefined ? 16 : 10), whole.length);
}

const BACKSLASH = /^\\(?:u\{([0-9a-f]{1,6})\}|u([0-9a-f]{4})|([0-7]{3}))/i;

function readBackslash(source: string, index: number): Unit | undefined {
  if (source.charCodeAt(index + 1) === 0x5c) return { text: '\\', length: 2 };
  if (source.charCodeAt(index + 1) === 0x78) {
    const code = byteAt(source, index + 2);
    return code === undefined ? undefined : { text: String.fromCharCode(code), length: 4 };
  }
  const match = BACKSLASH.exec(source.slice(index, index + 10));
  if (match === null) return undefined;
  const [whole, braced, unit, octal] = match;
  const code = octal === undefined ? Number.parseInt(braced ?? unit ?? '', 16) : Number.parseInt(octal, 8);
  return characterOf(code, whole.length);
}

function characterOf(code: number, length: number): Unit | undefined {
  return code <= 0x10ffff ? { text: String.fromCodePoint(code), length } : undefined;
}
