/**
 * One walk over a message, two forms of it: for the client and for the record. What did not change is shared with the
 * message, not copied; what did is built anew from entries, so that no key (`__proto__`) is ever assigned to.
 * Throws past its bounds and on any inner error: the caller then withholds the message.
 */
import { type ExactNumber, isArray, isExactNumber, type Json, type JsonObject } from '../json/value.ts';
import type { Tally } from './exposure.ts';
import type { Finder, NamedClasses } from './find-in-text.ts';
import type { Finding } from './finding.ts';
import type { KeyFacts } from './key-facts.ts';
import { MASKED_NUMBER, uninspectedMarker } from './marker.ts';
import { maskText } from './mask-text.ts';
import { type Zone, zoneBelow } from './zones.ts';

/** What one walk carries along. */
export interface Walk {
  readonly finder: Finder;
  readonly factsOf: (key: string) => KeyFacts;
  readonly tally: Tally;
  readonly revealed: ReadonlySet<string>;
}

export interface Forms {
  readonly client: Json;
  readonly record: Json;
}

/** The strict reader allows less; this one holds whoever else built the value. */
const MAX_DEPTH = 256;
/** Class of content that nobody looked into, for the exposure. */
const BINARY = 'binary';

export function walkMessage(message: Json, zone: Zone, walk: Walk): Forms {
  return visit(walk, message, zone, 0, 0) ?? { client: message, record: message };
}

/**
 * `named`: the classes that the keys above announce. Undefined: nothing found, both forms are the value itself.
 * Most values are such, so nothing is made for them, not even an object that says where they stand.
 */
function visit(walk: Walk, value: Json, zone: Zone, named: NamedClasses, depth: number): Forms | undefined {
  if (typeof value === 'string') return visitText(walk, value, zone, named);
  if (typeof value === 'number') return visitNumber(walk, value, zone, named);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) throw new RangeError(`a message nested deeper than ${MAX_DEPTH} is not masked`);
  if (isArray(value)) return visitArray(walk, value, zone, named, depth + 1);
  if (isExactNumber(value)) return visitNumber(walk, value, zone, named);
  return visitObject(walk, value, zone, named, depth + 1);
}

function visitText(walk: Walk, text: string, zone: Zone, named: NamedClasses): Forms | undefined {
  if (zone === 'binary') {
    walk.tally.add(BINARY, 'uninspected');
    return { client: text, record: uninspectedMarker(text) };
  }
  const findings = walk.finder.inText(text, named);
  return findings.length === 0 ? undefined : maskFindings(walk, text, findings, zone === 'kept');
}

function maskFindings(
  walk: Walk,
  text: string,
  findings: readonly Finding[],
  isKept: boolean,
): { readonly client: string; readonly record: string } {
  const hidden = findings.filter(({ classes }) => !count(walk, classes, isKept));
  const record = maskText(text, findings);
  if (hidden.length === findings.length) return { client: record, record };
  return { client: hidden.length === 0 ? text : maskText(text, hidden), record };
}

function visitNumber(walk: Walk, value: number | ExactNumber, zone: Zone, named: NamedClasses): Forms | undefined {
  const classes = walk.finder.inNumber(value, named);
  if (classes.length === 0) return undefined;
  const isShown = count(walk, classes, zone !== 'data');
  return { client: isShown ? value : MASKED_NUMBER, record: MASKED_NUMBER };
}

/** Counts a finding, and says whether the client may see it. */
function count(walk: Walk, classes: readonly string[], isKept: boolean): boolean {
  const isShown = isKept || classes.every((each) => walk.revealed.has(each));
  for (const each of classes) walk.tally.add(each, isShown ? 'revealed' : 'masked');
  return isShown;
}

function visitArray(
  walk: Walk,
  items: readonly Json[],
  zone: Zone,
  named: NamedClasses,
  depth: number,
): Forms | undefined {
  let client: Json[] | undefined;
  let record: Json[] | undefined;
  items.forEach((item, index) => {
    const forms = visit(walk, item, zone, named, depth);
    if (forms === undefined) return;
    record ??= items.slice();
    record[index] = forms.record;
    if (forms.client === item) return;
    client ??= items.slice();
    client[index] = forms.client;
  });
  return record === undefined ? undefined : { client: client ?? items, record };
}

/** What became of one member of an object; a key is left out where it stays. */
interface Change extends Forms {
  readonly clientKey?: string;
  readonly recordKey?: string;
}

function visitObject(
  walk: Walk,
  object: JsonObject,
  zone: Zone,
  named: NamedClasses,
  depth: number,
): Forms | undefined {
  let changes: Map<string, Change> | undefined;
  let isClientChanged = false;
  const above = named & walk.finder.inherited;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const facts = walk.factsOf(key);
    const forms = visit(walk, value, zoneBelow(zone, key, object), above | facts.named, depth);
    const change: Change | undefined =
      facts.findings.length === 0 ? forms : maskMember(walk, key, value, forms, facts.findings, zone);
    if (change === undefined) continue;
    isClientChanged ||= change.client !== value || change.clientKey !== undefined;
    changes ??= new Map();
    changes.set(key, change);
  }
  if (changes === undefined) return undefined;
  return {
    client: isClientChanged ? rebuild(object, changes, 'client', 'clientKey') : object,
    record: rebuild(object, changes, 'record', 'recordKey'),
  };
}

/** A member whose key holds data. */
function maskMember(
  walk: Walk,
  key: string,
  value: Json,
  forms: Forms | undefined,
  findings: readonly Finding[],
  zone: Zone,
): Change {
  const { client, record } = maskFindings(walk, key, findings, zone !== 'data');
  return {
    client: forms?.client ?? value,
    record: forms?.record ?? value,
    ...(client === key ? {} : { clientKey: client }),
    recordKey: record,
  };
}

/** Two keys may get the same marker: the later ones get a number as well, or a value would be lost. */
function rebuild(
  object: JsonObject,
  changes: ReadonlyMap<string, Change>,
  form: 'client' | 'record',
  formKey: 'clientKey' | 'recordKey',
): JsonObject {
  const taken = new Set(Object.keys(object).filter((key) => changes.get(key)?.[formKey] === undefined));
  const entries = Object.entries(object).map(([key, value]): [string, Json] => {
    const change = changes.get(key);
    const wanted = change?.[formKey];
    return [wanted === undefined ? key : claimKey(wanted, taken), change === undefined ? value : change[form]];
  });
  return Object.fromEntries(entries);
}

function claimKey(wanted: string, taken: Set<string>): string {
  let key = wanted;
  for (let number = 2; taken.has(key); number += 1) key = `${wanted} ${number}`;
  taken.add(key);
  return key;
}
