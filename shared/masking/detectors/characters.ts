/**
 * Sets of ASCII characters as tables, looked up by code, and scans over them. Scanning by hand keeps the work of a
 * detector in plain sight: each scan has a floor or a ceiling, and no pattern can backtrack.
 */

/** 1 for each code in the set; beyond ASCII there is none. */
export type CharacterSet = Uint8Array;

/** `pattern` matches one character. */
export function createCharacterSet(pattern: RegExp): CharacterSet {
  return Uint8Array.from({ length: 128 }, (_, code) => Number(pattern.test(String.fromCharCode(code))));
}

export const ALPHANUMERIC = createCharacterSet(/[A-Za-z0-9]/);

/** Asks the code first: to look up what no set has (beyond ASCII, beyond the text) would slow every later look-up. */
export function isIn(set: CharacterSet, text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code < 0x80 && set[code] === 1;
}

/** Start of the run of `set` that ends before `end`, not below `floor`. */
export function startOfRun(set: CharacterSet, text: string, end: number, floor: number): number {
  let start = end;
  while (start > floor && start > 0 && isIn(set, text, start - 1)) start -= 1;
  return start;
}

/** End of the run of `set` that begins at `start`, not above `ceiling`. */
export function endOfRun(set: CharacterSet, text: string, start: number, ceiling: number): number {
  let end = start;
  while (end < ceiling && end < text.length && isIn(set, text, end)) end += 1;
  return end;
}
