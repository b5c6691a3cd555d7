/**
 * JSON inside a text, where field rules may reach into it: read strictly, and written again with the indentation it had. What
 * is not JSON to the letter is a text like any other, and masked as one.
 */
import { parseJson } from '../../json/parse.ts';
import type { Json } from '../../json/value.ts';
import type { Forms } from '../rebuild.ts';

const MAX_DEPTH = 64;

/** An object or a list; undefined for anything else. */
export function readJsonText(text: string): Json | undefined {
  const first = /\S/.exec(text)?.[0];
  if (first !== '{' && first !== '[') return undefined;
  const parsed = parseJson(text, { depth: MAX_DEPTH });
  return parsed.ok ? parsed.value : undefined;
}

/** The forms of the value as forms of the text. */
export function writeJsonText(text: string, { client, record }: Forms): Forms {
  const space = /^\s*[[{]\r?\n([ \t]{1,10})/.exec(text)?.[1];
  const write = (value: Json): string => JSON.stringify(value, undefined, space);
  return { client: client === undefined ? undefined : write(client), record: write(record) };
}
