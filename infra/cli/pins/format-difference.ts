/**
 * A difference between two definitions as lines for a terminal: `+ input currency: {…}`, `~ input amount type:
 * "integer" → "string"`, texts word by word as `[-taken out-]{+put in+}`. Nothing that an upstream wrote reaches the
 * terminal as it is, nor can it look like a mark or a line of ours.
 */
import { isArray, isExactNumber, isObject, type Json } from '../../../shared/json/value.ts';
import { quoteName } from '../tools-lock-file.ts';
import type { Difference } from './definition-difference.ts';
import { escapeCharacter, visibleLine, visibleText } from './visible-text.ts';
import { compareWords, type Piece } from './word-difference.ts';

/** Colours, or nothing where there is no terminal. */
export interface Paint {
  removed(text: string): string;
  added(text: string): string;
}

export const NO_PAINT: Paint = { removed: (text) => text, added: (text) => text };

/** Of members that are not in the digest: these change no pin by themselves. */
const UNPINNED = ' (not part of the pin)';
const PINNED: ReadonlySet<string> = new Set([
  'name',
  'title',
  'description',
  'inputSchema',
  'outputSchema',
  'annotations',
]);
const ROOTS: Readonly<Record<string, string>> = { inputSchema: 'input', outputSchema: 'output' };

export function formatDifference({ path, before, after }: Difference, paint: Paint): readonly string[] {
  const place = `${formatPlace(path)}${PINNED.has(path[0] ?? '') ? '' : UNPINNED}`;
  const required = path.at(-1) === 'required' ? formatRequired(path, before, after) : undefined;
  if (required !== undefined) return [required];
  if (typeof before === 'string' && typeof after === 'string') {
    if (isText(before) || isText(after))
      return [`~ ${place}`, ...indent(formatPieces(compareWords(before, after), paint))];
  }
  if (before === undefined) return formatValue('+', place, after ?? null, paint.added);
  if (after === undefined) return formatValue('-', place, before, paint.removed);
  return [`~ ${place}: ${paint.removed(formatJson(before))} → ${paint.added(formatJson(after))}`];
}

function formatValue(sign: '+' | '-', place: string, value: Json, paint: (text: string) => string): readonly string[] {
  if (typeof value !== 'string' || !isText(value)) return [`${sign} ${place}: ${paint(formatJson(value))}`];
  return [`${sign} ${place}`, ...indent(paintLines(escapeMarks(value), paint))];
}

/** A name is told in one line; prose has words. */
function isText(value: string): boolean {
  return /\s/.test(value);
}

function formatRequired(path: readonly string[], before: Json | undefined, after: Json | undefined) {
  const name = after ?? before;
  if (typeof name !== 'string' || (before !== undefined && after !== undefined)) return undefined;
  const place = formatPlace([...path.slice(0, -1), 'properties', name]);
  return `~ ${place}: ${before === undefined ? 'is now required' : 'is required no more'}`;
}

/** `input place.city`, `input tags[]`, `output total maximum`, `annotations readOnlyHint`. */
export function formatPlace(path: readonly string[]): string {
  const [root = '', ...rest] = path;
  const parts = [ROOTS[root] ?? quoteName(root)];
  if (ROOTS[root] === undefined) return [...parts, ...rest.map(quoteName)].join(' ');

  let name = '';
  let at = 0;
  for (; at < rest.length; at += 1) {
    const key = rest[at] ?? '';
    const next = rest[at + 1];
    if (key === 'items') name += '[]';
    else if (next !== undefined && key === 'properties') name += `${name === '' ? '' : '.'}${quoteName(next)}`;
    else if (next !== undefined && (key === '$defs' || key === 'definitions')) name += `${key}/${quoteName(next)}`;
    else break;
    if (key !== 'items') at += 1;
  }
  if (name !== '') parts.push(name);
  return [...parts, ...rest.slice(at).map(quoteName)].join(' ');
}

function formatPieces(pieces: readonly Piece[], paint: Paint): string {
  return pieces
    .map(({ kind, text }) => {
      const shown = escapeMarks(text);
      if (kind === 'removed') return paintLines(`[-${shown}-]`, paint.removed);
      return kind === 'added' ? paintLines(`{+${shown}+}`, paint.added) : shown;
    })
    .join('');
}

/** A colour that ran over a line's end would colour the indentation. */
function paintLines(text: string, paint: (text: string) => string): string {
  return text.split('\n').map(paint).join('\n');
}

function escapeMarks(text: string): string {
  return visibleText(text).replace(/[[{](?=[-+])|[-+](?=[\]}])/g, escapeCharacter);
}

function indent(text: string): readonly string[] {
  return text.split('\n').map((line) => `    ${line}`);
}

function formatJson(value: Json): string {
  if (typeof value === 'string') return `"${visibleLine(value).replaceAll('"', '\\"')}"`;
  if (isArray(value)) return `[${value.map(formatJson).join(', ')}]`;
  if (isObject(value) && !isExactNumber(value)) {
    return `{${Object.entries(value)
      .map(([key, member]) => `${formatJson(key)}: ${formatJson(member)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value);
}
