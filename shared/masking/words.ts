/**
 * The words of a key name or of a stretch of text, in lower case: `customerSSN`, `customer_ssn` and `Customer SSN` are
 * all `customer`, `ssn`; `className` is not.
 */
const WORD = /[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g;

export function splitWords(text: string): readonly string[] {
  return text.match(WORD)?.map((word) => word.toLowerCase()) ?? [];
}
