/**
 * What differs between two definitions of a tool, place by place, so that a person need not compare JSON: members, each
 * property of a schema and each keyword on it, what became required, annotations. Whatever differs is in the answer,
 * known to JSON Schema or not; only the order of keys is nothing.
 */
import canonicalize from 'canonicalize';
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../../../shared/json/value.ts';

export interface Difference {
  /** Keys from the definition's root: `inputSchema`, `properties`, `amount`, `type`. */
  readonly path: readonly string[];
  /** With a `before`, an `after`, or both. Of a list that is a set (`required`, `enum`, `type`), one entry. */
  readonly before?: Json;
  readonly after?: Json;
}

/** Where one side has these and the other does not, each thing inside is told by itself. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'inputSchema',
  'outputSchema',
  'annotations',
  'properties',
  '$defs',
  'definitions',
]);
const SETS: ReadonlySet<string> = new Set(['required', 'enum', 'type']);

export function compareDefinitions(before: JsonObject, after: JsonObject): readonly Difference[] {
  return compareObjects(before, after, []);
}

function compareObjects(before: JsonObject, after: JsonObject, path: readonly string[]): readonly Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => compare(member(before, key), member(after, key), [...path, key]));
}

function compare(before: Json | undefined, after: Json | undefined, path: readonly string[]): readonly Difference[] {
  if (isSameJson(before, after)) return [];
  const key = path.at(-1) ?? '';
  const inside = compareInside(before, after, path, key);
  return inside.length > 0 ? inside : [whole(before, after, path)];
}

/** Nothing where the two can only be told as a whole. */
function compareInside(before: Json | undefined, after: Json | undefined, path: readonly string[], key: string) {
  const isContainer = CONTAINERS.has(key);
  const old = before === undefined && isContainer ? {} : before;
  const fresh = after === undefined && isContainer ? {} : after;
  if (isObject(old) && isObject(fresh)) return compareObjects(old, fresh, path);
  const isSet = SETS.has(key) && (isArray(before) || before === undefined) && (isArray(after) || after === undefined);
  return isSet ? compareSets(isArray(before) ? before : [], isArray(after) ? after : [], path) : [];
}

function compareSets(before: readonly Json[], after: readonly Json[], path: readonly string[]): readonly Difference[] {
  const without = (some: readonly Json[], others: readonly Json[]): readonly Json[] =>
    some.filter((one) => !others.some((other) => isSameJson(one, other)));
  return [
    ...without(before, after).map((entry) => ({ path, before: entry })),
    ...without(after, before).map((entry) => ({ path, after: entry })),
  ];
}

function whole(before: Json | undefined, after: Json | undefined, path: readonly string[]): Difference {
  return { path, ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
}

function member(value: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined;
}

/** By the canonical form that the digest is made of: 1.0 is 1, and the order of keys is nothing. */
export function isSameJson(one: Json | undefined, other: Json | undefined): boolean {
  return canonicalize(asDoubles(one)) === canonicalize(asDoubles(other));
}

function asDoubles(value: Json | undefined): unknown {
  if (isExactNumber(value)) return Number(value.rawJSON);
  if (isArray(value)) return value.map(asDoubles);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asDoubles(inner)]));
}
