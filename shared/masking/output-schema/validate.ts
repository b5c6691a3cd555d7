/**
 * Whether a value fits a JSON Schema, as far as masking can change that (2020-12, and what draft 7 wrote otherwise). Not a
 * validator for strangers: `unevaluated…`, dynamic and foreign references count as met, and grammars are asked only of
 * texts that masking wrote, so that no data meets a pattern of the server's.
 */
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../../json/value.ts';
import { isSameJson, numberOf, resolveRef } from './schema-value.ts';
import { fitsFormat, fitsPattern } from './text-grammar.ts';

export interface Validation {
  /** The whole schema, in which references are looked up. */
  readonly root: Json;
  /** Whether masking wrote this text. */
  readonly isOurs: (text: string) => boolean;
}

const MAX_DEPTH = 64;

export function isValid(validation: Validation, schema: Json, value: Json, depth = 0): boolean {
  if (typeof schema === 'boolean') return schema;
  // Deeper than that is a schema that holds itself.
  if (!isObject(schema) || depth > MAX_DEPTH) return true;
  const check = (inner: Json, of: Json): boolean => isValid(validation, inner, of, depth + 1);
  return (
    (typeof schema.$ref !== 'string' || check(resolveRef(validation.root, schema.$ref), value)) &&
    fitsAny(schema, value) &&
    fitsCombined(schema, value, check) &&
    (typeof value !== 'string' || fitsText(schema, value, validation)) &&
    (!(typeof value === 'number' || isExactNumber(value)) || fitsNumber(schema, numberOf(value))) &&
    (!isArray(value) || fitsArray(schema, value, check)) &&
    (!isObject(value) || fitsObject(schema, value, check))
  );
}

type Check = (schema: Json, value: Json) => boolean;

function fitsAny(schema: JsonObject, value: Json): boolean {
  const { type, enum: choices, const: only } = schema;
  const types = isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((each) => isOfType(value, each))) return false;
  if (isArray(choices) && !choices.some((each) => isSameJson(each, value))) return false;
  return only === undefined || isSameJson(only, value);
}

function isOfType(value: Json, type: Json): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return isArray(value);
    case 'object':
      return isObject(value);
    case 'number':
      return typeof value === 'number' || isExactNumber(value);
    case 'integer':
      return (typeof value === 'number' || isExactNumber(value)) && Number.isInteger(numberOf(value));
    default:
      return typeof value === type;
  }
}

function fitsCombined(schema: JsonObject, value: Json, check: Check): boolean {
  const { allOf, anyOf, oneOf, not, if: when } = schema;
  if (isArray(allOf) && !allOf.every((each) => check(each, value))) return false;
  if (isArray(anyOf) && !anyOf.some((each) => check(each, value))) return false;
  if (isArray(oneOf) && oneOf.filter((each) => check(each, value)).length !== 1) return false;
  if (not !== undefined && check(not, value)) return false;
  if (when === undefined) return true;
  return check((check(when, value) ? schema.then : schema.else) ?? true, value);
}

function fitsText(schema: JsonObject, text: string, { isOurs }: Validation): boolean {
  const { minLength, maxLength, pattern, format } = schema;
  const length = minLength === undefined && maxLength === undefined ? 0 : Array.from(text).length;
  if (isNumber(minLength) && length < minLength) return false;
  if (isNumber(maxLength) && length > maxLength) return false;
  if ((pattern === undefined && format === undefined) || !isOurs(text)) return true;
  return (
    (typeof pattern !== 'string' || fitsPattern(pattern, text)) &&
    (typeof format !== 'string' || fitsFormat(format, text))
  );
}

function fitsNumber(schema: JsonObject, value: number): boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (isNumber(minimum) && value < minimum) return false;
  if (isNumber(maximum) && value > maximum) return false;
  if (isNumber(exclusiveMinimum) && value <= exclusiveMinimum) return false;
  if (isNumber(exclusiveMaximum) && value >= exclusiveMaximum) return false;
  return (
    !isNumber(multipleOf) || multipleOf <= 0 || Math.abs(value / multipleOf - Math.round(value / multipleOf)) < 1e-9
  );
}

function fitsArray(schema: JsonObject, items: readonly Json[], check: Check): boolean {
  const { minItems, maxItems, uniqueItems, contains, minContains = 1, maxContains } = schema;
  if (isNumber(minItems) && items.length < minItems) return false;
  if (isNumber(maxItems) && items.length > maxItems) return false;
  if (!items.every((item, index) => check(itemSchema(schema, index), item))) return false;
  if (uniqueItems === true && hasTwins(items)) return false;
  if (contains === undefined) return true;
  const held = items.filter((item) => check(contains, item)).length;
  return held >= (isNumber(minContains) ? minContains : 1) && (!isNumber(maxContains) || held <= maxContains);
}

/** Lists of any length: by what they are written as. */
function hasTwins(items: readonly Json[]): boolean {
  return new Set(items.map((item) => JSON.stringify(item))).size < items.length;
}

/** Of one item: `prefixItems`, or a list under `items` as draft 7 wrote it; then what goes for the rest. */
export function itemSchema({ prefixItems, items, additionalItems }: JsonObject, index: number): Json {
  const first = isArray(prefixItems) ? prefixItems : isArray(items) ? items : [];
  return first[index] ?? (isArray(items) ? additionalItems : items) ?? true;
}

function fitsObject(schema: JsonObject, object: JsonObject, check: Check): boolean {
  const { required, minProperties, maxProperties, propertyNames, dependentRequired, dependentSchemas } = schema;
  const names = Object.keys(object);
  const has = (name: Json): boolean => typeof name === 'string' && Object.hasOwn(object, name);
  if (isArray(required) && !required.every(has)) return false;
  if (isNumber(minProperties) && names.length < minProperties) return false;
  if (isNumber(maxProperties) && names.length > maxProperties) return false;
  if (propertyNames !== undefined && !names.every((name) => check(propertyNames, name))) return false;
  for (const [name, wanted] of isObject(dependentRequired) ? Object.entries(dependentRequired) : []) {
    if (has(name) && isArray(wanted) && !wanted.every(has)) return false;
  }
  for (const [name, wanted] of isObject(dependentSchemas) ? Object.entries(dependentSchemas) : []) {
    if (has(name) && !check(wanted, object)) return false;
  }
  return Object.entries(object).every(([name, value]) =>
    memberSchemas(schema, name).every((each) => check(each, value)),
  );
}

/** All that go for a member of this name. */
export function memberSchemas(schema: JsonObject, name: string): readonly Json[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const own = isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
  const byPattern = isObject(patternProperties)
    ? Object.entries(patternProperties).flatMap(([pattern, each]) => (fitsPattern(pattern, name) ? [each] : []))
    : [];
  if (own === undefined && byPattern.length === 0) return [additionalProperties ?? true];
  return own === undefined ? byPattern : [own, ...byPattern];
}

function isNumber(value: Json | undefined): value is number {
  return typeof value === 'number';
}
