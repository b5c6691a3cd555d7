/**
 * A review on one page, in the order in which an auditor asks: was data exposed, who could and did, what was held and who
 * approved, who looked, what the records do not show; then the sign-off.
 */
import { html } from 'hono/html';
import type { ReviewView } from '../reviews/reviews.ts';
import { layout, type PageReader, tokenField } from './layout.ts';
import { distance, moment } from './moments.ts';
import { exposureChart, peopleChart } from './review-chart.ts';
import { addressOf, type PeopleView, peopleSection } from './review-people.ts';
import { blockSection, heldSection, limitSection, viewSection } from './review-sections.ts';
import { ANSWER_WORDS } from './review-words.ts';
import { type Html, visibleLine } from './visible-text.ts';

export type ReviewPageView = PeopleView;

export function reviewPage(given: ReviewPageView): Html {
  const { reader, view, refused, nowMs } = given;
  const { server, report, opened } = view;
  const state = opened?.review.state;
  const body = html`<p class="small"><a href="/ui/reviews">All reviews</a></p>
<div class="heading"><h1>Access review of ${visibleLine(server)}</h1>
${state === undefined ? html`<span class="badge ended">Report</span>` : state === 'open' ? html`<span class="badge warn">Open</span>` : html`<span class="badge good">Signed off</span>`}</div>
${refused && refused.person === undefined && html`<div class="notice bad" role="alert"><h2>That was not done</h2><p>${refused.text}</p></div>`}
${answerSection(view, nowMs)}
${opened === undefined && openForm(reader, view)}
<div class="drawings"><section class="sheet" aria-labelledby="drawn-classes"><h2 id="drawn-classes">Found, by class</h2>
${exposureChart(report)}</section>
<section class="sheet" aria-labelledby="drawn-people"><h2 id="drawn-people">Who called what</h2>
${peopleChart(report)}</section></div>
${!report.entitlements.isKnown && html`<div class="notice warn"><p>${visibleLine(report.entitlements.note)}</p></div>`}
${peopleSection(given)}
${heldSection(report)}
${viewSection(report)}
${blockSection(report)}
${limitSection(report)}
${opened && signOffSection(reader, view, opened)}
${buildSection(reader, server)}`;
  return layout({ title: `Access review of ${server}`, reader, room: 'reviews', body });
}

function answerSection(view: ReviewView, nowMs: number): Html {
  const { report, server } = view;
  const { answer, since, until, built, proof } = report;
  const exports = (format: string) => {
    const [, query = ''] = addressOf(view).split('?');
    return `/ui/reviews/${server}/export.${format}?${query}`;
  };
  const seal = proof.seal === undefined ? 'No seal stands over these records' : `Verified to seal ${proof.seal.number}`;
  return html`<section class="answer ${ANSWER_WORDS[answer.kind].tone}" aria-labelledby="answer"><h2 id="answer">Was data exposed?</h2>
<p class="says">${visibleLine(answer.sentence)}</p>
<p class="quiet small">${moment(Date.parse(since))} to ${moment(Date.parse(until))} · built ${distance(Date.parse(built), nowMs)} · ${seal}, ${proof.segments.toLocaleString('en-GB')} segments, ${proof.lines.toLocaleString('en-GB')} records</p>
<p class="row"><a class="button second" href="${exports('csv')}">Export CSV</a><a class="button second" href="${exports('json')}">Export JSON</a><a href="/ui/sessions?server=${server}">Sessions</a></p></section>`;
}

function openForm(reader: PageReader, { server, digest, mayReview }: ReviewView): Html {
  if (!mayReview)
    return html`<p class="quiet">You may read this. To decide, somebody who reviews ${visibleLine(server)} has to open it.</p>`;
  return html`<form class="sheet" method="post" action="/ui/reviews/${server}">
${tokenField(reader.formToken)}<input type="hidden" name="action" value="open"><input type="hidden" name="report" value="${digest}">
<p>Open a review to keep or revoke each person’s access. What is decided on is this very report: it stays as it is.</p>
<div><button>Open a review of this report</button></div></form>`;
}

function signOffSection(
  reader: PageReader,
  { server, report, mayReview }: ReviewView,
  opened: NonNullable<ReviewView['opened']>,
): Html {
  const { review, digest, decisions } = opened;
  if (review.signedOff !== undefined) {
    const { by, atMs, kept, revoked, notReviewed } = review.signedOff;
    return html`<section class="sheet" aria-labelledby="sign-off"><h2 id="sign-off">Signed off</h2>
<p>By ${visibleLine(by.name ?? by.id)} on ${moment(atMs)}: ${kept} kept, ${revoked} revoked, ${notReviewed} not reviewed.</p>
<p class="quiet small">The digest below, over the report and the decisions, stands in the transcript of the gateway and is sealed with it.</p>
<p class="digest">sha256 ${review.signedOff.digest}</p></section>`;
  }
  if (!mayReview) return html``;
  const decided = new Set(decisions.map(({ principal }) => `${principal.kind}:${principal.id}`)).size;
  const open = report.people.length + report.furtherPeople - decided;
  return html`<section class="sheet" aria-labelledby="sign-off"><h2 id="sign-off">Sign off</h2>
<p>${decided} decided${open > 0 && html`, <strong>${open} not reviewed</strong>: the sign-off says so`}. After it nothing changes any more, and every revoke stands as a block that an administrator can lift.</p>
<p class="quiet small">What you sign, report and decisions together:</p>
<p class="digest">sha256 ${digest}</p>
<form method="post" action="/ui/reviews/${server}">
${tokenField(reader.formToken)}<input type="hidden" name="action" value="sign-off"><input type="hidden" name="review" value="${review.id}"><input type="hidden" name="digest" value="${digest}">
<button>Sign off this review</button></form></section>`;
}

export interface NotBuiltView {
  readonly reader: PageReader;
  readonly server: string;
  readonly isOrdered: boolean;
  readonly wrong?: string;
}

/** Of a server or a period without a report. */
export function notBuiltPage({ reader, server, isOrdered, wrong }: NotBuiltView): Html {
  const text = isOrdered
    ? 'It is being built: this period takes longer than a page may wait. Come back in a few minutes.'
    : 'There is no report of this period yet.';
  const body = html`<p class="small"><a href="/ui/reviews">All reviews</a></p>
<div class="heading"><h1>Access review of ${visibleLine(server)}</h1></div>
<div class="notice${isOrdered && ' good'}"><p>${text}</p></div>
${wrong !== undefined && html`<div class="notice bad" role="alert"><p>${wrong}</p></div>`}
${buildSection(reader, server)}`;
  return layout({ title: `Access review of ${server}`, reader, room: 'reviews', body });
}

function buildSection(reader: PageReader, server: string): Html {
  return html`<section class="sheet filter" aria-labelledby="build"><h2 id="build">Build another report</h2>
<form method="post" action="/ui/reviews/${server}">${tokenField(reader.formToken)}<input type="hidden" name="action" value="build">
<div class="fields"><div><label for="since">From</label><input id="since" name="since" type="date" required></div>
<div><label for="until">To, or empty for now</label><input id="until" name="until" type="date"></div></div>
<div><button>Build now</button></div></form></section>`;
}
