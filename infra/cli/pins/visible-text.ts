/**
 * Text of an upstream as a person can judge it: what a terminal would obey, hide or reorder is written out as \u{…}.
 * Nothing is left out, and what is written out can't be mistaken for text that looks like it.
 */

/** Line feeds stay: a description may have lines, and whoever prints them sets them apart. */
const UNSEEN = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?! )\p{Zs}|\\(?=u\{)/gu;

export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) => (character === '\n' ? character : escapeCharacter(character)));
}

/** The same on one line. */
export function visibleLine(text: string): string {
  return visibleText(text).replaceAll('\n', escapeCharacter('\n'));
}

/** `\u{202e}` */
export function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** JSON in ASCII alone: a terminal that it is printed on obeys and hides nothing. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[^\n\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
