/**
 * What is found in one text, by whoever found it: detectors, `data:` URLs, and fields that rules name. Where a field holds
 * what a detector found as well, the place is of both classes, and revealed only when both are; what lies in a `data:` URL
 * is part of it.
 */
import type { Found } from '../actions/replace.ts';
import { findDataUrls } from '../data-urls.ts';
import type { Finding } from '../finding.ts';
import { BINARY_CLASS } from '../walk-parts.ts';
import type { Fields } from './fields.ts';
import { findTextFields } from './text-fields.ts';

export type FoundInText = Finding & Found;

/** In order, without overlaps. `detected` is so too. */
export function findInText(
  text: string,
  detected: readonly Finding[],
  fields: Fields | undefined,
): readonly FoundInText[] {
  const urls = findDataUrls(text);
  const ranges = fields === undefined ? [] : findTextFields(text, fields.columns);
  if (urls.length === 0 && ranges.length === 0) return detected;
  const places: readonly FoundInText[] = [
    ...urls.map(({ start, end }) => ({ start, end, classes: BINARY_CLASSES })),
    ...ranges.map(({ start, end, field: { class: name, action } }) => ({
      ...{ start, end, classes: [name] },
      ...(action === undefined ? {} : { action }),
    })),
    ...detected,
  ];
  return join(places.toSorted((one, other) => one.start - other.start || other.end - one.end));
}

const BINARY_CLASSES: readonly string[] = [BINARY_CLASS];

function join(sorted: readonly FoundInText[]): readonly FoundInText[] {
  const joined: FoundInText[] = [];
  for (const next of sorted) {
    const last = joined.at(-1);
    if (last === undefined || next.start >= last.end) joined.push(next);
    else if (last.classes !== BINARY_CLASSES || next.end > last.end) joined[joined.length - 1] = merge(last, next);
  }
  return joined;
}

/** The action of the rule, if one of them is a rule's. */
function merge(last: FoundInText, next: FoundInText): FoundInText {
  const action = last.action ?? next.action;
  return {
    start: last.start,
    end: Math.max(last.end, next.end),
    classes: [...new Set([...last.classes, ...next.classes])],
    ...(action === undefined ? {} : { action }),
  };
}
