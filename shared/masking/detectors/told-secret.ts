/**
 * Secrets that a sentence tells: `the password is hunter2`, `passphrase was changed to "correct horse battery"`, `api key
 * is …`. What follows must be quoted or look like no word: `the password is wrong` tells nothing, and a password that is
 * a plain word of the language, without quotes, is not found.
 */
import type { Range } from '../finding.ts';
import { splitWords } from '../words.ts';
import type { Detector } from './detector.ts';
import { isSecretValue, kindOf } from './secret-names.ts';

export const toldSecretDetector: Detector = {
  class: 'secret',
  needs: { sentence: true },
  isOpaque: true,
  findByForm: findTold,
};

const NAME =
  /(?:pass(?:word|wd|phrase|code)s?|pwd|keys?|tokens?|secrets?|credentials?)["'*_`)]{0,2}\s{1,2}(?:is|was|are|has|will|set|changed|reset|now)\b/gi;
/** What may stand between the verb and the secret. */
const FILL = /^(?:[ :]{1,2}(?:now|been|be|set|changed|reset|to)\b){0,4}[ :\n]{1,3}/i;
const REACH_BEFORE = 32;
const QUOTED = /^(["'`\u201c\u2018*]{1,2})([^\n"`\u201d]{3,200}?)\1(?=[\s.,;:!?)]|$)/;
const BARE = /^[^\s"'`,;<>()[\]{}]{4,128}/;
/** As words of a sentence are written; anything else is no word. */
const WORD = /^(?:[A-Za-z]?[a-z]+(?:['-][a-z]+)*|[A-Z]+)$/;

function findTold(text: string): readonly Range[] {
  const found: Range[] = [];
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const value = valueAfter(text, match.index, NAME.lastIndex);
    if (value !== undefined) found.push(value);
  }
  return found;
}

/** `name`: where the last word of the name begins; `verb`: where the verb behind it ends. */
function valueAfter(text: string, name: number, verb: number): Range | undefined {
  const words = splitWords(text.slice(Math.max(0, name - REACH_BEFORE), verb).replace(/\s\S*$/, ''));
  const kind = kindOf(words);
  const rest = text.slice(verb, verb + 256);
  const [fill = ''] = FILL.exec(rest) ?? [];
  if (kind === undefined || fill === '') return undefined;
  const start = verb + fill.length;
  const [, quote = '', quoted] = QUOTED.exec(rest.slice(fill.length)) ?? [];
  if (quoted !== undefined) {
    const from = start + quote.length;
    return isSecretValue(kind, quoted) ? { start: from, end: from + quoted.length } : undefined;
  }
  const value = (BARE.exec(rest.slice(fill.length))?.[0] ?? '').replace(/[.!?:]{1,3}$/, '');
  return !WORD.test(value) && isSecretValue(kind, value) ? { start, end: start + value.length } : undefined;
}
