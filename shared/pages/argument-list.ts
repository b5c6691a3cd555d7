/**
 * The masked arguments of a held call, all of them: a name and a value a row, what is nested as JSON. Numbers stand as
 * they came, and text that could be taken for something else stands in quotes.
 */
import { html } from 'hono/html';
import { isArray, isObject, type Json } from '../json/value.ts';
import { type Html, visibleLine, visibleText } from './visible-text.ts';

/** Longer text is folded, so that what follows is not out of sight. */
const FOLDED_CHARACTERS = 1_500;
/** More names than a person reads one by one, and than a page should carry rows for. */
const MAX_ROWS = 500;
/** A number, a word of JSON, or nothing: as text they would look like it. */
const LOOKS_LIKE_JSON = /^(-?[0-9.]+|true|false|null|\s.*|.*\s|)$/s;

export function argumentList(value: Json): Html {
  if (!isObject(value)) return html`<div class="text">${scalar(value)}</div>`;
  const entries = Object.entries(value);
  if (entries.length === 0) return html`<p class="quiet">None.</p>`;
  if (entries.length > MAX_ROWS) return shown(value);
  return html`<dl class="arguments">
${entries.map(([name, member]) => html`<div><dt>${visibleLine(name)}</dt><dd>${shown(member)}</dd></div>\n`)}</dl>`;
}

function shown(value: Json): Html {
  const isNested = isArray(value) || isObject(value);
  const body = isNested
    ? html`<pre>${visibleText(JSON.stringify(value, null, 2))}</pre>`
    : html`<div class="text">${scalar(value)}</div>`;
  const characters = typeof value === 'string' ? value.length : JSON.stringify(value).length;
  if (characters <= FOLDED_CHARACTERS) return body;
  return html`<details><summary>Show all ${characters.toLocaleString('en-GB')} characters</summary>${body}</details>`;
}

function scalar(value: Json): Html {
  if (typeof value !== 'string') return visibleText(JSON.stringify(value));
  return LOOKS_LIKE_JSON.test(value) ? visibleText(JSON.stringify(value)) : visibleText(value);
}
