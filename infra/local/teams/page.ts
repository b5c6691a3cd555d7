/**
 * The channel as a page: each card, what was replied, and forms to answer and to reply as one of the sample's people. No script, and
 * a Content-Security-Policy under which none could run.
 */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { User } from '../entra/directory.ts';
import { renderCard } from './card-html.ts';
import type { PostedCard } from './channel.ts';
import { readAsk } from './flow.ts';

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 46rem; padding: 1rem; }
article { border: 1px solid #8886; border-radius: .5rem; margin: 0 0 1.5rem; padding: 1rem; }
h2, p { margin: .25rem 0; overflow-wrap: anywhere; }
section { border-top: 1px solid #8886; margin-top: .75rem; padding-top: .5rem; }
section.warning { background: #f5b40022; border-left: .25rem solid #f5b400; padding-left: .5rem; }
.row { display: grid; gap: 0 1rem; grid-template-columns: 7rem 1fr; }
.label, time { opacity: .75; }
form { align-items: end; display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .75rem; }
input { flex: 1 1 14rem; font: inherit; min-width: 0; padding: .25rem; }
select, button { font: inherit; padding: .25rem .5rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  // Not `no-referrer`: the form's `Origin` would be null.
  'referrer-policy': 'same-origin',
} as const;

export async function renderPage(cards: readonly PostedCard[], users: readonly User[]): Promise<string> {
  const newestFirst = cards.toReversed();
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Approvals (Teams stand-in)</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<h1>Approvals</h1>
<p class="label">A stand-in for a Teams channel: cards that the gateway posted, and replies to it.</p>
${newestFirst.length === 0 ? html`<p>No card was posted yet.</p>` : newestFirst.map((posted) => renderPosted(posted, users))}
</body>
</html>
`;
  return String(await page);
}

function renderPosted({ id, postedAt, card, replies, answeredBy }: PostedCard, users: readonly User[]) {
  const renderAnswer = (action: unknown) => renderAsk(id, action, answeredBy, users);
  return html`<article id="card-${id}">
<time datetime="${postedAt}">${postedAt}</time>
${renderCard(card, renderAnswer)}
${replies.map(({ as, text, answer }) => html`<section><p><b>${as}</b>: ${text}</p><p><b>Sallyport</b>: ${answer}</p></section>`)}
<form method="post" action="/replies">
<input type="hidden" name="card" value="${id}">
${renderPeople(users)}
<input name="text" aria-label="Message to Sallyport" value="${suggestReply(card)}" maxlength="2000" required>
<button>Reply</button>
</form>
</article>`;
}

/** A button that opens a form, as in Teams; a card that was answered has none left. */
function renderAsk(card: string, action: unknown, answeredBy: string | undefined, users: readonly User[]) {
  const ask = readAsk(action);
  if (ask === undefined) return undefined;
  if (answeredBy !== undefined) return html`<p class="label">${ask.title} (answered by ${answeredBy})</p>`;
  const { title, input, submit } = ask;
  return html`<details><summary>${title}</summary>
<form method="post" action="/answers">
<input type="hidden" name="card" value="${card}"><input type="hidden" name="press" value="${submit.title}">
${renderPeople(users)}
<input name="text" aria-label="Reason" maxlength="500" ${input.isRequired ? 'required' : ''}>
<button>${submit.title}</button>
</form></details>`;
}

function renderPeople(users: readonly User[]) {
  return html`<select name="as" aria-label="Person">${users.map(({ name, displayName }) => html`<option value="${name}">${displayName}</option>`)}</select>`;
}

/** What the card says to write, if it does. */
function suggestReply(card: unknown): string {
  const [, command = ''] = /"text":"(approve [^"\\]{1,20})"/.exec(JSON.stringify(card)) ?? [];
  return command === '' ? '' : `${command} `;
}
