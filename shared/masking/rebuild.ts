/**
 * Puts an object together again from what became of its members; no key like `__proto__` is ever assigned to. Two that became
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

/** Both forms of an object; where nothing is revealed they are one, and most objects have a changed value or two. */
export function rebuildBoth(object: JsonObject, changes: ReadonlyMap<string, Change>): Forms {
  let isPlain = true;
  let isOne = true;
  let isClientChanged = false;
  for (const [key, { client, record, clientKey, recordKey }] of changes) {
    isPlain &&= clientKey === undefined && recordKey === undefined && client !== undefined && key !== '__proto__';
    isOne &&= client === record && clientKey === recordKey;
    isClientChanged ||= client !== object[key] || clientKey !== undefined;
  }
  const build = isPlain ? replaceValues : rebuild;
  const record = build(object, changes, 'record');
  if (isOne) return { client: record, record };
  return { client: isClientChanged ? build(object, changes, 'client') : object, record };
}

/** Values alone change, and none of them is under a name that means something to JavaScript. */
function replaceValues(
  object: JsonObject,
  changes: ReadonlyMap<string, Change>,
  form: 'client' | 'record',
): JsonObject {
  const copy: { [key: string]: Json } = { ...object };
  for (const [key, change] of changes) {
    const now = change[form];
    if (now !== undefined) copy[key] = now;
  }
  return copy;
}

function rebuild(object: JsonObject, changes: ReadonlyMap<string, Change>, form: 'client' | 'record'): JsonObject {
  const formKey = form === 'client' ? 'clientKey' : 'recordKey';
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
