/**
 * An entry as a JSON line, and a line read back (DESIGN §6). Writing fixes the order of keys; reading accepts only
 * what writing would have produced, byte for byte, so a duplicate key, a stray blank or another order is refused.
 * It never changes content: numbers leave as they came.
 */
import { createHash } from 'node:crypto';
import { parseJson } from '../json/parse.ts';
import type { Json } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';
import type { Entry } from './entry.ts';
import { factsSchema, type Line, lineSchema } from './line-schema.ts';

/** Larger content (bytes of its JSON) goes to a side blob. */
export const MAX_INLINE_BYTES = 64 * 1024;
/** A record is never longer; whoever builds entries bounds names and details long before. */
export const MAX_LINE_BYTES = 1024 * 1024;
/** Nesting of a line: the deepest message that may be configured, and the record around it. */
const MAX_DEPTH = 1_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A record that waits for its place in a chain. */
export interface Draft {
  /** The line's text up to its `chain`: an unclosed JSON object. */
  readonly head: string;
  readonly headBytes: number;
  readonly sideBlob?: SideBlob;
}

export interface SideBlob {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

/** Throws on an entry that does not fit its own type, or is too long: a bug of the caller, and nothing is recorded. */
export function draftEntry(entry: Entry, time: string): Draft {
  switch (entry.kind) {
    case 'intent':
    case 'refusal':
    case 'approval': {
      const { request, ...facts } = entry;
      return draft({ time, ...facts }, 'request', request);
    }
    case 'event':
    case 'outcome':
    case 'delivery': {
      const { message, ...facts } = entry;
      return draft({ time, ...facts }, 'message', message);
    }
    case 'administration':
    case 'view':
    case 'recovery':
      return draft({ time, ...entry }, 'request', undefined);
  }
}

function draft(facts: object, contentKey: 'request' | 'message', content: Json | undefined): Draft {
  const open = openObject(factsSchema.parse(facts));
  if (content === undefined) return sized(open);
  const text = JSON.stringify(content);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_INLINE_BYTES) return sized(`${open},"${contentKey}":${text}`);
  // Encoded once: such content may be megabytes.
  const encoded = Buffer.from(text);
  const sideBlob = { sha256: createHash('sha256').update(encoded).digest('hex'), bytes: encoded };
  const reference = JSON.stringify({ sha256: sideBlob.sha256, bytes });
  return { ...sized(`${open},"${contentKey}Ref":${reference}`), sideBlob };
}

/** A line's text without its closing brace. */
export function openObject(facts: object): string {
  return JSON.stringify(facts).slice(0, -1);
}

function sized(head: string): Draft {
  const headBytes = Buffer.byteLength(head);
  if (headBytes > MAX_LINE_BYTES) throw new RangeError(`a record of ${headBytes} bytes is over ${MAX_LINE_BYTES}`);
  return { head, headBytes };
}

/** `error`: what is wrong with the line, in words that quote none of its content. */
export function parseLine(bytes: Uint8Array): Result<Line, string> {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return err('it is not UTF-8');
  }
  return readAs(text, plainJson) ?? readAs(text, exactJson) ?? err(describe(text));
}

/** Undefined unless writing what was read gives the same text. */
function readAs(text: string, parse: (text: string) => unknown): Result<Line, string> | undefined {
  const line = lineSchema.safeParse(parse(text));
  if (!line.success || JSON.stringify(line.data) !== text) return undefined;
  return hasItsContent(line.data) ? ok(line.data) : err('it needs either content or a reference to it');
}

/** Content stands in the line or in a side blob, never in both; an outcome or a refusal may have none. */
function hasItsContent(line: Line): boolean {
  const isInline = 'request' in line || 'message' in line;
  const isReferred = 'requestRef' in line || 'messageRef' in line;
  if (isInline && isReferred) return false;
  return isInline || isReferred || (line.kind !== 'intent' && line.kind !== 'event');
}

/** Fast, and enough for nearly every line: one whose numbers don't come back as they stood is read again, exactly. */
function plainJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function exactJson(text: string): unknown {
  const parsed = parseJson(text, { depth: MAX_DEPTH });
  return parsed.ok ? parsed.value : undefined;
}

function describe(text: string): string {
  const parsed = parseJson(text, { depth: MAX_DEPTH });
  if (!parsed.ok) return `it is not strict JSON (${parsed.error.code})`;
  if (!lineSchema.safeParse(parsed.value).success) return 'it is not a record of a known shape';
  return 'its bytes are not those that a writer would write';
}
