/**
 * All matches of a `g` pattern, as an exec loop: `matchAll` copies the pattern at each call, which for the short texts
 * of a message costs more than the search. Linear if the pattern is; `lastIndex` is left at 0.
 */
import type { Range } from '../finding.ts';

export function findAll(
  text: string,
  pattern: RegExp,
  isFound: (match: RegExpExecArray) => boolean = () => true,
): readonly Range[] {
  const found: Range[] = [];
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (isFound(match)) found.push({ start: match.index, end: match.index + match[0].length });
  }
  return found;
}
