/** Values of a JSON Schema and of what it describes: numbers as numbers, equality, and local references. */
import { type ExactNumber, isArray, isExactNumber, isObject, type Json } from '../../json/value.ts';

export function numberOf(value: number | ExactNumber): number {
  return typeof value === 'number' ? value : Number(value.rawJSON);
}

export function isSameJson(one: Json, other: Json): boolean {
  if (one === other) return true;
  if (isExactNumber(one) || isExactNumber(other)) {
    return isNumeric(one) && isNumeric(other) && numberOf(one) === numberOf(other);
  }
  if (isArray(one)) {
    return (
      isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSameJson(item, other[index] ?? null))
    );
  }
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && isSameJson(one[name] ?? null, other[name] ?? null))
  );
}

function isNumeric(value: Json): value is number | ExactNumber {
  return typeof value === 'number' || isExactNumber(value);
}

/** What `#/…` leads to (RFC 6901); a reference to anywhere else allows everything. */
export function resolveRef(root: Json, ref: string): Json {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return true;
  let at: Json = root;
  for (const step of ref.slice(2).split('/')) {
    const name = decodeStep(step);
    const next: Json | undefined = isArray(at)
      ? at[Number(name)]
      : isObject(at) && Object.hasOwn(at, name)
        ? at[name]
        : undefined;
    if (next === undefined) return true;
    at = next;
  }
  return at;
}

function decodeStep(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return step;
  }
}
