/**
 * One walk over a message, two forms of it: for the client and for the record. What did not change is shared with the
 * message, not copied; what did is built anew from entries, so that no key (`__proto__`) is ever assigned to.
 * Throws past its bounds and on any inner error: the caller then withholds the message.
 */
import { type ExactNumber, isArray, isExactNumber, type Json, type JsonObject } from '../json/value.ts';
import { findDataUrls } from './data-urls.ts';
import type { Tally } from './exposure.ts';
import type { Finder, NamedClasses } from './find-in-text.ts';
import type { Finding } from './finding.ts';
import { joinPieces } from './join-pieces.ts';
import type { KeyFacts } from './key-facts.ts';
import { MASKED_NUMBER, uninspectedMarker } from './marker.ts';
import { maskText } from './mask-text.ts';
import { DATA, type Place } from './places/place.ts';
import { type Change, distinct, rebuild } from './rebuild.ts';

/** What one walk carries along. */
export interface Walk {
  readonly finder: Finder;
  readonly factsOf: (key: string) => KeyFacts;
  readonly tally: Tally;
  /** Whether policy reveals a class; asked only where something of the class stands. */
  readonly mayShow: (className: string) => boolean;
  /** Counts the work, in characters; throws past the deadline. */
  readonly pace: (characters: number) => void;
}

export interface Forms {
  readonly client: Json;
  readonly record: Json;
}

/** The strict reader allows less; this one holds whoever else built the value. */
const MAX_DEPTH = 256;
/** Class of content that nobody looked into, for the exposure. */
export const BINARY_CLASS = 'binary';
/** What a value costs beside its characters. */
const VALUE_COST = 16;

export function walkMessage(message: Json, place: Place, walk: Walk): Forms {
  return visit(walk, message, place, 0, 0) ?? { client: message, record: message };
}

/**
 * `named`: the classes that the keys above announce. Undefined: nothing found, both forms are the value itself.
 * Most values are such, so nothing is made for them, not even an object that says where they stand.
 */
function visit(walk: Walk, value: Json, place: Place, named: NamedClasses, depth: number): Forms | undefined {
  if (typeof value === 'string') return visitText(walk, value, place, named);
  if (typeof value === 'number') return visitNumber(walk, value, place, named);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) throw new RangeError(`a message nested deeper than ${MAX_DEPTH} is not masked`);
  if (isArray(value)) return visitArray(walk, value, place, named, depth + 1);
  if (isExactNumber(value)) return visitNumber(walk, value, place, named);
  // Where words are due, an object is none of the protocol's.
  return visitObject(walk, value, place.kind === 'prose' ? DATA : place, named, depth + 1);
}

function visitText(walk: Walk, text: string, place: Place, named: NamedClasses): Forms | undefined {
  walk.pace(text.length + VALUE_COST);
  if (place.kind === 'binary') {
    walk.tally.add(BINARY_CLASS, 'uninspected');
    return { client: text, record: uninspectedMarker(text) };
  }
  const findings = findDataUrls(text, walk.finder.inText(text, named));
  return findings.length === 0 ? undefined : maskFindings(walk, text, findings, place.kind === 'kept');
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

function visitNumber(walk: Walk, value: number | ExactNumber, place: Place, named: NamedClasses): Forms | undefined {
  const classes = walk.finder.inNumber(value, named);
  if (classes.length === 0) return undefined;
  const isShown = count(walk, classes, place.kind === 'kept');
  return { client: isShown ? value : MASKED_NUMBER, record: MASKED_NUMBER };
}

/** Counts a finding, and says whether the client may see it. */
function count(walk: Walk, classes: readonly string[], isKept: boolean): boolean {
  const isShown = isKept || classes.every((each) => walk.mayShow(each));
  for (const each of classes) {
    const shown = each === BINARY_CLASS ? 'uninspected' : 'revealed';
    walk.tally.add(each, isShown ? shown : 'masked');
  }
  return isShown;
}

function visitArray(
  walk: Walk,
  items: readonly Json[],
  place: Place,
  named: NamedClasses,
  depth: number,
): Forms | undefined {
  let client: Json[] | undefined;
  let record: Json[] | undefined;
  const change = (index: number, forms: Forms): void => {
    record ??= items.slice();
    record[index] = forms.record;
    if (forms.client === items[index]) return;
    client ??= items.slice();
    client[index] = forms.client;
  };
  items.forEach((item, index) => {
    const forms = visit(walk, item, place, named, depth);
    if (forms !== undefined) change(index, forms);
  });
  if (place.kind !== 'kept' && place.kind !== 'binary') joinItems(walk, record ?? items, change);
  if (record === undefined) return undefined;
  if (place.isDistinct === true) return { client: distinct(client ?? items), record: distinct(record) };
  return { client: client ?? items, record };
}

/** What only the items together hold; what one of them holds alone is masked by now. Nobody reveals it: it has no place. */
function joinItems(walk: Walk, items: readonly Json[], change: (index: number, forms: Forms) => void): void {
  const joined = joinPieces(walk.finder, items);
  if (joined === undefined) return;
  for (const each of joined.classes) walk.tally.add(each, 'masked');
  joined.items.forEach((item, index) => {
    if (item !== items[index]) change(index, { client: item, record: item });
  });
}

function visitObject(
  walk: Walk,
  object: JsonObject,
  place: Place,
  named: NamedClasses,
  depth: number,
): Forms | undefined {
  let changes: Map<string, Change> | undefined;
  let isClientChanged = false;
  const { members, others = place } = place;
  const above = named & walk.finder.inherited;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const known = members.get(key);
    const change: Change | undefined =
      known === undefined
        ? visitMember(walk, key, value, others, above, depth, place.keepsNames === true)
        : visit(walk, value, known, 0, depth);
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

/** A member under a name that is not the protocol's: the name may hold data itself, and says what its value is. */
function visitMember(
  walk: Walk,
  key: string,
  value: Json,
  place: Place,
  above: NamedClasses,
  depth: number,
  keepsName: boolean,
): Change | undefined {
  walk.pace(VALUE_COST);
  const { named, findings } = walk.factsOf(key);
  const forms = visit(walk, value, place, above | named, depth);
  if (findings.length === 0) return forms;
  const { client, record } = maskFindings(walk, key, findings, keepsName);
  return {
    client: forms?.client ?? value,
    record: forms?.record ?? value,
    ...(client === key ? {} : { clientKey: client }),
    recordKey: record,
  };
}
