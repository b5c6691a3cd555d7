/** A page that says one thing and where to go from there. */
import { html } from 'hono/html';
import { layout, type PageReader } from './layout.ts';
import type { Html } from './visible-text.ts';

export interface Message {
  readonly title: string;
  readonly text: string;
  readonly tone?: 'good' | 'bad' | 'warn';
  readonly next?: { readonly href: string; readonly label: string };
  readonly reader?: PageReader;
}

export function messagePage({ title, text, tone, next, reader }: Message): Html {
  const body = html`<h1>${title}</h1>
<div class="notice${tone && ` ${tone}`}"><p>${text}</p></div>
${next && html`<p><a class="button" href="${next.href}">${next.label}</a></p>`}`;
  return layout({ title, body, ...(reader && { reader }) });
}

const toApprovals = { href: '/ui/approvals', label: 'See what waits for you' };

/** The same for what is not there and what is not for this person: nobody learns which. */
export function notFoundPage(reader?: PageReader): Html {
  const text = 'There is nothing at this address, or it is not for you to see. Links from a card may have ended.';
  return messagePage({ title: 'Not found', text, next: toApprovals, ...(reader && { reader }) });
}
