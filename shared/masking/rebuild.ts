/**
 * Puts an object together again from what became of its members, by entries: no key is ever assigned to. Two that became
 * the same (markers of one class) are told apart by a number, or a value would be lost.
 */
import type { Json, JsonObject } from '../json/value.ts';

/** What a value became; a client form that is undefined is left out of its object. */
export interface Forms {
  readonly client: Json | undefined;
  readonly record: Json;
}

/** What became of one member of an object; a key is left out where it stays. */
export interface Change extends Forms {
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
  const entries = Object.entries(object).flatMap(([key, value]): readonly [string, Json][] => {
    const change = changes.get(key);
    const now = change === undefined ? value : change[form];
    if (now === undefined) return [];
    const wanted = change?.[formKey];
    return [[wanted === undefined ? key : claim(wanted, taken), now]];
  });
  return Object.fromEntries(entries);
}

/** What stands in a list where an item was left out: nothing, of the same type if it can be. */
export function emptyOf(item: Json | undefined): Json {
  return typeof item === 'string' ? '' : null;
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
