/**
 * Data taken apart: over text blocks of one `content`, over the items of a list, over the rows of one column, or into
 * character codes. What only the joined pieces show is hidden in each of them, in both forms: nobody reveals what nobody
 * sent in one piece. Only neighbours are joined, and of each no more than its edge, so the work is linear.
 */
import { isObject, type Json, type JsonObject } from '../json/value.ts';
import type { Finder } from './find-in-text.ts';
import type { Finding, Range } from './finding.ts';
import { MASKED_NUMBER } from './marker.ts';
import { maskText } from './mask-text.ts';

export interface Joined {
  /** The items, with what they hold together masked. */
  readonly items: readonly Json[];
  /** Classes of what was masked, once for each finding. */
  readonly classes: readonly string[];
}

/** A place of an item that holds text: the item itself, or a member of it. */
interface Piece {
  readonly item: number;
  readonly key: string | undefined;
  readonly text: string;
}

/** Nobody takes a number into more parts, and longer lists are data of their own. */
const MAX_PIECES = 32;
const MAX_CODES = 4_096;
const MIN_CODES = 9;
/** So much of a piece may belong to what goes on in the next one. */
const EDGE = 256;
const MAX_PART = 6;
const PART = /^[\d\s./_-]{1,6}$/;
const JOINTS = ['-', ' ', ''];

/** Undefined if the items together say no more than each alone. */
export function joinPieces(finder: Finder, items: readonly Json[]): Joined | undefined {
  if (items.length < 2 || items.length > MAX_CODES) return undefined;
  if (typeof items[0] === 'number') return joinCodes(finder, items);
  if (items.length > MAX_PIECES) return undefined;
  for (const pieces of listPieces(items)) {
    if (pieces.length < 2) continue;
    const found = findWhole(finder, pieces) ?? findAtEdges(finder, pieces);
    if (found !== undefined) return hide(items, pieces, found);
  }
  return undefined;
}

/** Numbers that are the codes of printable characters, all of them. */
function joinCodes(finder: Finder, items: readonly Json[]): Joined | undefined {
  if (items.length < MIN_CODES) return undefined;
  const codes: number[] = [];
  for (const item of items) {
    if (typeof item !== 'number' || item < 0x20 || item > 0x7e || !Number.isInteger(item)) return undefined;
    codes.push(item);
  }
  const classes = finder.inText(String.fromCharCode(...codes), 0).flatMap((finding) => finding.classes);
  return classes.length === 0 ? undefined : { items: items.map(() => MASKED_NUMBER), classes };
}

/** The texts of the blocks or items, and those of each column that has nothing but parts of numbers. */
function listPieces(items: readonly Json[]): readonly (readonly Piece[])[] {
  const texts = items.flatMap((item, index): Piece[] => {
    if (typeof item === 'string') return [{ item: index, key: undefined, text: item }];
    return isTextBlock(item) ? [{ item: index, key: 'text', text: item.text }] : [];
  });
  const [first] = items;
  if (texts.length > 0 || !isObject(first)) return [texts];
  return Object.keys(first).map((key) =>
    items.flatMap((item, index): Piece[] => {
      const text = isObject(item) && Object.hasOwn(item, key) ? item[key] : undefined;
      return typeof text === 'string' && PART.test(text) ? [{ item: index, key, text }] : [];
    }),
  );
}

function isTextBlock(item: Json): item is JsonObject & { readonly text: string } {
  return isObject(item) && item.type === 'text' && typeof item.text === 'string';
}

interface Found {
  /** By piece, in their order. */
  readonly byPiece: readonly (readonly Finding[])[];
  readonly classes: readonly string[];
}

/** Short parts that are one number, all of them together. */
function findWhole(finder: Finder, pieces: readonly Piece[]): Found | undefined {
  if (!pieces.every(({ text }) => text.length <= MAX_PART && PART.test(text))) return undefined;
  for (const joint of JOINTS) {
    const joined = pieces.map(({ text }) => text).join(joint);
    const [whole] = finder.inText(joined, 0);
    if (whole === undefined || whole.start > 0 || whole.end < joined.length) continue;
    const { classes } = whole;
    return { byPiece: pieces.map(({ text }) => [{ start: 0, end: text.length, classes }]), classes };
  }
  return undefined;
}

/** Where a piece ends or the next begins with a sign, or either is a part of a sentence, data may go on. */
function goesOn({ text: one }: Piece, { text: next }: Piece): boolean {
  const isWhole = /^\w*$/.test(one) && /^\w*$/.test(next);
  return (
    !isWhole &&
    /[\w+/=@.-]$/.test(one) &&
    /^[\w+/=@.-]/.test(next) &&
    /[\d@]/.test(one.slice(-EDGE) + next.slice(0, EDGE))
  );
}

function findAtEdges(finder: Finder, pieces: readonly Piece[]): Found | undefined {
  const byPiece = pieces.map((): Finding[] => []);
  const classes: string[] = [];
  for (let from = 0; from < pieces.length - 1; ) {
    let to = from;
    while (to + 1 < pieces.length && areJoined(pieces[to], pieces[to + 1])) to += 1;
    const run = pieces.slice(from, to + 1);
    if (run.length > 1) classes.push(...findInRun(finder, run, byPiece.slice(from, to + 1)));
    from = to + 1;
  }
  return classes.length === 0 ? undefined : { byPiece, classes };
}

function areJoined(one: Piece | undefined, next: Piece | undefined): boolean {
  return one !== undefined && next !== undefined && next.item === one.item + 1 && goesOn(one, next);
}

/** Adds what stands over an edge to `into`, piece by piece, and gives its classes. */
function findInRun(finder: Finder, run: readonly Piece[], into: readonly Finding[][]): readonly string[] {
  const spans: { readonly piece: number; readonly offset: number; readonly range: Range }[] = [];
  let joined = '';
  run.forEach(({ text }, piece) => {
    const head = piece === 0 ? 0 : Math.min(text.length, EDGE);
    const tail = piece === run.length - 1 ? text.length : Math.max(head, text.length - EDGE);
    // What is left out between head and tail is a break to every detector.
    for (const [start, end] of head < tail
      ? ([
          [0, head],
          [tail, text.length],
        ] as const)
      : ([[0, text.length]] as const)) {
      if (start === tail && head < tail) joined += '\n\n';
      spans.push({
        piece,
        offset: start - joined.length,
        range: { start: joined.length, end: joined.length + end - start },
      });
      joined += text.slice(start, end);
    }
  });
  return finder.inText(joined, 0).flatMap(({ start, end, classes }) => {
    const parts = spans.filter(({ range }) => range.start < end && range.end > start && range.start < range.end);
    if (new Set(parts.map(({ piece }) => piece)).size < 2) return [];
    for (const { piece, offset, range } of parts)
      into[piece]?.push({
        start: Math.max(start, range.start) + offset,
        end: Math.min(end, range.end) + offset,
        classes,
      });
    return classes;
  });
}

function hide(items: readonly Json[], pieces: readonly Piece[], { byPiece, classes }: Found): Joined {
  const hidden = items.slice();
  pieces.forEach(({ item, key, text }, index) => {
    const findings = byPiece[index] ?? [];
    if (findings.length === 0) return;
    const masked = maskText(text, findings);
    const whole = hidden[item];
    hidden[item] = key === undefined || !isObject(whole) ? masked : { ...whole, [key]: masked };
  });
  return { items: hidden, classes };
}
