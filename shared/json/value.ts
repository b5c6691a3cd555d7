/**
 * JSON as this gateway holds it. A number whose text is not what `String(Number(text))` prints
 * (9007199254740993, 1.0, 1e400) is kept as its source text, so that it leaves exactly as it came:
 * Node's `JSON.rawJSON` objects, which `JSON.stringify` writes verbatim. Never build one by hand: `parseJson` does.
 */
export type Json = null | boolean | number | string | ExactNumber | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A number kept as its source text: `{ rawJSON: '9007199254740993' }`, frozen, without a prototype. */
export interface ExactNumber {
  readonly rawJSON: string;
}

declare global {
  interface JSON {
    /** Node ≥ 22: an object that `JSON.stringify` writes as exactly this text. Throws on anything but a JSON primitive. */
    rawJSON(text: string): ExactNumber;
    isRawJSON(value: unknown): value is ExactNumber;
  }
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return JSON.isRawJSON(value);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

export function isArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}
