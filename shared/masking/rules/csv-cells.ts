/**
 * Where the cells of a CSV or TSV text stand (RFC 4180): quoted cells with doubled quotes and line breaks in them. A library
 * gives the cells but not their places, and to write a text anew would change what nobody masked.
 */
import type { Range } from '../finding.ts';

export interface Cell extends Range {
  /** As it stands between its quotes. */
  readonly text: string;
}

/** Rows of cells; an empty line is no row. */
export function findCells(text: string, delimiter: string): readonly (readonly Cell[])[] {
  const rows: (readonly Cell[])[] = [];
  let row: Cell[] = [];
  for (let at = 0; at <= text.length; ) {
    const cell = readCell(text, at, delimiter);
    row.push(cell);
    at = cell.next;
    if (text.charAt(at) === delimiter) {
      at += 1;
      continue;
    }
    if (row.length > 1 || cell.text !== '') rows.push(row);
    row = [];
    at += text.startsWith('\r\n', at) ? 2 : 1;
  }
  return rows;
}

function readCell(text: string, from: number, delimiter: string): Cell & { readonly next: number } {
  const isQuoted = text.charAt(from) === '"';
  const start = isQuoted ? from + 1 : from;
  let end = start;
  if (isQuoted) {
    while (end < text.length && (text.charAt(end) !== '"' || text.charAt(end + 1) === '"')) {
      end += text.charAt(end) === '"' ? 2 : 1;
    }
    end = Math.min(end, text.length);
  }
  // Whatever stands between a closing quote and the delimiter belongs to the cell.
  let next = end;
  while (next < text.length && text.charAt(next) !== delimiter && !isBreak(text, next)) next += 1;
  const isClean = isQuoted && text.charAt(end) === '"' && next === end + 1;
  return isClean
    ? { start, end, next, text: text.slice(start, end) }
    : { start: from, end: next, next, text: text.slice(from, next) };
}

function isBreak(text: string, at: number): boolean {
  const unit = text.charAt(at);
  return unit === '\n' || unit === '\r';
}
