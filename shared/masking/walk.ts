/**
 * One walk over a message, two forms of it: for the client and for the record. What did not change is shared with the
 * message, not copied; what did is built anew from entries, so that no key (`__proto__`) is ever assigned to.
 * Throws past its bounds and on any inner error: the caller then withholds the message.
 */
import { type ExactNumber, isArray, isExactNumber, type Json, type JsonObject } from '../json/value.ts';
import type { Found } from './actions/replace.ts';
import type { NamedClasses } from './find-in-text.ts';
import { joinPieces } from './join-pieces.ts';
import { MASKED_NUMBER, uninspectedMarker } from './marker.ts';
import { maskText } from './mask-text.ts';
import { DATA, type Place } from './places/place.ts';
import { type Change, distinct, emptyOf, type Forms, rebuildBoth } from './rebuild.ts';
import { type FieldClass, type Fields, stepAt, stepInto } from './rules/fields.ts';
import { areRows, type Header, headerBeside, headerOf } from './rules/header-rows.ts';
import { type FoundInText, findInText } from './rules/join-findings.ts';
import { readJsonText, writeJsonText } from './rules/json-text.ts';
import { maskWhole } from './rules/mask-whole.ts';
import { BINARY_CLASS, type Walk } from './walk-parts.ts';

/** The strict reader allows less; this one holds whoever else built the value. */
const MAX_DEPTH = 256;
/** JSON in a text counts as so many levels more: a text in a text in a text is read, and no deeper one. */
const TEXT_DEPTH = 64;
/** What a value costs beside its characters. */
const VALUE_COST = 16;

/** `client` of a message is never undefined: only fields are left out. */
export function walkMessage(message: Json, place: Place, walk: Walk): { readonly client: Json; readonly record: Json } {
  const fields = place.kind === 'data' ? walk.fields : undefined;
  const forms = visit(walk, message, place, 0, fields, 0);
  if (forms === undefined) return { client: message, record: message };
  return { client: forms.client ?? forms.record, record: forms.record };
}

/**
 * `named`: the classes that the keys above announce. `fields`: what rules say of what stands here. Undefined: nothing
 * found, both forms are the value itself. Most values are such, so nothing is made for them, not even an object that says
 * where they stand.
 */
function visit(
  walk: Walk,
  value: Json,
  place: Place,
  named: NamedClasses,
  fields: Fields | undefined,
  depth: number,
): Forms | undefined {
  if (typeof value === 'string') return visitText(walk, value, place, named, depth);
  if (typeof value === 'number') return visitNumber(walk, value, place, named);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) throw new RangeError(`a message nested deeper than ${MAX_DEPTH} is not masked`);
  if (isArray(value)) return visitArray(walk, value, place, named, fields, depth + 1);
  if (isExactNumber(value)) return visitNumber(walk, value, place, named);
  // Where words are due, an object is none of the protocol's.
  if (place.kind === 'prose') return visitObject(walk, value, DATA, named, walk.fields, depth + 1);
  return visitObject(walk, value, place, named, fields, depth + 1);
}

function visitText(walk: Walk, text: string, place: Place, named: NamedClasses, depth: number): Forms | undefined {
  walk.pace(text.length + VALUE_COST);
  const { kind } = place;
  if (kind === 'binary') {
    walk.tally.add(BINARY_CLASS, 'uninspected');
    return { client: text, record: uninspectedMarker(text) };
  }
  const fields = kind === 'prose' || kind === 'data' ? walk.fields : undefined;
  if (fields !== undefined && depth + TEXT_DEPTH < MAX_DEPTH) {
    const inside = readJsonText(text);
    if (inside !== undefined) {
      const forms = visit(walk, inside, DATA, named, fields, depth + TEXT_DEPTH);
      return forms && writeJsonText(text, forms);
    }
  }
  const found = findInText(text, walk.finder.inText(text, named), fields);
  if (found.length === 0) return undefined;
  const { client, record, isDropped } = maskFindings(walk, text, found, kind === 'kept');
  return { client: isDropped && kind === 'data' ? undefined : client, record };
}

