/**
 * Tables as rows without names: an array of arrays whose first row is the names, or whose names stand beside it
 * (`{ columns: […], rows: [[…]] }`, as databases answer).
 */
import { isArray, isObject, type Json, type JsonObject } from '../../json/value.ts';
import { columnName } from './column-name.ts';
import type { FieldClass, Fields } from './fields.ts';

/** By index of the column; undefined where no rule names one. */
export type Header = readonly (FieldClass | undefined)[];

const HEADERS = ['columns', 'header', 'headers', 'fields', 'columnnames', 'fieldnames'];

/** Of the first row, where the rest are rows too. */
export function headerOf(items: readonly Json[], fields: Fields): Header | undefined {
  const [first, second] = items;
  return first !== undefined && isArray(first) && isArray(second ?? null) ? readHeader(first, fields) : undefined;
}

/** Of the names that stand beside rows. */
export function headerBeside(object: JsonObject, fields: Fields): Header | undefined {
  if (fields.columns.size === 0) return undefined;
  for (const [key, value] of Object.entries(object)) {
    if (isArray(value) && HEADERS.includes(columnName(key))) return readHeader(value, fields);
  }
  return undefined;
}

/** Rows under a header, and not one row of it. */
export function areRows(value: Json): value is readonly Json[] {
  return isArray(value) && value.some(isArray);
}

function readHeader(names: readonly Json[], { columns }: Fields): Header | undefined {
  if (columns.size === 0) return undefined;
  const header = names.map((name) => {
    const text = isObject(name) ? name.name : name;
    return typeof text === 'string' ? columns.get(columnName(text)) : undefined;
  });
  return header.some((field) => field !== undefined) ? header : undefined;
}
