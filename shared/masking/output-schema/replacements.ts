/**
 * What may stand for a masked value where a schema takes no marker: values that the schema itself names, its bounds, a sample
 * of its format, fillers of its lengths. They say nothing of the value, but for the last: its letters and digits as `x` and
 * `0`, for patterns that want a shape.
 */
import { isArray, isExactNumber, isObject, type Json, type JsonObject } from '../../json/value.ts';
import { sampleOf } from './text-grammar.ts';

const MAX_FILLER = 64;
const WORD = 'masked';

/**
 * In the order in which they are tried; the first that fits is taken, whatever the value was. `schemas`: all that go for
 * the place; what they offer is taken only if no data stands in it.
 */
export function replacementsFor(
  original: Json,
  schemas: readonly Json[],
  isClean: (value: Json) => boolean,
): readonly Json[] {
  const hints = schemas.flatMap(hintsOf);
  const named = hints.flatMap((hint) => [
    ...(hint.const === undefined ? [] : [hint.const]),
    ...(isArray(hint.enum) ? hint.enum : []),
  ]);
  const ofType = named.filter((each) => !isArray(each) && !isObject(each) && isClean(each));
  if (typeof original === 'string') return [...hints.flatMap(textsFor), ...ofType, ...shapesOf(original), null];
  if (typeof original === 'number' || isExactNumber(original)) return [...hints.flatMap(numbersFor), ...ofType, null];
  return [false, true, ...ofType, null];
}

/** The schema and those that it combines, a few levels deep. */
function hintsOf(schema: Json): readonly JsonObject[] {
  if (!isObject(schema)) return [];
  const inner = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => (isArray(list) ? list : []));
  return [schema, ...inner.filter(isObject)];
}

function textsFor({ minLength, maxLength, format }: JsonObject): readonly string[] {
  const sample = typeof format === 'string' ? sampleOf(format) : undefined;
  const least = typeof minLength === 'number' ? minLength : 0;
  const most = typeof maxLength === 'number' ? maxLength : Infinity;
  const filler =
    least > MAX_FILLER ? [] : [WORD.padEnd(least, 'x').slice(0, Math.min(most, Math.max(least, WORD.length)))];
  return [...(sample === undefined ? [] : [sample]), ...filler, ''];
}

function numbersFor({
  minimum,
  maximum,
  exclusiveMinimum,
  exclusiveMaximum,
  multipleOf,
}: JsonObject): readonly number[] {
  const step = typeof multipleOf === 'number' && multipleOf > 0 ? multipleOf : 1;
  const above = [minimum, exclusiveMinimum].filter((each) => typeof each === 'number');
  const below = [maximum, exclusiveMaximum].filter((each) => typeof each === 'number');
  return [
    0,
    ...above.flatMap((each) => [
      each,
      Math.ceil(each / step) * step,
      (Math.floor(each / step) + 1) * step,
      each + step / 2,
    ]),
    ...below.flatMap((each) => [
      each,
      Math.floor(each / step) * step,
      (Math.ceil(each / step) - 1) * step,
      each - step / 2,
    ]),
    ...above.flatMap((low) => below.map((high) => (low + high) / 2)),
  ];
}

/** Not for a text whose shape says as much as it does: one that would keep six of its characters. */
function shapesOf(text: string): readonly string[] {
  if (text.length > MAX_FILLER) return [];
  const shaped = (digit: string): string =>
    text
      .replaceAll(/\p{Nd}/gu, digit)
      .replaceAll(/\p{Lu}/gu, 'X')
      .replaceAll(/\p{L}/gu, (letter) => (letter === 'X' ? letter : 'x'));
  return ['0', '1', '9'].map(shaped).filter((each) => !sharesFragment(each, text));
}

function sharesFragment(one: string, other: string): boolean {
  for (let at = 0; at + 6 <= other.length; at += 1) if (one.includes(other.slice(at, at + 6))) return true;
  return other.length < 6 && one === other;
}
