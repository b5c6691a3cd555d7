/**
 * Finds digits that only a name nearby makes sensitive: the key they stand under, or a hot word shortly before or
 * after them in the same text. Text that another finding or a marker covers is blank here, and nothing is looked for
 * across it: so masked text reads the same the second time.
 */
import type { ContextRule } from './detectors/detector.ts';
import { findAll } from './detectors/find-all.ts';
import type { Range } from './finding.ts';
import { splitWords } from './words.ts';

const REACH_BEFORE = 48;
/** In a list the first number has the name, the others a comma. */
const LIST_GAP = /^[^A-Za-z:]{0,8}$/;
const BLANK = '\uffff';
const MARKERS = /\[masked:[a-z0-9+-]*\]/g;
const AFTER = /[^0-9"@[\]\uffff]{0,24}/y;
/** In JSON the name of a value is the last key before it, and no other. */
const KEYS = /"[^"\uffff]{1,64}"\s*:/g;

/** `isNamed`: the key the whole text stands under is such a name. */
export function findByContext(
  source: string,
  rule: ContextRule,
  taken: readonly Range[],
  isNamed: boolean,
): readonly Range[] {
  if (!isNamed && !rule.mayHold.test(source)) return [];
  const text = blankOut(source, taken);
  const found: Range[] = [];
  for (const { start, end } of findAll(text, rule.candidate)) {
    const last = found.at(-1)?.end ?? 0;
    const follows = found.length > 0 && LIST_GAP.test(text.slice(last, start));
    if (isNamed || follows || isNamedNearby(text, { start, end }, last, rule)) found.push({ start, end });
  }
  return found;
}

function isNamedNearby(text: string, { start, end }: Range, floor: number, rule: ContextRule): boolean {
  const before = text.slice(Math.max(floor, start - REACH_BEFORE), start);
  const clear = before.slice(before.lastIndexOf(BLANK) + 1);
  if (rule.isNamedBy(splitWords(clear.slice(startOfLastKey(clear))))) return true;
  AFTER.lastIndex = end;
  return rule.isNamedBy(splitWords(AFTER.exec(text)?.[0] ?? ''));
}

function startOfLastKey(text: string): number {
  return text.includes(':') ? (findAll(text, KEYS).at(-1)?.start ?? 0) : 0;
}

function blankOut(text: string, taken: readonly Range[]): string {
  let blanked = '';
  let position = 0;
  for (const { start, end } of taken) {
    blanked += text.slice(position, start) + BLANK.repeat(end - start);
    position = end;
  }
  return (blanked + text.slice(position)).replaceAll(MARKERS, (marker) => BLANK.repeat(marker.length));
}
