/**
 * Numbers of an argument as Cedar holds them: Long (64-bit integer) and decimal (four digits after the point).
 * From the number's source text, exactly or not at all: nothing is rounded. JSON Schema calls 5e2 and 1.0 integers, and
 * so do we. The work is bounded by the text's length, whatever its exponent says.
 */
import { type ExactNumber, isExactNumber } from '../json/value.ts';

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;
/** Digits of 2^63, and of the largest decimal counted in ten-thousandths. */
const MOST_DIGITS = 19;
const DECIMAL_PLACES = 4;
const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;

/** The integer's digits (`-12`), or undefined where it is no integer of 64 bits. */
export function readLong(value: number | ExactNumber): string | undefined {
  return readScaled(value, 0)?.toString();
}

/** As Cedar writes a decimal (`12.5000`), or undefined where it needs more than four digits or is out of range. */
export function readDecimal(value: number | ExactNumber): string | undefined {
  const scaled = readScaled(value, DECIMAL_PLACES);
  if (scaled === undefined) return undefined;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(DECIMAL_PLACES + 1, '0');
  const sign = scaled < 0n ? '-' : '';
  return `${sign}${digits.slice(0, -DECIMAL_PLACES)}.${digits.slice(-DECIMAL_PLACES)}`;
}

/** The value times 10^places, if that is an integer of 64 bits. */
function readScaled(value: number | ExactNumber, places: number): bigint | undefined {
  const match = NUMBER.exec(isExactNumber(value) ? value.rawJSON : String(value));
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const written = trimZeros(whole + fraction);
  if (written.digits === '') return 0n;
  const zeros = written.trailing + Number(exponent) - fraction.length + places;
  if (zeros < 0 || written.digits.length + zeros > MOST_DIGITS) return undefined;
  const scaled = BigInt(`${sign}${written.digits}${'0'.repeat(zeros)}`);
  return scaled >= LEAST && scaled <= MOST ? scaled : undefined;
}

/** By hand: a pattern that trims both ends takes quadratic time on a hostile text. */
function trimZeros(digits: string): { readonly digits: string; readonly trailing: number } {
  let start = 0;
  while (digits[start] === '0') start += 1;
  let end = digits.length;
  while (end > start && digits[end - 1] === '0') end -= 1;
  return { digits: digits.slice(start, end), trailing: digits.length - end };
}
