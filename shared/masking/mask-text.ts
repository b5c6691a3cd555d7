/**
 * Puts markers where the findings are. In text that is JSON a bare number becomes 0, so that it stays JSON; inside its
 * strings a marker does no harm. Whether the text really is JSON is not checked: the first character decides.
 */
import type { Finding, Range } from './finding.ts';
import { MASKED_NUMBER, markerOf } from './marker.ts';

const STARTS_LIKE_JSON = /^\s*[[{]/;
const BACKSLASH = 0x5c;
const NUMBER_UNIT = /[-+0-9.eE]/;

/** `replace`: what stands for this part of the text; a marker of its classes, if nothing else is said. */
export function maskText<T extends Finding>(
  text: string,
  findings: readonly T[],
  replace: (part: string, finding: T) => string = (_part, { classes }) => markerOf(classes),
): string {
  const isOutsideStrings = STARTS_LIKE_JSON.test(text) ? createStringTracker(text) : () => false;
  let masked = '';
  let position = 0;
  for (const finding of findings) {
    const bare = isOutsideStrings(finding.start) ? bareNumberAround(text, finding) : undefined;
    const { start, end } = bare ?? finding;
    if (start < position) continue;
    masked += text.slice(position, start);
    masked += bare === undefined ? replace(text.slice(start, end), finding) : MASKED_NUMBER;
    position = end;
  }
  return masked + text.slice(position);
}

/** Asked with rising positions: is this one outside the text's JSON strings? It goes from quote to quote. */
function createStringTracker(text: string): (position: number) => boolean {
  let isInString = false;
  let quote = text.indexOf('"');
  return (position) => {
    while (quote !== -1 && quote < position) {
      if (!isInString || !isEscaped(text, quote)) isInString = !isInString;
      quote = text.indexOf('"', quote + 1);
    }
    return !isInString;
  };
}

/** In a JSON string: is there an odd number of backslashes before this place? */
function isEscaped(text: string, index: number): boolean {
  let start = index;
  while (start > 0 && text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
  return (index - start) % 2 === 1;
}

/** The whole JSON number a finding lies in, if it stands where JSON has a value. */
function bareNumberAround(text: string, finding: Range): Range | undefined {
  let { start, end } = finding;
  while (start > 0 && NUMBER_UNIT.test(text.charAt(start - 1))) start -= 1;
  while (end < text.length && NUMBER_UNIT.test(text.charAt(end))) end += 1;
  const isNumber = /^-?\d[\d.]*(?:[eE][-+]?\d+)?$/.test(text.slice(start, end));
  const isValue = /[[:,]\s{0,64}$/.test(text.slice(Math.max(0, start - 65), start));
  const isWhole = /^\s*(?:[\]},]|$)/.test(text.slice(end, end + 65));
  return isNumber && isValue && isWhole ? { start, end } : undefined;
}
