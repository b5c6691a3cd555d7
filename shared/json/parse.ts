/**
 * The strict reader for every JSON text that crosses the gateway, from either side (DESIGN §2.2).
 * No duplicate key, no BOM, no `__proto__`, bounded nesting; numbers survive exactly. It never throws on input.
 */
import { err, ok, type Result } from '../result.ts';
import { type ScanProblem, scanJson } from './scan.ts';
import type { Json } from './value.ts';

export type JsonProblem =
  | ScanProblem
  | { readonly code: 'encoding' }
  | { readonly code: 'byte-order-mark' }
  | { readonly code: 'syntax'; readonly detail: string };

export interface ParseOptions {
  /** Deepest nesting allowed; default 64. */
  readonly depth?: number;
  /** Refuse siblings that differ only in case; default false. */
  readonly foldCase?: boolean;
}

const DEFAULT_DEPTH = 64;
const BYTE_ORDER_MARK = '\uFEFF';

/** Parses UTF-8 bytes; other encodings and malformed sequences are refused, not repaired. */
export function parseJsonBytes(bytes: Uint8Array, options: ParseOptions = {}): Result<Json, JsonProblem> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return err({ code: 'encoding' });
  }
  return parseJson(text, options);
}

/** Parses one JSON text. Numbers that a double can't carry exactly come as `ExactNumber`. */
export function parseJson(text: string, options: ParseOptions = {}): Result<Json, JsonProblem> {
  if (text.startsWith(BYTE_ORDER_MARK)) return err({ code: 'byte-order-mark' });
  const { depth = DEFAULT_DEPTH, foldCase = false } = options;
  const scanned = scanJson(text, { depth, foldCase });
  if (scanned.problem) return err(scanned.problem);
  try {
    return ok(scanned.hasExactNumbers ? parseExactly(text) : JSON.parse(text));
  } catch (cause) {
    return err({ code: 'syntax', detail: positionOf(cause) });
  }
}

/** `JSON.parse` with source text access (ECMA-262 "JSON.parse source text access", Node ≥ 21). */
function parseExactly(text: string): Json {
  const keepSource = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    const source = context?.source;
    if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
    return JSON.rawJSON(source);
  };
  return JSON.parse(text, keepSource);
}

/** Only where it went wrong: V8's message quotes the input, which may hold anything. */
function positionOf(cause: unknown): string {
  const position = cause instanceof Error ? /at position (\d+)/.exec(cause.message)?.[1] : undefined;
  return position === undefined ? 'not JSON' : `not JSON at character ${position}`;
}
