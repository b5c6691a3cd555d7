/**
 * A value as it is compared, and the part of it that may be shown: at most its last four characters, of an address its first
 * letter and its top-level domain. Never six characters in a row, and nothing of what is not plainly written.
 */

const NUMBERS = new Set(['card', 'us-ssn', 'phone', 'iban']);
const MIN_LENGTH = 8;
const SHOWN = 4;
const ADDRESS = /^([^@\s])[^@\s]{0,64}@[^@\s]{1,253}\.([A-Za-z]{2,5})$/;

/** The same for two ways to write one value: with other spaces, signs, or case. */
export function canonicalOf(className: string, value: string): string {
  const text = value.normalize('NFKC').trim();
  if (className === 'email') return text.toLowerCase();
  return NUMBERS.has(className) ? text.replaceAll(/[^0-9A-Za-z+]/g, '').toUpperCase() : text;
}

/** Undefined where no part may be shown. */
export function partOf(className: string, value: string): string | undefined {
  if (className === 'email') {
    const [, first, domain] = ADDRESS.exec(value) ?? [];
    return first === undefined ? undefined : `${first}*@*.${domain}`;
  }
  // What was found in an escaped or encoded text is not written plainly: its last characters are not the value's.
  if (NUMBERS.has(className) && !/^[+0-9A-Za-z ()./-]+$/.test(value)) return undefined;
  const text = canonicalOf(className, value);
  if (text.length < MIN_LENGTH) return undefined;
  return `*${text.slice(-SHOWN)}`;
}
