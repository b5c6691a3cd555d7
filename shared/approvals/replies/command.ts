/**
 * What a person wrote to the gateway in a channel: `approve CODE [reason]`, `deny CODE reason`, `help`. Forgiving in form,
 * never in meaning: what is not clearly one of these is `unclear`, and decides nothing.
 */
import type { Verdict } from '../approval.ts';
import { readShortCode } from '../short-code.ts';

export type Command =
  | { readonly kind: 'decide'; readonly verdict: Verdict; readonly code: string; readonly reason: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'unclear' };

/** With the name in it: it would be taken for a command. */
const MENTIONS = /<at\b[^<>]*>[^<]*<\/at>/gi;
const TAGS = /<[^<>]*>/g;
const ENTITIES = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(nbsp|amp|lt|gt|quot|apos));/gi;
const NAMED = new Map([
  ['nbsp', ' '],
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);
const LAST_CODE_POINT = 0x10ffff;
const COMMAND = /^(approve|deny|help)(?:[\s:,.!]+|$)/i;

export function readCommand(html: string): Command {
  const text = textOf(html);
  const [head = '', word = ''] = COMMAND.exec(text) ?? [];
  const verb = word.toLowerCase();
  if (verb === 'help') return { kind: 'help' };
  if (verb !== 'approve' && verb !== 'deny') return { kind: 'unclear' };
  return readDecision(verb, text.slice(head.length));
}

/** A code may be typed as two groups: `K7Q 2XY`. */
function readDecision(verdict: Verdict, text: string): Command {
  const [first, afterFirst] = splitWord(text);
  const whole = readShortCode(withoutPunctuation(first));
  if (whole !== undefined) return { kind: 'decide', verdict, code: whole, reason: reasonOf(afterFirst) };
  const [second, afterSecond] = splitWord(afterFirst);
  const last = withoutPunctuation(second);
  const joined = first.length === last.length ? readShortCode(first + last) : undefined;
  if (joined !== undefined) return { kind: 'decide', verdict, code: joined, reason: reasonOf(afterSecond) };
  return { kind: 'unclear' };
}

function splitWord(text: string): readonly [word: string, rest: string] {
  const end = text.search(/\s|$/);
  return [text.slice(0, end), text.slice(end).trimStart()];
}

/** `approve K7Q2XY: the customer called`. */
function withoutPunctuation(word: string): string {
  return word.replace(/[:,.;!]$/, '');
}

function reasonOf(rest: string): string {
  return rest.replace(/^[-–—:,.;\s]+/, '').trim();
}

/** Teams writes a message as HTML, whatever its `textFormat` says. */
function textOf(html: string): string {
  const plain = html.replace(MENTIONS, ' ').replace(TAGS, ' ');
  return plain
    .replace(ENTITIES, (entity, decimal?: string, hex?: string, named?: string) => {
      if (named !== undefined) return NAMED.get(named.toLowerCase()) ?? entity;
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : entity;
    })
    .replaceAll('\u00a0', ' ')
    .trim();
}
