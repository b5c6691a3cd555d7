/**
 * `Mcp-Param-*` headers (MCP 2026-07-28, `x-mcp-header` in a tool's input schema): an intermediary may route by them,
 * so they must say what the body says. Declared ones are compared here; undeclared ones pass (FACTS §1.2).
 */
import { isExactNumber, isObject, type Json, type JsonObject } from '../json/value.ts';
import { decodeHeaderValue, encodeHeaderValue, type HeaderProblem } from './headers.ts';

const PREFIX = 'mcp-param-';
const MAX_DEPTH = 16;
/** Its sign, its digits without leading zeros, its decimals without trailing ones. */
const DECIMAL = /^(-?)0*(\d+)(?:\.(?!$)(\d*?)0*)?$/;
/** Longer ones are compared as they stand: the pattern above must not be made to search. */
const MAX_DECIMAL = 64;

/** The first disagreement between a call's arguments and its headers, if there is one. */
export function checkParamHeaders(
  inputSchema: Json | undefined,
  args: JsonObject,
  headers: Headers,
): HeaderProblem | undefined {
  for (const { header, type, path } of declarations(inputSchema)) {
    const text = headerText(valueAt(args, path));
    const name = `Mcp-Param-${header}`;
    const given = headers.get(name);
    if (text === undefined) {
      // Nothing in the body vouches for it, and it would reach whoever routes by it.
      if (given !== null) return { code: 'header-mismatch', header: name, detail: 'the body has no such value' };
      continue;
    }
    if (given === null) return { code: 'header-mismatch', header: name, detail: 'it is absent' };
    const decoded = decodeHeaderValue(given.trim());
    if (decoded === undefined) return { code: 'header-mismatch', header: name, detail: 'its base64 is not canonical' };
    const agrees = type === 'integer' ? isSameDecimal(decoded, text) : decoded === text;
    if (!agrees) return { code: 'header-mismatch', header: name, detail: 'it says something else than the body' };
  }
  return undefined;
}

/** The headers that a call's arguments ask for, as a client of the modern era sends them (lower-case names). */
export function declaredParamHeaders(inputSchema: Json | undefined, args: JsonObject): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { header, path } of declarations(inputSchema)) {
    const text = headerText(valueAt(args, path));
    if (text !== undefined) found[`${PREFIX}${header.toLowerCase()}`] = encodeHeaderValue(text);
  }
  return found;
}

/** The client's own `Mcp-Param-*` headers, to go along with the call. */
export function paramHeaders(headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of headers) if (name.startsWith(PREFIX)) found[name] = value;
  return found;
}

interface Declaration {
  readonly header: string;
  readonly type: string;
  readonly path: readonly string[];
}

function declarations(schema: Json | undefined, path: readonly string[] = []): Declaration[] {
  const properties = isObject(schema) ? schema.properties : undefined;
  if (!isObject(properties) || path.length >= MAX_DEPTH) return [];
  return Object.entries(properties).flatMap(([key, property]) => {
    if (!isObject(property)) return [];
    const here = [...path, key];
    const { type, 'x-mcp-header': header } = property;
    const own = typeof header === 'string' && typeof type === 'string' ? [{ header, type, path: here }] : [];
    return [...own, ...declarations(property, here)];
  });
}

function valueAt(root: Json, path: readonly string[]): Json | undefined {
  let node: Json | undefined = root;
  for (const key of path) node = isObject(node) && Object.hasOwn(node, key) ? node[key] : undefined;
  return node;
}

/** By value (`42.0` is 42) and digit by digit: to a double 9007199254740993 would be 9007199254740992. */
function isSameDecimal(left: string, right: string): boolean {
  const [one, other] = [canonicalDecimal(left), canonicalDecimal(right)];
  return one === undefined || other === undefined ? left === right : one === other;
}

function canonicalDecimal(text: string): string | undefined {
  const match = text.length <= MAX_DECIMAL ? DECIMAL.exec(text) : null;
  if (match === null) return undefined;
  const [, sign = '', whole = '', decimals = ''] = match;
  const digits = decimals === '' ? whole : `${whole}.${decimals}`;
  return digits === '0' ? '0' : `${sign}${digits}`;
}

/** How a body value stands in a header; undefined where no header is expected. */
function headerText(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  return isExactNumber(value) ? value.rawJSON : undefined;
}
