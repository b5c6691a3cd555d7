/**
 * Fields in a text, where a rule names their column: CSV and TSV with a heading, Markdown tables, and `key: value` lines.
 * Gives where the values stand and changes nothing, so that what no rule names stays to the byte. Each line is read once.
 */
import type { Range } from '../finding.ts';
import { columnName } from './column-name.ts';
import { findCells } from './csv-cells.ts';
import type { FieldClass, Fields } from './fields.ts';

export interface FieldRange extends Range {
  readonly field: FieldClass;
}

type Columns = Fields['columns'];

/** In order, without overlaps. */
export function findTextFields(text: string, columns: Columns): readonly FieldRange[] {
  if (columns.size === 0) return [];
  const found = [...findInDelimited(text, columns), ...findInMarkdown(text, columns), ...findInLines(text, columns)];
  return withoutOverlaps(found.toSorted((one, other) => one.start - other.start || other.end - one.end));
}

const DELIMITERS = [',', ';', '\t'];

/** A heading of at least two cells, one of which a rule names, and rows of as many. */
function findInDelimited(text: string, columns: Columns): readonly FieldRange[] {
  const heading = text.slice(0, text.search(/[\r\n]/));
  const delimiter = DELIMITERS.find((each) => heading.includes(each) && namesColumn(heading.split(each), columns));
  if (delimiter === undefined) return [];
  const [first, ...rows] = findCells(text, delimiter);
  if (first === undefined || first.length < 2) return [];
  const header = first.map((cell) => columns.get(columnName(cell.text)));
  const fitting = rows.filter((row) => row.length === header.length);
  // A sentence with a comma in it is no heading.
  if (fitting.length === 0 || 2 * fitting.length < rows.length) return [];
  const anyField = header.find((field) => field !== undefined);
  // In a row with a cell too many or too few nobody can say which is which: all of it is masked.
  return rows.flatMap((row) =>
    row.flatMap((cell, index) => rangeOf(cell, row.length === header.length ? header[index] : anyField)),
  );
}

function namesColumn(cells: readonly string[], columns: Columns): boolean {
  return cells.some((cell) => columns.has(columnName(cell)));
}

/** Dashes between bars, perhaps with colons. */
const MARKDOWN_RULE = /^[-|: \t]{3,4096}$/;

/** A heading, a line of dashes below it, and rows as far as there are bars. */
function findInMarkdown(text: string, columns: Columns): readonly FieldRange[] {
  if (!text.includes('|') || !text.includes('-')) return [];
  const found: FieldRange[] = [];
  const lines = linesOf(text);
  for (let index = 1; index < lines.length; index += 1) {
    const rule = lines[index];
    const heading = lines[index - 1];
    if (rule === undefined || heading === undefined || !heading.text.includes('|')) continue;
    if (!rule.text.includes('-') || !MARKDOWN_RULE.test(rule.text)) continue;
    const header = barCells(heading).map((cell) => columns.get(columnName(cell.text)));
    if (header.every((field) => field === undefined)) continue;
    for (let row = lines[index + 1]; row?.text.includes('|'); index += 1, row = lines[index + 1]) {
      for (const [at, cell] of barCells(row).entries()) found.push(...rangeOf(cell, header[at]));
    }
  }
  return found;
}

interface Piece extends Range {
  readonly text: string;
}

function barCells({ text, start }: Piece): readonly Piece[] {
  const cells: Piece[] = [];
  const open = /^[ \t]*\|/.exec(text)?.[0].length ?? 0;
  for (let from = open; from <= text.length; ) {
    let to = from;
    while (to < text.length && (text.charAt(to) !== '|' || text.charAt(to - 1) === '\\')) to += 1;
    if (to < text.length || text.slice(from).trim() !== '')
      cells.push({ text: text.slice(from, to), start: start + from, end: start + to });
    from = to + 1;
  }
  return cells;
}

/** `Salary: 90,000`, `- **Salary**: 90,000`, `salary = 90000`, `"salary": 90000,`. */
const KEY_VALUE = /^[ \t>*+-]{0,16}["'`*_]{0,3}([^:="'`*\n]{1,64}?)["'`*_]{0,3}[ \t]{0,4}[:=][ \t]{0,4}/;

function findInLines(text: string, columns: Columns): readonly FieldRange[] {
  if (!text.includes(':') && !text.includes('=')) return [];
  return linesOf(text).flatMap((line): readonly FieldRange[] => {
    const [lead, key = ''] = KEY_VALUE.exec(line.text.slice(0, 256)) ?? [];
    if (lead === undefined) return [];
    const field = columns.get(columnName(key));
    return rangeOf({ text: line.text.slice(lead.length), start: line.start + lead.length, end: line.end }, field);
  });
}

function linesOf(text: string): readonly Piece[] {
  const lines: Piece[] = [];
  for (let start = 0; start <= text.length; ) {
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed;
    const end = text.charAt(next - 1) === '\r' && next > start ? next - 1 : next;
    lines.push({ text: text.slice(start, end), start, end });
    start = next + 1;
  }
  return lines;
}

/** The value without the spaces around it; nothing where it is empty or no rule names it. */
function rangeOf({ text, start }: Piece, field: FieldClass | undefined): readonly FieldRange[] {
  const value = text.trim();
  if (field === undefined || value === '') return [];
  const from = start + text.indexOf(value);
  return [{ start: from, end: from + value.length, field }];
}

function withoutOverlaps(sorted: readonly FieldRange[]): readonly FieldRange[] {
  let end = 0;
  return sorted.filter((range) => {
    if (range.start < end) return false;
    end = range.end;
    return true;
  });
}
