/**
 * What is found in one text, by whoever found it: detectors, `data:` URLs, and fields that rules name. Where a field holds
 * what a detector found as well, the place is of both classes, and revealed only when both are.
 */
import type { Found } from '../actions/replace.ts';
import { findDataUrls } from '../data-urls.ts';
import type { Finding } from '../finding.ts';
import type { Fields } from './fields.ts';
import { findTextFields } from './text-fields.ts';

export type FoundInText = Finding & Found;

/** In order, without overlaps. */
export function findInText(
  text: string,
  detected: readonly Finding[],
  fields: Fields | undefined,
): readonly FoundInText[] {
  const findings = findDataUrls(text, detected);
  const ranges = fields === undefined ? [] : findTextFields(text, fields.columns);
  if (ranges.length === 0) return findings;
  let joined: readonly FoundInText[] = findings;
  for (const { start, end, field } of ranges) {
    const within = joined.filter((each) => each.start < end && start < each.end);
    const place: FoundInText = {
      start: Math.min(start, ...within.map((each) => each.start)),
      end: Math.max(end, ...within.map((each) => each.end)),
      classes: [...new Set([field.class, ...within.flatMap(({ classes }) => classes)])],
      ...(field.action === undefined ? {} : { action: field.action }),
    };
    joined = [...joined.filter((each) => !within.includes(each)), place];
  }
  return joined.toSorted((one, other) => one.start - other.start);
}
