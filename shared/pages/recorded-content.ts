/**
 * What a record holds, as a person reads it: the text of an answer as text, the rest as JSON. Whatever a marker replaced
 * stands out as such. It is somebody else's text throughout, escaped and made visible, and cut where a page would be.
 */
import { html } from 'hono/html';
import { isArray, isObject } from '../json/value.ts';
import { type Html, visibleText } from './visible-text.ts';

/** As masking writes them; whoever writes one by hand fools the eye alone: counts come from the record. */
const MARKER = /(\[(?:masked|partial|token|uninspected|withheld)(?::[^\]\n]{0,100})?\])/;
/** Its columns matter. */
const LOOKS_LIKE_JSON = /^\s*[{[]/;
/** More on one page are not marked. */
const MAX_MARKS = 2_000;

export interface ContentOptions {
  /** Characters that are shown. */
  readonly max: number;
  /** Where all of it is. */
  readonly href?: string;
}

/** `value`: JSON as recorded. */
export function recordedContent(value: unknown, options: ContentOptions): Html {
  const texts = textsOf(value);
  if (texts === undefined) return textBlock(asJson(value), 'pre', options);
  return html`${texts.map((text) => textBlock(text, LOOKS_LIKE_JSON.test(text) ? 'pre' : 'text', options))}
<details><summary>As recorded</summary>${textBlock(asJson(value), 'pre', options)}</details>`;
}

function textBlock(text: string, kind: 'pre' | 'text', { max, href }: ContentOptions): Html {
  const shown = marked(text.slice(0, max));
  const body = kind === 'pre' ? html`<pre>${shown}</pre>` : html`<div class="text quoted">${shown}</div>`;
  if (text.length <= max) return body;
  const rest = `${(text.length - max).toLocaleString('en-GB')} more characters`;
  return html`${body}<p class="quiet small">${href === undefined ? rest : html`<a href="${href}">${rest}</a>`}</p>`;
}

function marked(text: string): readonly Html[] {
  // Splitting by a group leaves what was found at the odd places.
  const parts = text.split(MARKER, 2 * MAX_MARKS);
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const shown = parts.map((part, index) =>
    index % 2 === 0 ? visibleText(part) : html`<mark class="masked">${visibleText(part)}</mark>`,
  );
  return length < text.length ? [...shown, visibleText(text.slice(length))] : shown;
}

function asJson(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'nothing';
}

/** The text blocks of a tool's result, where there is nothing but text in it. */
function textsOf(message: unknown): readonly string[] | undefined {
  const result = isObject(message) ? (message.result ?? message) : undefined;
  const content = isObject(result) ? result.content : undefined;
  if (!isArray(content) || content.length === 0 || content.length > 50) return undefined;
  const texts = content.map((block) => (isObject(block) && typeof block.text === 'string' ? block.text : undefined));
  return texts.every((text) => text !== undefined) ? texts : undefined;
}
