/**
 * A value that is data of a class as a whole, in both forms: what is below it is masked leaf by leaf, so that it keeps its
 * shape and its types. Names below it stay, unless they hold data themselves. That there is no value (null) stays too.
 */
import { isArray, isExactNumber, isObject, type Json } from '../../json/value.ts';
import { MASKED_NUMBER } from '../marker.ts';
import { maskText } from '../mask-text.ts';
import type { Walk } from '../walk-parts.ts';
import type { FieldClass } from './fields.ts';

interface Whole {
  readonly client: Json;
  readonly record: Json;
  /** How many values. */
  readonly count: number;
}

/** The strict reader allows less. */
const MAX_DEPTH = 256;

/** Undefined where there is no value. */
export function maskWhole(walk: Walk, value: Json, field: FieldClass): Whole | undefined {
  const found = { classes: [field.class], ...(field.action === undefined ? {} : { action: field.action }) };
  let count = 0;
  const mask = (inner: Json, form: 'client' | 'record', depth: number): Json => {
    if (depth > MAX_DEPTH) throw new RangeError(`a value nested deeper than ${MAX_DEPTH} is not masked`);
    if (inner === null || inner === '') return inner;
    if (isArray(inner)) return inner.map((item) => mask(item, form, depth + 1));
    if (isObject(inner)) {
      const entries = Object.entries(inner).map(([key, member]) => [nameOf(walk, key), mask(member, form, depth + 1)]);
      return Object.fromEntries(entries);
    }
    if (form === 'record') count += 1;
    if (typeof inner === 'string') {
      walk.pace(inner.length);
      return walk.replace.text(inner, found, form);
    }
    return typeof inner === 'number' || isExactNumber(inner) ? MASKED_NUMBER : false;
  };
  const record = mask(value, 'record', 0);
  return count === 0 ? undefined : { client: mask(value, 'client', 0), record, count };
}

function nameOf(walk: Walk, key: string): string {
  const { findings } = walk.factsOf(key);
  return findings.length === 0 ? key : maskText(key, findings);
}
