/**
 * Covers what was found with a character that is nothing to any detector, so that looking at the rest sees what
 * looking at the masked text would see. Offsets stay.
 */
import type { Range } from './finding.ts';

/** DELETE: no letter, digit or sign, and ASCII, so that the text stays as quick to search as it was. */
export const BLANK = '\x7f';

/** `ranges`: in order, without overlaps. */
export function blankOut(text: string, ranges: readonly Range[]): string {
  if (ranges.length === 0) return text;
  let blanked = '';
  let position = 0;
  for (const { start, end } of ranges) {
    blanked += text.slice(position, start) + BLANK.repeat(end - start);
    position = end;
  }
  return blanked + text.slice(position);
}
