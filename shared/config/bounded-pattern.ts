/**
 * Which regular expressions may stand in the configuration: those whose work on any text is bounded by their own size. Every
 * repetition says how often at most, and the ways to match from one place are counted; there is no look-around and no
 * back-reference. So nobody's text can make one slow, which no test of patterns proves for the whole of JavaScript's.
 */
import { err, ok, type Result } from '../result.ts';

/** Ways to match from one place, and characters of the longest match: their product bounds the work for each character. */
const MAX_WAYS = 256;
const MAX_LENGTH = 256;
const MAX_SOURCE = 512;
const MAX_REPEAT = 128;
const MAX_NESTING = 16;

/** Of a part of a pattern: the ways to match it from one place, and how short and long a match is. */
interface Extent {
  readonly ways: number;
  readonly min: number;
  readonly max: number;
}

const NOTHING: Extent = { ways: 1, min: 0, max: 0 };
const ONE: Extent = { ways: 1, min: 1, max: 1 };

class Refused extends Error {}

/** What is wrong with it, in words for whoever wrote it; never quotes the pattern. */
export function checkPattern(source: string): Result<void, string> {
  if (source.length > MAX_SOURCE) return err(`is longer than ${MAX_SOURCE} characters`);
  try {
    new RegExp(source, 'u');
  } catch {
    return err('is not a regular expression');
  }
  try {
    const { min, max, ways } = readAlternatives(createReader(source), 0);
    if (min === 0) return err('matches nothing at all, which is everywhere');
    if (max > MAX_LENGTH) return err(`may match more than ${MAX_LENGTH} characters`);
    if (ways > MAX_WAYS) return err('may match in too many ways: make repetitions shorter, or fewer of them');
    return ok(undefined);
  } catch (cause) {
    if (cause instanceof Refused) return err(cause.message);
    throw cause;
  }
}

interface Reader {
  /** The next character, or the empty text at the end. */
  peek(): string;
  /** Takes this text if it comes next. */
  take(text: string): boolean;
  /** Takes what this sticky pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined;
}

function createReader(source: string): Reader {
  let at = 0;
  return {
    peek: () => source.charAt(at),
    take(text) {
      if (!source.startsWith(text, at)) return false;
      at += text.length;
      return true;
    },
    match(pattern) {
      pattern.lastIndex = at;
      const found = pattern.exec(source) ?? undefined;
      if (found !== undefined) at = pattern.lastIndex;
      return found;
    },
  };
}

function readAlternatives(reader: Reader, depth: number): Extent {
  if (depth > MAX_NESTING) throw new Refused('has too many groups inside one another');
  let extent = readSequence(reader, depth);
  while (reader.take('|')) {
    const next = readSequence(reader, depth);
    extent = {
      ways: extent.ways + next.ways,
      min: Math.min(extent.min, next.min),
      max: Math.max(extent.max, next.max),
    };
  }
  return extent;
}

function readSequence(reader: Reader, depth: number): Extent {
  let extent = NOTHING;
  while (reader.peek() !== '' && reader.peek() !== '|' && reader.peek() !== ')') {
    const next = repeat(readAtom(reader, depth), readQuantifier(reader));
    extent = { ways: extent.ways * next.ways, min: extent.min + next.min, max: extent.max + next.max };
  }
  return extent;
}

const ESCAPE = /\\(?:u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[pP]\{[^}]*\}|c[A-Za-z]|.)/suy;
const CHARACTER_CLASS = /\[(?:\\.|[^\]\\])*\]/suy;
const CHARACTER = /./suy;

function readAtom(reader: Reader, depth: number): Extent {
  if (reader.take('(')) {
    if (reader.peek() === '?' && !reader.take('?:')) throw new Refused('has a group other than (…) and (?:…)');
    const inside = readAlternatives(reader, depth + 1);
    reader.take(')');
    return inside;
  }
  if (reader.take('^') || reader.take('$')) return NOTHING;
  if (reader.match(CHARACTER_CLASS) !== undefined) return ONE;
  const escaped = reader.match(ESCAPE)?.[0];
  if (escaped === undefined) {
    reader.match(CHARACTER);
    return ONE;
  }
  if (escaped === '\\b' || escaped === '\\B') return NOTHING;
  if (/^\\[1-9k]/.test(escaped)) throw new Refused('refers back to a group');
  return ONE;
}

const QUANTIFIER = /(?:\{(\d{1,6})(,(\d{0,6}))?\}|[?*+])\??/uy;

function readQuantifier(reader: Reader): { readonly least: number; readonly most: number } {
  const [text, least, range, most] = reader.match(QUANTIFIER) ?? [];
  if (text === undefined) return { least: 1, most: 1 };
  if (text.startsWith('?')) return { least: 0, most: 1 };
  if (least === undefined || (range !== undefined && most === '')) {
    throw new Refused('repeats something without end: say how often at most, as in {1,20}');
  }
  const bounds = { least: Number(least), most: range === undefined ? Number(least) : Number(most) };
  if (bounds.most > MAX_REPEAT) throw new Refused(`repeats something more than ${MAX_REPEAT} times`);
  return bounds;
}

function repeat(one: Extent, { least, most }: { readonly least: number; readonly most: number }): Extent {
  let ways = 0;
  for (let times = least; times <= most && ways <= MAX_WAYS; times += 1) ways += one.ways ** times;
  return { ways, min: one.min * least, max: one.max * most };
}
