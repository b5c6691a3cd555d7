/**
 * What a pinned tool's inputSchema (JSON Schema) says of its arguments, as far as Cedar can hold it (DESIGN §4).
 * What Cedar can't hold is kept by name with the reason, so that a policy that mentions it fails at load. A type that is
 * too wide does no harm: every value is mapped by the type exactly, or the call is denied. It never throws.
 */
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../json/value.ts';

export type ArgumentType = ScalarType | SetType | RecordType;

export interface ScalarType {
  readonly kind: 'string' | 'long' | 'decimal' | 'boolean';
}

export interface SetType {
  readonly kind: 'set';
  readonly element: ScalarType;
}

export interface RecordType {
  readonly kind: 'record';
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** Declared, but not as anything Cedar can hold: name → why. */
  readonly inexpressible: ReadonlyMap<string, string>;
}

export interface Attribute {
  readonly type: ArgumentType;
  readonly required: boolean;
  readonly nullable: boolean;
}

/** Keys that Cedar's JSON reads as an entity, a function call or an expression; refused wherever they stand. */
export const RESERVED_KEYS: ReadonlySet<string> = new Set(['__entity', '__extn', '__expr']);

const DEEPEST = 8;
/** Schema nodes read of one tool: a schema whose references multiply must not stall the start. */
const MOST_NODES = 2000;

const SCALARS: ReadonlyMap<string, ScalarType> = new Map([
  ['string', { kind: 'string' }],
  ['integer', { kind: 'long' }],
  ['number', { kind: 'decimal' }],
  ['boolean', { kind: 'boolean' }],
]);

interface Reading {
  readonly root: JsonObject;
  nodes: number;
}

interface Read {
  readonly type: ArgumentType;
  readonly nullable: boolean;
}

/** A string is the reason why Cedar can't hold it. */
type ReadResult = Read | string;

/** The type of a tool's whole arguments; of a definition without a usable inputSchema, a record without attributes. */
export function readArgumentType(definition: JsonObject): RecordType {
  const schema = definition.inputSchema;
  const none: RecordType = { kind: 'record', attributes: new Map(), inexpressible: new Map() };
  if (!isObject(schema)) return none;
  const read = readSchema(schema, { root: schema, nodes: 0 }, [], 0);
  return typeof read !== 'string' && read.type.kind === 'record' ? read.type : none;
}

function readSchema(schema: Json, reading: Reading, references: readonly string[], depth: number): ReadResult {
  reading.nodes += 1;
  if (reading.nodes > MOST_NODES) return 'the schema is too large';
  if (depth > DEEPEST) return 'it is nested too deep';
  if (!isObject(schema)) return 'it has no schema';

  if (typeof schema.$ref === 'string') {
    const reference = schema.$ref;
    if (references.includes(reference)) return 'its schema refers to itself';
    const target = resolveReference(reading.root, reference);
    if (target === undefined) return 'its schema refers to something outside the tool’s definition';
    return readSchema(target, reading, [...references, reference], depth);
  }
  if (schema.type !== undefined) return readTyped(schema, reading, references, depth);
  const choices = schema.anyOf ?? schema.oneOf;
  if (isArray(choices)) return readChoice(choices, reading, references, depth);
  if (isArray(schema.allOf)) {
    const [only] = schema.allOf;
    if (schema.allOf.length === 1 && only !== undefined) return readSchema(only, reading, references, depth);
    return 'it combines several schemas';
  }
  if (schema.enum !== undefined || schema.const !== undefined) return readValues(schema);
  if (isObject(schema.properties)) return readRecord(schema, reading, references, depth);
  return 'its schema names no type';
}

function readTyped(schema: JsonObject, reading: Reading, references: readonly string[], depth: number): ReadResult {
  const types = isArray(schema.type) ? schema.type : [schema.type];
  const others = types.filter((type) => type !== 'null');
  const nullable = others.length < types.length;
  const [type] = others;
  if (others.length !== 1 || typeof type !== 'string') return 'it may be of several types';
  const scalar = SCALARS.get(type);
  if (scalar !== undefined) return { type: scalar, nullable };
  const read =
    type === 'object'
      ? readRecord(schema, reading, references, depth)
      : readSet(schema.items ?? null, reading, references, depth);
  return typeof read === 'string' ? read : { type: read.type, nullable };
}

/** `anyOf: [X, {type: null}]` is how several libraries write "X or null"; any other choice has no Cedar type. */
function readChoice(
  choices: readonly Json[],
  reading: Reading,
  references: readonly string[],
  depth: number,
): ReadResult {
  const others = choices.filter((choice) => !isObject(choice) || choice.type !== 'null');
  const [only] = others;
  if (others.length !== 1 || only === undefined) return 'it may be of several types';
  const read = readSchema(only, reading, references, depth);
  if (typeof read === 'string') return read;
  return { type: read.type, nullable: read.nullable || others.length < choices.length };
}

function readRecord(schema: JsonObject, reading: Reading, references: readonly string[], depth: number): ReadResult {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = new Set(isArray(schema.required) ? schema.required : []);
  const attributes = new Map<string, Attribute>();
  const inexpressible = new Map<string, string>();
  for (const [name, property] of Object.entries(properties)) {
    if (RESERVED_KEYS.has(name) || !name.isWellFormed()) {
      inexpressible.set(name, 'Cedar reserves its name');
      continue;
    }
    const read = readSchema(property, reading, references, depth + 1);
    if (typeof read === 'string') inexpressible.set(name, read);
    else attributes.set(name, { type: read.type, nullable: read.nullable, required: required.has(name) });
  }
  if (attributes.size === 0 && inexpressible.size === 0 && depth > 0) return 'its schema names no properties';
  return { type: { kind: 'record', attributes, inexpressible }, nullable: false };
}

function readSet(items: Json, reading: Reading, references: readonly string[], depth: number): ReadResult {
  const element = readSchema(items, reading, references, depth + 1);
  if (typeof element === 'string') return `of its items: ${element}`;
  if (element.type.kind === 'set' || element.type.kind === 'record') return 'its items are not plain values';
  return { type: { kind: 'set', element: element.type }, nullable: false };
}

/** A type from the values themselves, where the schema gives only those. */
function readValues(schema: JsonObject): ReadResult {
  const values = isArray(schema.enum) ? schema.enum : [schema.const ?? null];
  const others = values.filter((value) => value !== null);
  const kinds = new Set(others.map(kindOf));
  const [kind] = kinds;
  if (kinds.size !== 1 || kind === undefined) return 'its values are not of one plain type';
  return { type: { kind }, nullable: others.length < values.length };
}

function kindOf(value: Json): ScalarType['kind'] | undefined {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'long' : 'decimal';
  return isExactNumber(value) ? 'decimal' : undefined;
}

/** `#/$defs/Address`: a JSON pointer (RFC 6901) into the same schema. Nothing is ever fetched. */
function resolveReference(root: JsonObject, reference: string): Json | undefined {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let place: Json | undefined = root;
  for (const step of reference.slice(2).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isObject(place) || !Object.hasOwn(place, name)) return undefined;
    place = place[name];
  }
  return place;
}
