/**
 * A call's arguments as Cedar values: those that policies mention, each by the tool's type exactly, or not at all
 * (DESIGN §4). It rounds, coerces and guesses nothing, and says where it failed without quoting what the caller sent.
 */
import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';
import { type ArgumentType, RESERVED_KEYS, type RecordType, type ScalarType } from './argument-type.ts';
import { readDecimal, readLong } from './exact-number.ts';
import { type Mentions, NO_MENTIONS } from './mentions.ts';

export type CedarRecord = Record<string, CedarValueJson>;

/** Characters of one string and items of one list that policy may look at: a decision's time must have a bound. */
const LONGEST_TEXT = 65_536;
const LONGEST_LIST = 1_024;

/** Names the argument by its path in the tool's schema, and says what is wrong with it. */
export function mapArguments(given: JsonObject, type: RecordType, mentions: Mentions): Result<CedarRecord, string> {
  const reserved = findReservedKey(given);
  if (reserved !== undefined) return err(`a key is ${reserved}, which Cedar reserves`);
  return mapRecord(given, type, mentions, 'arguments');
}

/** The agent's own words; undefined for blank ones, which say nothing. */
export function mapJustification(text: string | undefined): Result<CedarValueJson | undefined, string> {
  return text === undefined || text.trim() === '' ? ok(undefined) : mapScalar(text, 'string', 'the justification');
}

function mapRecord(given: JsonObject, type: RecordType, mentions: Mentions, path: string): Result<CedarRecord, string> {
  const undeclared = Object.keys(given).filter((key) => !isDeclared(type, key));
  if (mentions.isWhole && Object.keys(given).some((key) => !type.attributes.has(key))) {
    return err(`${path} has keys that Cedar has no type for`);
  }

  const mentioned = mentions.isWhole ? type.attributes.keys() : mentions.inside.keys();
  const mapped: [string, CedarValueJson][] = [];
  for (const name of mentioned) {
    const place = `${path}.${name}`;
    // An upstream that reads keys in any case would take the twin that policy never saw.
    if (undeclared.some((key) => key !== name && isSameButCase(key, name)))
      return err(`${place} has a twin in another case`);
    const attribute = type.attributes.get(name);
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (attribute === undefined) {
      if (value !== undefined) return err(`${place} has no type that Cedar can hold`);
    } else if (value === undefined) {
      if (attribute.required) return err(`${place} is missing`);
    } else if (value === null) {
      if (!attribute.nullable) return err(`${place} may not be null`);
    } else {
      const inside = mentions.isWhole ? WHOLE : (mentions.inside.get(name) ?? NO_MENTIONS);
      const result = mapValue(value, attribute.type, inside, place);
      if (!result.ok) return result;
      mapped.push([name, result.value]);
    }
  }
  return ok(Object.fromEntries(mapped));
}

const WHOLE: Mentions = { isWhole: true, inside: new Map() };

function mapValue(value: Json, type: ArgumentType, mentions: Mentions, path: string): Result<CedarValueJson, string> {
  if (type.kind === 'record') {
    return isObject(value) ? mapRecord(value, type, mentions, path) : err(`${path} is not an object`);
  }
  if (type.kind !== 'set') return mapScalar(value, type.kind, path);
  if (!isArray(value)) return err(`${path} is not a list`);
  if (value.length > LONGEST_LIST) return err(`${path} has more than ${LONGEST_LIST} items`);
  const items: CedarValueJson[] = [];
  for (const item of value) {
    const result = mapScalar(item, type.element.kind, `${path}[]`);
    if (!result.ok) return result;
    items.push(result.value);
  }
  return ok(items);
}

function mapScalar(value: Json, kind: ScalarType['kind'], path: string): Result<CedarValueJson, string> {
  switch (kind) {
    case 'boolean':
      return typeof value === 'boolean' ? ok(value) : err(`${path} is not true or false`);
    case 'string':
      if (typeof value !== 'string') return err(`${path} is not a string`);
      if (value.length > LONGEST_TEXT) return err(`${path} is longer than ${LONGEST_TEXT} characters`);
      return value.isWellFormed() ? ok(value) : err(`${path} holds half a character`);
    case 'long': {
      const digits = isNumber(value) ? readLong(value) : undefined;
      return digits === undefined ? err(`${path} is not an integer of 64 bits`) : ok(writeLong(digits));
    }
    case 'decimal': {
      const digits = isNumber(value) ? readDecimal(value) : undefined;
      if (digits === undefined) return err(`${path} is not a number with at most four digits after the point`);
      return ok({ __extn: { fn: 'decimal', arg: digits } });
    }
  }
}

/** As JSON text, because Cedar reads it as text: a double would lose what is beyond 2^53. */
function writeLong(digits: string): CedarValueJson {
  const exact: { readonly rawJSON: string } = JSON.rawJSON(digits);
  return exact;
}

function isNumber(value: Json): value is number | ReturnType<JSON['rawJSON']> {
  return typeof value === 'number' || isExactNumber(value);
}

function isDeclared(type: RecordType, key: string): boolean {
  return type.attributes.has(key) || type.inexpressible.has(key);
}

function isSameButCase(one: string, other: string): boolean {
  return fold(one) === fold(other);
}

/** Up and down again: `ſ` and `K` have no lower case of their own. */
function fold(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase();
}

/** Anywhere in the arguments, mentioned or not. Without recursion: the nesting is the caller's. */
function findReservedKey(given: JsonObject): string | undefined {
  const pending: Json[] = [given];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (isArray(value)) for (const item of value) pending.push(item);
    else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (RESERVED_KEYS.has(key)) return key;
        pending.push(member);
      }
    }
  }
  return undefined;
}
