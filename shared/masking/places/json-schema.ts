/**
 * JSON Schema as it stands in a message: of a tool's arguments and results, and of what a person is asked for. Its
 * structure stays, or clients could not check by it; everything that people and models read in it is masked. A value
 * that `enum` and `const` offer is data like any other: what is not revealed can't be chosen.
 */
import { KEPT, mapOfKept, type Place, TEXT } from './place.ts';

/** What clients compile and compare: references, types, grammars, bounds, and names of properties (`required`). */
const STRUCTURE = [
  ...['$schema', '$id', '$ref', '$anchor', '$dynamicRef', '$dynamicAnchor', '$vocabulary'],
  ...['type', 'format', 'pattern', 'contentEncoding', 'contentMediaType', 'required', 'dependentRequired'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'minContains', 'maxContains', 'minProperties', 'maxProperties'],
];
const WORDS = ['title', 'description', '$comment', 'default', 'examples', 'const', 'enumNames'];
const BY_NAME = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const SCHEMAS = [
  ...['items', 'prefixItems', 'additionalItems', 'contains', 'unevaluatedItems', 'propertyNames'],
  ...['additionalProperties', 'unevaluatedProperties', 'allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else'],
];

const members = new Map<string, Place>();

export const SCHEMA: Place = { kind: 'text', members, others: TEXT };

for (const name of STRUCTURE) members.set(name, KEPT);
for (const name of WORDS) members.set(name, TEXT);
for (const name of BY_NAME) members.set(name, mapOfKept(SCHEMA));
for (const name of SCHEMAS) members.set(name, SCHEMA);
// Two masked choices of one class would be the same choice, which no schema allows.
members.set('enum', { ...TEXT, isDistinct: true });
