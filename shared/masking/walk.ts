/**
 * One walk over a message, two forms of it: for the client and for the record. What did not change is shared with the
 * message, not copied; what did is built anew from entries, so that no key (`__proto__`) is ever assigned to.
 * Throws past its bounds and on any inner error: the caller then withholds the message.
 */
import { isArray, isExactNumber, type Json, type JsonObject } from '../json/value.ts';
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

/** Where a value stands: its zone, the classes its keys announce, how deep. */
interface Place {
  readonly zone: Zone;
  readonly named: NamedClasses;
  readonly depth: number;
}

/** The strict reader allows less; this one holds whoever else built the value. */
const MAX_DEPTH = 256;
/** Class of content that nobody looked into, for the exposure. */
const BINARY = 'binary';
/** Numbers below have fewer digits than any class wants. */
const SMALLEST_NUMBER = 1_000_000;

export function walkMessage(message: Json, zone: Zone, walk: Walk): Forms {
  return visit(walk, message, { zone, named: 0, depth: 0 }) ?? { client: message, record: message };
}

/** Undefined: nothing found, both forms are the value itself. */
function visit(walk: Walk, value: Json, place: Place): Forms | undefined {
  if (typeof value === 'string') return visitText(walk, value, place);
  if (typeof value === 'number') return visitNumber(walk, value, place);
  if (typeof value !== 'object' || value === null) return undefined;
  if (place.depth > MAX_DEPTH) throw new RangeError(`a message nested deeper than ${MAX_DEPTH} is not masked`);
  if (isArray(value)) return visitArray(walk, value, place);
  if (isExactNumber(value)) return visitNumber(walk, value, place);
  return visitObject(walk, value, place);
}

function visitText(walk: Walk, text: string, { zone, named }: Place): Forms | undefined {
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

function visitNumber(
  walk: Walk,
  value: number | { readonly rawJSON: string },
  { zone, named }: Place,
): Forms | undefined {
  if (typeof value === 'number' && Math.abs(value) < SMALLEST_NUMBER) return undefined;
  const classes = walk.finder.inNumber(typeof value === 'number' ? String(value) : value.rawJSON, named);
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

function visitArray(walk: Walk, items: readonly Json[], { zone, named, depth }: Place): Forms | undefined {
  const below = { zone, named, depth: depth + 1 };
  let client: Json[] | undefined;
  let record: Json[] | undefined;
  items.forEach((item, index) => {
    const forms = visit(walk, item, below);
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

function visitObject(walk: Walk, object: JsonObject, place: Place): Forms | undefined {
  let changes: Map<string, Change> | undefined;
  let isClientChanged = false;
  for (const key of Object.keys(object)) {
    const value = object[key];
    const change = value === undefined ? undefined : visitMember(walk, object, key, value, place);
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

function visitMember(
  walk: Walk,
  object: JsonObject,
  key: string,
  value: Json,
  { zone, named, depth }: Place,
): Change | undefined {
  const facts = walk.factsOf(key);
  const below = { zone: zoneBelow(zone, key, object), named: named | facts.named, depth: depth + 1 };
  const forms = visit(walk, value, below);
  if (facts.findings.length === 0) return forms;
  const { client, record } = maskFindings(walk, key, facts.findings, zone !== 'data');
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
