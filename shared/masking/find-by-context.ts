/**
 * Finds digits that only a name nearby makes sensitive: the key they stand under, or a hot word shortly before or
 * after them in the same text. What another finding or a marker covers takes no room between a name and its number,
 * so that masked text reads the same the second time.
 */
import { BLANK } from './blank.ts';
import type { ContextRule } from './detectors/detector.ts';
import { findAll } from './detectors/find-all.ts';
import type { Range } from './finding.ts';
import { splitWords } from './words.ts';

const REACH_BEFORE = 48;
/** In a list the first number has the name, the others a comma. */
const LIST_GAP = /^[^A-Za-z:]{0,8}$/;
const MARKERS = /\[masked:[a-z0-9+-]*\]/g;
const AFTER = /[^0-9"@[\]\x7f]{0,24}/y;
/** In JSON the name of a value is the last key before it, and no other. */
const KEYS = /"[^"\x7f]{1,64}"\s*:/g;

/** `isNamed`: the key the whole text stands under is such a name. */
export function findByContext(source: string, rule: ContextRule, isNamed: boolean): readonly Range[] {
  if (!isNamed && !rule.mayHold.test(source)) return [];
  const text = source.replaceAll(MARKERS, (marker) => BLANK.repeat(marker.length));
  const found: Range[] = [];
  let before = '';
  let read = 0;
  for (const { start, end } of findAll(text, rule.candidate)) {
    before = (before + text.slice(read, start).replaceAll(BLANK, '')).slice(-REACH_BEFORE);
    read = start;
    if (rule.isOne?.(text.slice(start, end)) === false) continue;
    const last = found.at(-1);
    const follows = last !== undefined && LIST_GAP.test(text.slice(last.end, start));
    if (!isNamed && !follows && !isNamedBefore(before, rule) && !isNamedAfter(text, end, rule)) continue;
    found.push({ start, end });
    read = end;
  }
  return found;
}

function isNamedBefore(before: string, rule: ContextRule): boolean {
  return rule.isNamedBy(splitWords(before.slice(startOfLastKey(before))));
}

function isNamedAfter(text: string, end: number, rule: ContextRule): boolean {
  AFTER.lastIndex = end;
  return rule.isNamedBy(splitWords(AFTER.exec(text)?.[0] ?? ''));
}

function startOfLastKey(text: string): number {
  return text.includes(':') ? (findAll(text, KEYS).at(-1)?.start ?? 0) : 0;
}
