/**
 * Puts an object together again from what became of its members, by entries: no key is ever assigned to. Two that became
 * the same (markers of one class) are told apart by a number, or a value would be lost.
 */
import type { Json, JsonObject } from '../json/value.ts';

/** What became of one member of an object; a key is left out where it stays. */
export interface Change {
  readonly client: Json;
  readonly record: Json;
  readonly clientKey?: string;
  readonly recordKey?: string;
}

export function rebuild(
  object: JsonObject,
  changes: ReadonlyMap<string, Change>,
  form: 'client' | 'record',
  formKey: 'clientKey' | 'recordKey',
): JsonObject {
  const taken = new Set(Object.keys(object).filter((key) => changes.get(key)?.[formKey] === undefined));
  const entries = Object.entries(object).map(([key, value]): [string, Json] => {
    const change = changes.get(key);
    const wanted = change?.[formKey];
    return [wanted === undefined ? key : claim(wanted, taken), change === undefined ? value : change[form]];
  });
  return Object.fromEntries(entries);
}

/** A list of choices, no two of them the same. */
export function distinct(items: readonly Json[]): readonly Json[] {
  const taken = new Set<string>();
  return items.map((item) => (typeof item === 'string' ? claim(item, taken) : item));
}

function claim(wanted: string, taken: Set<string>): string {
  let key = wanted;
  for (let number = 2; taken.has(key); number += 1) key = `${wanted} ${number}`;
  taken.add(key);
  return key;
}
