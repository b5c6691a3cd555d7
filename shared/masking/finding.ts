/**
 * Places in one text where data of a class stands, and how overlapping ones become one (DESIGN §1: finding).
 * Offsets are UTF-16 units, end exclusive. Never holds the text itself.
 */

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** `classes`: one, or several where ranges of different classes overlap without one holding the other. */
export interface Finding extends Range {
  readonly classes: readonly string[];
}

export interface RankedRange extends Range {
  readonly class: string;
  /** Lower is more specific: a card number that also looks like a phone number is a card number. */
  readonly rank: number;
  /** It stands for something encoded inside: what else is there does not make it any less. */
  readonly isEncoded?: true;
}

export function mergeRanges(ranges: readonly RankedRange[]): readonly Finding[] {
  const [only] = ranges;
  if (only !== undefined && ranges.length === 1) return [{ start: only.start, end: only.end, classes: [only.class] }];
  const sorted = [...ranges].sort((a, b) => a.start - b.start || a.rank - b.rank);
  const merged: { start: number; end: number; rank: number; classes: string[] }[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last === undefined || next.start >= last.end) {
      merged.push({ start: next.start, end: next.end, rank: next.rank, classes: [next.class] });
    } else if (next.end > last.end || next.rank < last.rank || next.isEncoded === true) {
      const coversLast =
        next.isEncoded !== true && next.start <= last.start && next.end >= last.end && next.rank < last.rank;
      if (coversLast) last.classes = [next.class];
      else if (!last.classes.includes(next.class)) last.classes.push(next.class);
      last.end = Math.max(last.end, next.end);
      last.rank = Math.min(last.rank, next.rank);
    }
  }
  return merged;
}
