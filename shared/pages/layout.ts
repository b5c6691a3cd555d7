/**
 * What every page has around it: head, bar, main, foot. Templates are hono's `html`, which escapes whatever stands in
 * them: no JSX, because scripts of this repository load the gateway in Node as it is, and Node reads no `.tsx`.
 */
import { html, raw } from 'hono/html';
import { type Room, roomLinks } from './rooms.ts';
import { STYLE_HREF } from './style.ts';
import { type Html, visibleLine } from './visible-text.ts';

/** Who the page is for; absent on pages for nobody in particular. */
export interface PageReader {
  readonly name: string;
  readonly formToken: string;
  /** Those that the person may enter. */
  readonly rooms: readonly Room[];
}

export interface Page {
  readonly title: string;
  readonly reader?: PageReader;
  /** Where the page stands, if in any room. */
  readonly room?: Room;
  readonly body: Html;
}

/** Two doors, the second ajar. */
const MARK =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true"><path d="M3 21V5l7-2v18M3 21h18"/><path d="M14 21V6l6 2v13"/><path d="M7 12v1.5"/></svg>';
const ICON = `data:image/svg+xml,${encodeURIComponent(MARK.replace('currentColor', '#0d5c63'))}`;

export function layout({ title, reader, room, body }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Sallyport</title>
<link rel="stylesheet" href="${STYLE_HREF}">
<link rel="icon" href="${ICON}">
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="bar"><div>
<a class="brand" href="/ui/">${raw(MARK)}<span>Sallyport</span></a>
${reader && roomLinks(reader.rooms, room)}
${reader && readerBar(reader)}
</div></header>
<main id="main" tabindex="-1">
${body}
</main>
<footer class="foot"><div>Everything you decide here is recorded under your name. Times are in UTC.</div></footer>
</body>
</html>
`;
}

function readerBar({ name, formToken }: PageReader): Html {
  return html`<div class="who"><span>${visibleLine(name)}</span>
<form method="post" action="/ui/sign-out">${tokenField(formToken)}<button class="link">Sign out</button></form></div>`;
}

export function tokenField(formToken: string): Html {
  return html`<input type="hidden" name="token" value="${formToken}">`;
}
