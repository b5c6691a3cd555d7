/**
 * Tokens by their fixed shape. One scan looks at two characters at a time; only where some prefix begins so are its
 * shapes tried, at the beginning of a word or, for prefixes that no word has inside, anywhere. Some shapes have no prefix but a mark inside: around each mark
 * the text is read to both sides, up to the length such a token has.
 */
import type { Range } from '../finding.ts';
import { ALPHANUMERIC, createCharacterSet, endOfRun, isIn, startOfRun } from './characters.ts';
import type { Detector } from './detector.ts';
import { TOKEN_SHAPES } from './token-shapes.ts';

export const tokenDetector: Detector = {
  class: 'secret',
  needs: { run: 16 },
  isOpaque: true,
  findByForm: (text) => [...findByPrefix(text), ...findByMark(text)],
};

interface Candidate {
  readonly prefix: string;
  readonly rest: RegExp;
}

/** By the first two characters of the prefix, as a number below 2^14. */
const candidates: ReadonlyMap<number, readonly Candidate[]> = indexShapes();
/** Prefixes that no word has inside: letters may stand right before them. */
const UNMISTAKABLE = /^(?=.*_).{4,}|^(?=.*-).{5,}/;
/** What a pair of characters may begin: something at the beginning of a word, and something anywhere. */
const AT_WORD = 1;
const ANYWHERE = 2;
const BEGINS: Uint8Array = Uint8Array.from({ length: 1 << 14 }, (_, pair) => {
  const begun = candidates.get(pair) ?? [];
  const anywhere = begun.some(({ prefix }) => UNMISTAKABLE.test(prefix)) ? ANYWHERE : 0;
  return anywhere | (begun.length > 0 ? AT_WORD : 0);
});

function indexShapes(): ReadonlyMap<number, readonly Candidate[]> {
  const index = new Map<number, readonly Candidate[]>();
  for (const { prefixes, rest } of TOKEN_SHAPES) {
    for (const prefix of prefixes) {
      const pair = pairOf(prefix.charCodeAt(0), prefix.charCodeAt(1));
      index.set(pair, [...(index.get(pair) ?? []), { prefix, rest }]);
    }
  }
  return index;
}

function pairOf(first: number, second: number): number {
  return ((first & 0x7f) << 7) | (second & 0x7f);
}

function findByPrefix(text: string): readonly Range[] {
  const found: Range[] = [];
  let code = text.charCodeAt(0) & 0x7f;
  for (let next = 1; next < text.length; next += 1) {
    const pair = (code << 7) | (text.charCodeAt(next) & 0x7f);
    code = pair & 0x7f;
    const begins = BEGINS[pair];
    if (begins === 0) continue;
    const start = next - 1;
    const isInside = isIn(ALPHANUMERIC, text, start - 1);
    if (isInside && begins === AT_WORD) continue;
    const end = endOfToken(text, start, candidates.get(pair) ?? [], isInside);
    if (end === undefined) continue;
    found.push({ start, end });
    next = end;
    code = text.charCodeAt(end) & 0x7f;
  }
  return found;
}

function endOfToken(text: string, start: number, tried: readonly Candidate[], isInside: boolean): number | undefined {
  for (const { prefix, rest } of tried) {
    if (!text.startsWith(prefix, start) || (isInside && !UNMISTAKABLE.test(prefix))) continue;
    rest.lastIndex = start + prefix.length;
    if (rest.test(text)) return rest.lastIndex;
  }
  return undefined;
}

/** A shape with its mark inside: how many characters of `of` stand before and after it. */
interface MarkShape {
  readonly mark: RegExp;
  readonly of: ReturnType<typeof createCharacterSet>;
  readonly before: readonly [min: number, max: number];
  readonly after: readonly [min: number, max: number];
}

const BASE64 = createCharacterSet(/[A-Za-z0-9+/]/);
const PADDING = createCharacterSet(/=/);
const MAX_PADDING = 2;
const WORD = createCharacterSet(/[\w-]/);

const MARK_SHAPES: readonly MarkShape[] = [
  // Azure client secrets of Entra ID.
  { mark: /Q~/g, of: createCharacterSet(/[\w.~-]/), before: [4, 4], after: [31, 35] },
  // Azure keys that name their service: storage, batch, Cosmos DB, messaging, IoT, functions, search, registry, APIM.
  {
    mark: /\+AStw?|\+ABa|ACDb|\+A[ESR][hbm]|AIoT|AzFu|AzSe|AzCa|AzEG|\+ACR|APIM|AZDO|JQQJ9/g,
    of: BASE64,
    before: [33, 80],
    after: [4, 40],
  },
  { mark: /\.atlasv1\./g, of: WORD, before: [14, 14], after: [60, 80] }, // HCP Terraform
  { mark: /:AA/g, of: WORD, before: [8, 10], after: [33, 33] }, // Telegram bots
  { mark: /-us(?=\d)/g, of: ALPHANUMERIC, before: [32, 32], after: [1, 2] }, // Mailchimp
  { mark: /\/api\/webhooks\//g, of: createCharacterSet(/[\w./-]/), before: [11, 24], after: [70, 100] }, // Discord
  { mark: /\/webhookb2\//g, of: createCharacterSet(/[\w.@/-]/), before: [14, 80], after: [80, 400] }, // Teams
];

function findByMark(text: string): readonly Range[] {
  return MARK_SHAPES.flatMap((shape) => findAround(text, shape));
}

function findAround(text: string, { mark, of, before, after }: MarkShape): readonly Range[] {
  const found: Range[] = [];
  mark.lastIndex = 0;
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    const markEnd = match.index + match[0].length;
    const start = startOfRun(of, text, match.index, match.index - before[1] - 1);
    if (match.index - start > before[1]) {
      // Further marks of this run have more before them still.
      mark.lastIndex = endOfRun(of, text, markEnd, text.length);
      continue;
    }
    const end = endOfRun(of, text, markEnd, markEnd + after[1] + 1);
    if (!isBetween(match.index - start, before) || !isBetween(end - markEnd, after)) continue;
    found.push({ start, end: endOfRun(PADDING, text, end, end + MAX_PADDING) });
    mark.lastIndex = end;
  }
  return found;
}

function isBetween(length: number, [min, max]: readonly [number, number]): boolean {
  return length >= min && length <= max;
}
