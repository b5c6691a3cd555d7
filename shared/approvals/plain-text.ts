/**
 * Text from outside, made safe to stand among ours on a card or in a message: one line, nothing invisible, nothing that
 * changes the direction or place of what follows, no run of spaces that fakes a row. What is hidden is shown, not
 * dropped: an approver should see that somebody tried. It is not an escape: it goes only where no markup is read.
 */

/** Controls, format characters (bidi, zero width), blank letters, spaces of other kinds, lone surrogates, what is unassigned. */
const HIDDEN = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800[\p{Zs}--[ ]]]/gv;
const LINE_BREAK = /\r\n|[\n\v\f\r\u0085\u2028\u2029]/g;
const SPACES = / {3,}/g;
/** Marks stacked on one character reach into the lines above and below. */
const STACKED_MARKS = /(?<=\p{M}{2})\p{M}/gu;
/** Adaptive Cards put a date of the reader's own format where such a function stands, in some clients in any text. */
const DATE_FUNCTION = /\{\{(?=\s*(?:DATE|TIME)\s*\()/gi;

export function showPlain(text: string): string {
  return text
    .replace(LINE_BREAK, ' ⏎ ')
    .replace(HIDDEN, nameCharacter)
    .replace(STACKED_MARKS, nameCharacter)
    .replace(SPACES, (run) => ` ⟨${run.length} spaces⟩ `)
    .replace(DATE_FUNCTION, '{ {');
}

function nameCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
}

export interface Cut {
  readonly text: string;
  readonly isCut: boolean;
}

/** As much from the start as takes `maxBytes` of JSON in UTF-8; never half a character. */
export function cutToBytes(text: string, maxBytes: number): Cut {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    // The quotes around it are not part of it.
    bytes += Buffer.byteLength(JSON.stringify(character)) - 2;
    if (bytes > maxBytes) return { text: text.slice(0, end), isCut: true };
    end += character.length;
  }
  return { text, isCut: false };
}
