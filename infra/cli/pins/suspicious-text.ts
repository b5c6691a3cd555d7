/**
 * Finds, in a tool's definition, what reads otherwise to a model or a terminal than to a reviewer: hidden and
 * bidirectional characters, terminal escapes, comments, and text that instructs the model behind the user's back. It
 * flags for a person and decides nothing. Every pattern is bounded, so that no text takes long.
 */
import { isArray, isObject, type Json, type JsonObject } from '../../../shared/json/value.ts';
import { visibleLine } from './visible-text.ts';

export type SuspicionKind = 'hidden' | 'bidirectional' | 'control' | 'terminal-escape' | 'comment' | 'instruction';

export interface Suspicion {
  /** Where in the definition: `description`, `inputSchema.properties.amount.description`. A key counts as its place. */
  readonly place: string;
  readonly kind: SuspicionKind;
  /** What stands there, with its surroundings, every hidden character written out. */
  readonly excerpt: string;
}

const CHARACTERS: readonly (readonly [SuspicionKind, RegExp])[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC and CSI are what is looked for.
  ['terminal-escape', /\u001b|\u009b/u],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC and CSI are told by the line above.
  ['control', /(?!\n|\t|\u001b|\u009b)\p{Cc}|\p{Zl}|\p{Zp}/u],
  ['bidirectional', /\p{Bidi_Control}/u],
  ['hidden', /(?!\p{Bidi_Control}|\u200d|\ufe0f)[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Co}\p{Cs}\u2800]/u],
  // Emoji are joined by U+200D and coloured by U+FE0F: only there these hide nothing.
  ['hidden', /(?<!\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d|(?<!\p{Emoji})\ufe0f/u],
  ['comment', /<!--|\[\/\/\]:/u],
];

/** On text in lower case, with hidden characters taken out and every run of white space made one space. */
const INSTRUCTIONS: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass) (?:[\p{L}']{1,15} ){0,3}(?:previous|prior|above|earlier|preceding|other|all|any|system|safety|user's|your) (?:[\p{L}']{1,15} ){0,2}(?:instruction|prompt|rule|message|guideline|direction|polic|restriction|command|context)/u,
  /\b(?:do not|don't|don’t|never|must not|should not|without) (?:[\p{L}']{1,15} ){0,2}?(?:tell|telling|inform|informing|mention|mentioning|reveal|revealing|show|showing|notify|notifying|alert|alerting|warn|warning|ask|asking|disclose|disclosing|explain|explaining) (?:[\p{L}']{1,15} ){0,5}?(?:user|human|person|people|anyone|anybody|customer|operator)\b/u,
  /\b(?:keep|hide|conceal) (?:[\p{L}']{1,15} ){1,5}?(?:from|secret)\b/u,
  /\b(?:system|developer|hidden) (?:prompt|message|instruction)/u,
  /\byou are now\b|\bfrom now on\b|\bnew instructions?\b|\bsecretly\b|\bsilently\b|\bcovertly\b/u,
  /\b(?:before|after|when|whenever|instead of) (?:using|calling|invoking|running|you use|you call) (?:this|any|every|another|other|the) (?:[\p{L}']{1,15} ){0,2}?tools?\b/u,
  /<\/?(?:important|system|secret|instructions?|admin|assistant|user|hidden|critical|priority)\b/u,
  /\[\/?inst\]|<\|[a-z_]{1,20}\|>|\bhuman:|\bassistant:/u,
  /(?:^|[^\p{L}])\.ssh\/|\bid_rsa\b|\bid_ed25519\b|\/etc\/(?:passwd|shadow)\b|(?:^|[^\p{L}\d])\.env\b|\.aws\/credentials|\bmcp\.json\b/u,
];

const AROUND_CHARACTERS = 30;

/** In the order of the definition; by each pattern, the first in a text. */
export function findSuspicions(definition: JsonObject): readonly Suspicion[] {
  return findIn(definition, []);
}

function findIn(value: Json, path: readonly string[]): readonly Suspicion[] {
  if (typeof value === 'string') return findInText(value, path);
  if (isArray(value)) return value.flatMap((item, index) => findIn(item, [...path, String(index)]));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const inside = [...path, key];
    return [...findInText(key, inside), ...findIn(member, inside)];
  });
}

function findInText(text: string, path: readonly string[]): readonly Suspicion[] {
  const place = visibleLine(path.join('.'));
  const found = (kind: SuspicionKind, within: string, match: RegExpExecArray): Suspicion => ({
    place,
    kind,
    excerpt: visibleLine(cutAround(within, match.index, match.index + match[0].length)),
  });
  const characters = CHARACTERS.flatMap(([kind, pattern]) => {
    const match = pattern.exec(text);
    return match === null ? [] : [found(kind, text, match)];
  });
  const plain = toPlain(text);
  const instruction = INSTRUCTIONS.map((pattern) => pattern.exec(plain)).find((match) => match !== null);
  return instruction ? [...characters, found('instruction', plain, instruction)] : characters;
}

/** As a model may read it, whatever was put between the letters. */
function toPlain(text: string): string {
  const seen = text
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}|[\p{Cf}\p{Co}\p{Cs}\p{Mn}\u2800]/gu, '');
  return seen.replace(/[\s\p{Cc}]+/gu, ' ').toLowerCase();
}

function cutAround(text: string, from: number, to: number): string {
  const [start, end] = [from - AROUND_CHARACTERS, to + AROUND_CHARACTERS];
  const cut = text.slice(Math.max(0, start), end);
  return `${start > 0 ? '…' : ''}${cut}${end < text.length ? '…' : ''}`;
}

const LABELS: Readonly<Record<SuspicionKind, string>> = {
  hidden: 'hidden character',
  bidirectional: 'character that reverses the text',
  control: 'control character',
  'terminal-escape': 'terminal escape',
  comment: 'comment that a page would not show',
  instruction: 'reads like an instruction to the model',
};

/** `! description: hidden character: "Refunds\u{200b} a payment."` */
export function formatSuspicion({ place, kind, excerpt }: Suspicion): string {
  return `! ${place}: ${LABELS[kind]}: "${excerpt}"`;
}
