/**
 * Text that somebody else wrote, as a person can judge it: what a browser would hide or reorder is written out by its
 * code point, and the text keeps its own direction to itself. The template escapes markup; nothing is left out.
 */
import { html } from 'hono/html';

/** What hono's template gives: escaped, safe to stand in another. */
export type Html = ReturnType<typeof html>;

const UNSEEN = /([\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?! )\p{Zs})/u;
/** Line feeds stay where lines can. */
const UNSEEN_IN_LINES = /((?!\n)[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]|(?! )\p{Zs})/u;

/** On one line: names, keys, ids. */
export function visibleLine(text: string): Html {
  return html`<bdi>${markUnseen(text, UNSEEN)}</bdi>`;
}

/** With its line feeds, for places that keep them (`.text`, `pre`). */
export function visibleText(text: string): Html {
  return html`<bdi>${markUnseen(text, UNSEEN_IN_LINES)}</bdi>`;
}

/** Splitting by a group leaves what was found at the odd places. */
function markUnseen(text: string, unseen: RegExp): readonly unknown[] {
  return text.split(unseen).map((part, index) => (index % 2 === 0 ? part : mark(part)));
}

function mark(character: string): Html {
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return html`<span class="unseen" title="a character that is not visible">U+${point}</span>`;
}