interface TextForms {
  readonly client: string;
  readonly record: string;
  /** Whether the field is to be left out, where there is a field. */
  readonly isDropped: boolean;
}

function maskFindings(walk: Walk, text: string, found: readonly FoundInText[], isKept: boolean): TextForms {
  const hidden = found.filter((each) => !count(walk, each, isKept));
  const maskAs = (form: 'client' | 'record', which: readonly FoundInText[]): string =>
    maskText(text, which, (part, each) => walk.replace.text(part, each, form));
  const record = maskAs('record', found);
  const client = hidden.length === 0 ? text : maskAs('client', hidden);
  return { client, record, isDropped: hidden.some(walk.replace.isDropped) };
}

function visitNumber(walk: Walk, value: number | ExactNumber, place: Place, named: NamedClasses): Forms | undefined {
  const classes = walk.finder.inNumber(value, named);
  if (classes.length === 0) return undefined;
  if (count(walk, { classes }, place.kind === 'kept')) return { client: value, record: MASKED_NUMBER };
  const isDropped = place.kind === 'data' && walk.replace.isDropped({ classes });
  return { client: isDropped ? undefined : MASKED_NUMBER, record: MASKED_NUMBER };
}

/** Counts a finding, and says whether the client may see it. */
function count(walk: Walk, { classes }: Found, isKept: boolean): boolean {
  const isShown = isKept || classes.every((each) => walk.mayShow(each));
  for (const each of classes) {
    const shown = each === BINARY_CLASS ? 'uninspected' : 'revealed';
    walk.tally.add(each, isShown ? shown : 'masked');
  }
  return isShown;
}

/** A field that a rule names: all of it is data of the rule's class, whatever it looks like. */
function visitField(
  walk: Walk,
  value: Json,
  field: FieldClass,
  place: Place,
  named: NamedClasses,
  below: Fields | undefined,
  depth: number,
): Forms | undefined {
  const whole = maskWhole(walk, value, field);
  if (whole === undefined) return undefined;
  if (!walk.mayShow(field.class)) {
    walk.tally.add(field.class, 'masked', whole.count);
    const found = { classes: [field.class], ...(field.action === undefined ? {} : { action: field.action }) };
    return { client: walk.replace.isDropped(found) ? undefined : whole.client, record: whole.record };
  }
  walk.tally.add(field.class, 'revealed', whole.count);
  // What else stands in it has classes of its own, each with a reveal of its own.
  const inside = visit(walk, value, place, named, below, depth);
  return { client: inside === undefined ? value : inside.client, record: whole.record };
}

function visitArray(
  walk: Walk,
  items: readonly Json[],
  place: Place,
  named: NamedClasses,
  fields: Fields | undefined,
  depth: number,
): Forms | undefined {
  const header = fields && headerOf(items, fields);
  const visitItem = (item: Json, index: number): Forms | undefined => {
    if (fields === undefined) return visit(walk, item, place, named, undefined, depth);
    const { field, below } = stepAt(fields, index, items.length);
    if (field !== undefined) return visitField(walk, item, field, place, named, below, depth);
    if (header !== undefined && index > 0 && isArray(item)) return visitRow(walk, item, header, below, named, depth);
    return visit(walk, item, place, named, below, depth);
  };
  return visitItems(walk, items, place, visitItem);
}

/** A row under a heading: each cell is a field of its column. */
function visitRow(
  walk: Walk,
  cells: readonly Json[],
  header: Header,
  fields: Fields,
  named: NamedClasses,
  depth: number,
): Forms | undefined {
  return visitItems(walk, cells, DATA, (cell, index) => {
    const { field = header[index], below } = stepAt(fields, index, cells.length);
    if (field === undefined) return visit(walk, cell, DATA, named, below, depth + 1);
    return visitField(walk, cell, field, DATA, named, below, depth + 1);
  });
}

