/**
 * Digits in one piece that are data of a class by their check digit, unless the nearest name says that they are
 * something else: one in thirty of all 16-digit ids would pass as a card number. Without any name they count as data:
 * a number too many is hidden rather than a card shown.
 */
import type { BareRule } from './detectors/detector.ts';
import type { Range } from './finding.ts';
import { splitWords } from './words.ts';

const REACH_BEFORE = 48;
const REACH_AFTER = 32;
const MAX_WORDS = 5;
/** A name before digits ends where other data begins. */
const LAST_PART = /[^\d"{};|\t\n\x7f]*["']?[^\d"{};|\t\n\x7f]{0,8}$/;
const FIRST_PART = /^["']?[^\d"',{}[\];|\t\n\x7f]*/;

/** `isOther`: the key right above the text names something else. */
export function findBare(text: string, rule: BareRule, isOther: boolean): readonly Range[] {
  return rule.find(text).filter(({ start, end }) => {
    const before = text.slice(Math.max(0, start - REACH_BEFORE), start);
    const named = rule.isNamedBy(splitWords(LAST_PART.exec(before)?.[0] ?? '').slice(-MAX_WORDS));
    if (named !== undefined) return named;
    const after = FIRST_PART.exec(text.slice(end, end + REACH_AFTER))?.[0] ?? '';
    return rule.isNamedBy(splitWords(after).slice(0, MAX_WORDS).reverse()) ?? !isOther;
  });
}
