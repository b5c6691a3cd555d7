/**
 * A text written anew, character by character, without losing where things stand: each unit of the result knows its place
 * in the source, so that a mask always covers whole characters and whole escapes.
 */
import type { Range } from './finding.ts';

export interface Rewritten {
  readonly text: string;
  toSource(range: Range): Range;
}

/** What stands at a place of the source becomes `text`; it takes `length` UTF-16 units there. */
export interface Unit {
  readonly text: string;
  readonly length: number;
}

/** One character or escape of the source, and where in the result what it became stands (nothing, if at = end). */
interface Change {
  readonly at: number;
  readonly end: number;
  readonly sourceStart: number;
  readonly sourceEnd: number;
}

/** `isPlain`: codes that stand for themselves, asked before anything else. `read`: undefined where nothing changes. */
export function rewrite(
  source: string,
  isPlain: (code: number) => boolean,
  read: (source: string, index: number) => Unit | undefined,
): Rewritten {
  const pieces: string[] = [];
  const changes: Change[] = [];
  let length = 0;
  let copied = 0;
  for (let index = 0; index < source.length; ) {
    const unit = isPlain(source.charCodeAt(index)) ? undefined : read(source, index);
    if (unit === undefined) {
      index += 1;
      continue;
    }
    pieces.push(source.slice(copied, index), unit.text);
    const at = length + index - copied;
    length = at + unit.text.length;
    copied = index + unit.length;
    changes.push({ at, end: length, sourceStart: index, sourceEnd: copied });
    index = copied;
  }
  pieces.push(source.slice(copied));
  return {
    text: pieces.join(''),
    toSource: ({ start, end }) => ({ start: locate(changes, start).start, end: locate(changes, end - 1).end }),
  };
}

/** The source units of one unit of the result: between two changes both run alike. */
function locate(changes: readonly Change[], position: number): Range {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.at ?? Infinity) <= position) low = middle + 1;
    else high = middle;
  }
  const last = changes[low - 1];
  if (last === undefined) return { start: position, end: position + 1 };
  if (position < last.end) return { start: last.sourceStart, end: last.sourceEnd };
  const start = last.sourceEnd + position - last.end;
  return { start, end: start + 1 };
}