function visitItems(
  walk: Walk,
  items: readonly Json[],
  place: Place,
  visitItem: (item: Json, index: number) => Forms | undefined,
): Forms | undefined {
  let client: Json[] | undefined;
  let record: Json[] | undefined;
  const change = (index: number, item: Json | undefined, forms: Forms): void => {
    record ??= items.slice();
    record[index] = forms.record;
    if (forms.client === item) return;
    client ??= items.slice();
    // A place in a list means something: what is dropped leaves it empty.
    client[index] = forms.client === undefined ? emptyOf(item) : forms.client;
  };
  items.forEach((item, index) => {
    const forms = visitItem(item, index);
    if (forms !== undefined) change(index, item, forms);
  });
  if (place.kind !== 'kept' && place.kind !== 'binary') {
    // What only the items together hold has no place of its own, so nobody reveals it.
    const apart: readonly Json[] = record ?? items;
    const joined = joinPieces(walk.finder, apart);
    for (const each of joined?.classes ?? []) walk.tally.add(each, 'masked');
    joined?.items.forEach((item, index) => {
      if (item !== apart[index]) change(index, undefined, { client: item, record: item });
    });
  }
  if (record === undefined) return undefined;
  if (place.isDistinct === true) return { client: distinct(client ?? items), record: distinct(record) };
  return { client: client ?? items, record };
}

function visitObject(
  walk: Walk,
  object: JsonObject,
  place: Place,
  named: NamedClasses,
  fields: Fields | undefined,
  depth: number,
): Forms | undefined {
  let changes: Map<string, Change> | undefined;
  const { members, others = place } = place;
  const above = named & walk.finder.inherited;
  const header = fields && headerBeside(object, fields);
  const inside = { place: others, keepsName: place.keepsNames === true, above, fields, header, depth };
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const known = members.get(key);
    const change = known === undefined ? visitMember(walk, key, value, inside) : visitKnown(walk, value, known, depth);
    if (change === undefined) continue;
    changes ??= new Map();
    changes.set(key, change);
  }
  return changes && rebuildBoth(object, changes);
}

/** A member that the protocol names: it is never left out, and rules begin anew where data does. */
function visitKnown(walk: Walk, value: Json, place: Place, depth: number): Change | undefined {
  const forms = visit(walk, value, place, 0, place.kind === 'data' ? walk.fields : undefined, depth);
  return forms?.client === undefined ? forms && { client: forms.record, record: forms.record } : forms;
}

interface MemberPlace {
  readonly place: Place;
  readonly keepsName: boolean;
  readonly above: NamedClasses;
  readonly fields: Fields | undefined;
  readonly header: Header | undefined;
  readonly depth: number;
}

/** A member under a name that is not the protocol's: the name may hold data itself, and says what its value is. */
function visitMember(walk: Walk, key: string, value: Json, at: MemberPlace): Change | undefined {
  walk.pace(VALUE_COST);
  const { place, above, depth, header } = at;
  const { named, findings } = walk.factsOf(key);
  const classes = above | named;
  // Data that the protocol does not name begins here, with its own rules.
  const fields = at.fields ?? (place.kind === 'data' ? walk.fields : undefined);
  const { field, below } = fields === undefined ? { below: undefined } : stepInto(fields, key);
  let forms: Forms | undefined;
  if (field !== undefined) forms = visitField(walk, value, field, place, classes, below, depth);
  else if (header !== undefined && below !== undefined && areRows(value)) {
    const rowOf = (row: Json) =>
      isArray(row) ? visitRow(walk, row, header, below, classes, depth) : visit(walk, row, DATA, classes, below, depth);
    forms = visitItems(walk, value, DATA, rowOf);
  } else forms = visit(walk, value, place, classes, below, depth);
  if (findings.length === 0) return forms;
  const masked = maskFindings(walk, key, findings, at.keepsName);
  return {
    client: forms === undefined ? value : forms.client,
    record: forms?.record ?? value,
    ...(masked.client === key ? {} : { clientKey: masked.client }),
    recordKey: masked.record,
  };
}
