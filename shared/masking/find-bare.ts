/**
 * Digits in one piece that are data of a class by their check digit, unless the nearest name says that they are
 * something else: one in thirty of all 16-digit ids would pass as a card number. Without any name they count as data:
 * a number too many is hidden rather than a card shown.
 */
import { createCharacterSet, isIn } from './detectors/characters.ts';
import type { BareRule } from './detectors/detector.ts';
import type { Range } from './finding.ts';
import { splitWords } from './words.ts';

const REACH_BEFORE = 48;
const REACH_AFTER = 32;
/** Between a name and its digits, or behind them; other data and other members end the search. */
const ENDS = createCharacterSet(/[\d"{};|\t\n\x7f]/);
/** A quote and a colon may stand between a key and its value. */
const MAX_QUOTES = 3;

/** `isOther`: the key right above the text names something else. */
export function findBare(text: string, rule: BareRule, isOther: boolean): readonly Range[] {
  return rule.find(text).filter(({ start, end }) => {
    const named = rule.isNamedBy(splitWords(text.slice(startOfName(text, start), start)));
    if (named !== undefined) return named;
    const after = text.slice(end, endOfName(text, end));
    return rule.isNamedBy(splitWords(after).toReversed()) ?? !isOther;
  });
}

function startOfName(text: string, end: number): number {
  const floor = Math.max(0, end - REACH_BEFORE);
  let quotes = 0;
  let start = end;
  for (; start > floor; start -= 1) {
    if (!isIn(ENDS, text, start - 1)) continue;
    quotes += Number(text.charAt(start - 1) === '"');
    if (text.charAt(start - 1) !== '"' || quotes === MAX_QUOTES) break;
  }
  return start;
}

function endOfName(text: string, start: number): number {
  const ceiling = Math.min(text.length, start + REACH_AFTER);
  let end = start + Number(text.charAt(start) === '"');
  while (end < ceiling && !isIn(ENDS, text, end) && text.charAt(end) !== ',') end += 1;
  return end;
}
