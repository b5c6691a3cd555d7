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

/** So many stand out; an agent that writes millions must not make a page of a hundred times their size. */
const MAX_MARKS = 500;

/** Splitting by a group leaves what was found at the odd places. */
function markUnseen(text: string, unseen: RegExp): readonly unknown[] {
  const parts = text.split(unseen, 2 * MAX_MARKS);
  const shown = parts.map((part, index) => (index % 2 === 0 ? part : mark(part)));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return length < text.length ? [...shown, countUnseen(text.slice(length), unseen)] : shown;
}

/** Of what comes after those, runs are told by their length alone. The engine's stack bounds how long a match may be. */
function countUnseen(text: string, unseen: RegExp): string {
  const runs = new RegExp(`(?:${unseen.source}){1,1000}`, 'gu');
  return text.replace(runs, (run) => `⟨${[...run].length} not visible⟩`);
}

function mark(character: string): Html {
  const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return html`<span class="unseen" title="a character that is not visible">U+${point}</span>`;
}
