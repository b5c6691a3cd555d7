/**
 * Structured content that was masked, made to fit the tool's pinned `outputSchema` again, if the original did: clients check
 * by it. What masking left stays where it fits; a value that the schema wants otherwise is replaced, a required field that
 * was left out comes back masked. Where nothing fits, there is no answer to give.
 */
import { isArray, isObject, type Json, type JsonObject } from '../../json/value.ts';
import { replacementsFor } from './replacements.ts';
import { resolveRef } from './schema-value.ts';
import { isValid, itemSchema, memberSchemas, type Validation } from './validate.ts';

/** The caller withholds the message. */
export class NoFit extends Error {
  override readonly name = 'NoFit';
}

/** `record`: where every class is masked and nothing left out. Throws `NoFit`. */
export function fitToSchema(
  schema: JsonObject,
  isClean: (value: Json) => boolean,
  original: Json,
  client: Json,
  record: Json,
): Json {
  const ours = new Set<string>();
  const validation: Validation = {
    root: schema,
    isOurs: (text) => text === '' || text.includes('[masked:') || ours.has(text),
  };
  if (isValid(validation, schema, client)) return client;
  // It never did: nothing is to be kept.
  if (!isValid({ root: schema, isOurs: () => false }, schema, original)) return client;
  const fitted = refit({ validation, ours, isClean }, [schema], original, client, record);
  if (fitted !== undefined && isValid(validation, schema, fitted)) return fitted;
  throw new NoFit('no masked value fits the output schema');
}

interface Fitting {
  readonly validation: Validation;
  readonly ours: Set<string>;
  /** Whether no data stands in a value that the schema itself offers. */
  readonly isClean: (value: Json) => boolean;
}

/** `client` is undefined for what was left out. */
function refit(
  fitting: Fitting,
  schemas: readonly Json[],
  original: Json,
  client: Json | undefined,
  record: Json,
): Json | undefined {
  if (client === undefined || client === original) return client;
  if (isObject(original) && isObject(client) && isObject(record))
    return fitObject(fitting, schemas, original, client, record);
  if (isArray(original) && isArray(client) && isArray(record) && original.length === client.length) {
    const going = applying(fitting, schemas, original);
    return client.map((item, index) => {
      const from = original[index] ?? null;
      const below = going.map((each) => itemSchema(each, index));
      return refit(fitting, below, from, item, record[index] ?? null) ?? item;
    });
  }
  const fits = (value: Json): boolean => schemas.every((schema) => isValid(fitting.validation, schema, value));
  if (fits(client)) return client;
  // A list or an object that was emptied comes back with its fields masked.
  if (isObject(original) || isArray(original))
    return client === record ? client : refit(fitting, schemas, original, record, record);
  for (const value of replacementsFor(original, applying(fitting, schemas, original), fitting.isClean)) {
    if (typeof value === 'string') fitting.ours.add(value);
    if (fits(value)) return value;
  }
  throw new NoFit('no masked value fits the output schema');
}

function fitObject(
  fitting: Fitting,
  schemas: readonly Json[],
  original: JsonObject,
  client: JsonObject,
  record: JsonObject,
): JsonObject {
  const going = applying(fitting, schemas, original);
  const isRequired = (name: string): boolean =>
    going.some(({ required }) => isArray(required) && required.includes(name));
  const entries: [string, Json][] = [];
  for (const [name, value] of Object.entries(original)) {
    const kept = Object.hasOwn(client, name) ? client[name] : undefined;
    const masked = record[name];
    const now = kept === undefined && isRequired(name) ? masked : kept;
    if (now === undefined) continue;
    const below = going.flatMap((schema) => memberSchemas(schema, name));
    const fitted = refit(fitting, below, value, now, masked ?? now);
    if (fitted !== undefined) entries.push([name, fitted]);
  }
  const renamed = Object.entries(client).filter(([name]) => !Object.hasOwn(original, name));
  return Object.fromEntries([...entries, ...renamed]);
}

const MAX_DEPTH = 16;

/** The schemas and all that they refer to or combine which the original meets: these go for what is below it. */
function applying(fitting: Fitting, schemas: readonly Json[], original: Json, depth = 0): readonly JsonObject[] {
  if (depth > MAX_DEPTH) return [];
  const { root } = fitting.validation;
  const isMet = (schema: Json): boolean => isValid({ root, isOurs: () => false }, schema, original);
  return schemas.filter(isObject).flatMap((schema) => {
    const { $ref, allOf, anyOf, oneOf, if: when } = schema;
    const chosen = [anyOf, oneOf].flatMap((list) => (isArray(list) ? list.filter(isMet) : []));
    const branch = when === undefined ? undefined : isMet(when) ? schema.then : schema.else;
    const others = [
      ...(typeof $ref === 'string' ? [resolveRef(root, $ref)] : []),
      ...(isArray(allOf) ? allOf : []),
      ...chosen,
      ...(branch === undefined ? [] : [branch]),
    ];
    return [schema, ...applying(fitting, others, original, depth + 1)];
  });
}
