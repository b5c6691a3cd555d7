/**
 * Letters that look like digits, among digits: `O78-O5-112O`. Read as digits where most of a number are digits; a
 * reading besides the text as it stands, of the same length.
 */
const LETTER_BEHIND = /\d[-. ]?[OoQIl|\u041e\u043e\u039f\u03bf\u0406\u0456\u04c0\u0399]/;
const LETTER_BEFORE = /[OoQIl|\u041e\u043e\u039f\u03bf\u0406\u0456\u04c0\u0399][-. ]?\d/;
const NUMBER =
  /(?<![\p{L}\p{N}])[\dOoQIl|\u041e\u043e\u039f\u03bf\u0406\u0456\u04c0\u0399]{3,6}(?:[-. ][\dOoQIl|\u041e\u043e\u039f\u03bf\u0406\u0456\u04c0\u0399]{2,6}){1,4}(?![\p{L}\p{N}])/gu;
const ONE = /[Il|\u0406\u0456\u04c0\u0399]/g;
const MIN_DIGITS = 5;

/** Undefined if nothing is read otherwise. */
export function readLookAlikes(text: string): string | undefined {
  if (!LETTER_BEHIND.test(text) && !LETTER_BEFORE.test(text)) return undefined;
  const read = text.replace(NUMBER, (number) => {
    const digits = number.replaceAll(/\D/g, '').length;
    const letters = number.replaceAll(/[-. \d]/g, '').length;
    if (letters === 0 || digits < MIN_DIGITS || letters > digits) return number;
    return number.replaceAll(ONE, '1').replaceAll(/[^-. \d]/g, '0');
  });
  return read === text ? undefined : read;
}
