/** The servers whose reviews somebody may read: the newest report of each, what is open, what is signed off. */
import { html } from 'hono/html';
import type { Review } from '../reviews/review.ts';
import type { ServerReviews } from '../reviews/reviews.ts';
import { layout, type PageReader } from './layout.ts';
import { distance, moment } from './moments.ts';
import { ANSWER_WORDS } from './review-words.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface ReviewListView {
  readonly reader: PageReader;
  readonly servers: readonly ServerReviews[];
  readonly nowMs: number;
}

export function reviewListPage({ reader, servers, nowMs }: ReviewListView): Html {
  const body = html`<div class="heading"><h1>Access reviews</h1></div>
<p class="quiet">For each server: who could, who did and why, what was exposed, and what was decided about it. Built every night for the last thirty days, and whenever somebody asks. That you look is recorded.</p>
${servers.map((one) => serverSection(one, nowMs))}`;
  return layout({ title: 'Access reviews', reader, room: 'reviews', body });
}

function serverSection({ server, latest, reviews }: ServerReviews, nowMs: number): Html {
  const words = latest && ANSWER_WORDS[latest.answer];
  return html`<section class="sheet" aria-labelledby="server-${server}">
<div class="heading"><h2 id="server-${server}"><a href="/ui/reviews/${server}">${visibleLine(server)}</a></h2>
${words && html`<span class="badge ${words.tone}">${words.label}</span>`}</div>
${
  latest === undefined
    ? html`<p class="quiet">Nothing was built yet. Open it to build a report now.</p>`
    : html`<p class="quiet small">Newest report: ${moment(latest.sinceMs)} to ${moment(latest.untilMs)}, built ${distance(latest.builtMs, nowMs)}.</p>`
}
${reviews.length > 0 && html`<ul class="plain">${reviews.map(reviewRow)}</ul>`}</section>
`;
}

function reviewRow({ server, id, state, openedMs, openedBy, changes, signedOff, sinceMs, untilMs }: Review): Html {
  const period = html`${moment(sinceMs)} to ${moment(untilMs)}`;
  const link = html`<a href="/ui/reviews/${server}?review=${id}">${period}</a>`;
  if (state === 'open' || signedOff === undefined) {
    return html`<li><p><span class="badge warn">Open</span> ${link}</p>
<p class="quiet small">Opened ${moment(openedMs)} by ${visibleLine(openedBy.name ?? openedBy.id)}; ${changes} ${changes === 1 ? 'decision' : 'decisions'} so far.</p></li>`;
  }
  const { by, atMs, kept, revoked, notReviewed } = signedOff;
  return html`<li><p><span class="badge good">Signed off</span> ${link}</p>
<p class="quiet small">By ${visibleLine(by.name ?? by.id)} on ${moment(atMs)}: ${kept} kept, ${revoked} revoked, ${notReviewed} not reviewed.</p></li>`;
}
