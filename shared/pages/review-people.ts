/**
 * The people and apps of a review, each with what they could, what they did and why; and, while the review is open, the
 * form to keep or revoke. What an agent or a directory wrote is marked as whatever it is, and speaks for nobody.
 */
import { html } from 'hono/html';
import { decisionsThatCount } from '../reviews/digest.ts';
import { type Deeds, personKey, type ReportPerson } from '../reviews/report.ts';
import { REASON_CHARACTERS, type ReviewDecision } from '../reviews/review.ts';
import type { OpenedReview, ReviewView } from '../reviews/reviews.ts';
import { exposureChips } from './exposure-chips.ts';
import { type PageReader, tokenField } from './layout.ts';
import { moment } from './moments.ts';
import { DUTY_WORDS, STANDING_WORDS, VERDICT_WORDS } from './review-words.ts';
import { STATUS_WORDS } from './session-words.ts';
import { type Html, visibleLine, visibleText } from './visible-text.ts';

export interface PeopleView {
  readonly reader: PageReader;
  readonly view: ReviewView;
  /** Counts from 1. */
  readonly page: number;
  readonly nowMs: number;
  /** Why a decision just sent was not taken, and what had been filled in. */
  readonly refused?: RefusedDecision;
}

export interface RefusedDecision {
  readonly text: string;
  readonly person?: string;
  readonly reason?: string;
  readonly verdict?: string;
}

const PAGE_SIZE = 50;

export function peopleSection(given: PeopleView): Html {
  const { view, page } = given;
  const { people, furtherPeople } = view.report;
  const pages = Math.max(1, Math.ceil(people.length / PAGE_SIZE));
  const at = Math.min(page, pages);
  const shown = people.slice((at - 1) * PAGE_SIZE, at * PAGE_SIZE);
  const counting = decisionsThatCount(view.opened?.decisions ?? []);
  return html`<section aria-labelledby="people"><div class="heading"><h2 id="people">People and apps</h2>
<span class="quiet small">${summaryOf(people)}</span></div>
${people.length === 0 && html`<p class="quiet">Nobody could, and nobody did.</p>`}
<ol class="people" start="${(at - 1) * PAGE_SIZE + 1}">
${shown.map((person) => personCard(given, person, counting.get(personKey(person.principal))))}</ol>
${pages > 1 && pager(view, at, pages)}
${furtherPeople > 0 && html`<p class="quiet small">${furtherPeople.toLocaleString('en-GB')} more have rights here and are not listed.</p>`}</section>`;
}

function summaryOf(people: readonly ReportPerson[]): string {
  const count = (...standings: readonly string[]) =>
    people.filter(({ standing }) => standings.includes(standing)).length;
  const words = [
    [count('did', 'not-known'), 'used it'],
    [count('former'), 'may no longer'],
    [count('never'), 'never did'],
    [count('tried'), 'only refused'],
    [count('duty'), 'oversee'],
  ] as const;
  return words
    .flatMap(([number, text]) => (number === 0 ? [] : [`${number.toLocaleString('en-GB')} ${text}`]))
    .join(' · ');
}

function pager(view: ReviewView, page: number, pages: number): Html {
  const href = (to: number) => `${addressOf(view)}&people=${to}#people`;
  return html`<nav class="pager" aria-label="Pages of people">
${page > 1 && html`<a class="button second" rel="prev" href="${href(page - 1)}">Previous</a>`}
${page < pages && html`<a class="button second" rel="next" href="${href(page + 1)}">Next</a>`}
<span class="quiet">Page ${page} of ${pages}</span></nav>`;
}

/** Of exactly this report. */
export function addressOf({ server, opened, report }: ReviewView): string {
  const which = opened ? { review: opened.review.id } : { since: report.since, until: report.until };
  return `/ui/reviews/${server}?${new URLSearchParams(which)}`;
}

/** Where a page comes back to after a decision; digits and letters alone. */
export function anchorOf({ kind, id }: ReportPerson['principal']): string {
  return `p-${kind}-${id.replace(/[^0-9a-zA-Z-]/g, '')}`;
}

function personCard(given: PeopleView, person: ReportPerson, decision: ReviewDecision | undefined): Html {
  const { view } = given;
  const { principal, standing, did } = person;
  const words = STANDING_WORDS[standing];
  return html`<li class="person" id="${anchorOf(principal)}"><div class="heading"><h3>${visibleLine(principal.name ?? principal.id)}</h3>
<span class="marks"><span class="badge ${words.tone}">${words.label}</span>${principal.kind === 'app' && html`<span class="badge ended">App</span>`}${principal.guest && html`<span class="badge warn">Guest</span>`}${isBlocked(view.opened, person) && html`<span class="badge bad">Blocked</span>`}</span></div>
<p class="quiet small">${principal.name !== undefined && html`<span class="id">${visibleLine(principal.id)}</span>`}${person.groups.length > 0 && html`${principal.name !== undefined && ' · '}in ${person.groups.map((group, n) => html`${n > 0 && ', '}${visibleLine(group)}`)}`}</p>
<p>${couldWords(person)}</p>
${did && deeds(view.server, person, did)}
${decision && decisionLine(view, person, decision)}
${decisionForm(given, person, decision)}</li>
`;
}

function isBlocked(opened: OpenedReview | undefined, { principal, isBlocked: was }: ReportPerson): boolean {
  return opened?.blocked?.has(principal.id) ?? was;
}

function couldWords({ could, duties, standing }: ReportPerson): Html {
  const duty = duties.map((one) => DUTY_WORDS[one]).join(', ');
  if (standing === 'not-known') return html`<span class="quiet">What they may do is not known.</span>`;
  const tools = could.map((tool, n) => html`${n > 0 && ', '}<span class="policy">${visibleLine(tool)}</span>`);
  if (could.length === 0) return html`<span class="quiet">May use no tool${duty !== '' && `; ${duty}`}.</span>`;
  return html`<span class="quiet">May use</span> ${tools}${duty !== '' && html`<span class="quiet">; ${duty}</span>`}`;
}

function deeds(server: string, { principal }: ReportPerson, did: Deeds): Html {
  const sessions = `/ui/sessions?${new URLSearchParams({ server, person: principal.id })}`;
  const further = did.furtherJustifications;
  return html`${exposureChips(did.exposure)}
<details><summary>${did.calls.toLocaleString('en-GB')} ${did.calls === 1 ? 'call' : 'calls'}, ${moment(Date.parse(did.first))} to ${moment(Date.parse(did.last))}</summary>
<div class="scroll" role="region" aria-label="Calls by tool" tabindex="0"><table><thead><tr><th scope="col">Tool</th><th scope="col">Calls</th><th scope="col">How they ended</th></tr></thead>
<tbody>${did.tools.map(({ tool, calls, statuses }) => html`<tr><th scope="row">${visibleLine(tool)}</th><td>${calls.toLocaleString('en-GB')}</td><td>${endings(statuses)}</td></tr>\n`)}</tbody></table></div>
<p class="quiet small">Through ${did.agents.map(({ id, name, calls }, n) => html`${n > 0 && ', '}${visibleLine(name ?? id)} (${calls.toLocaleString('en-GB')})`)}</p>
${
  did.justifications.length > 0 &&
  html`<h4 class="small">Why, in the agents’ own words; nobody verified them</h4><ul class="plain small">
${did.justifications.map(({ text, tool, count }) => html`<li><span class="policy">${visibleLine(tool)}</span>${count > 1 && html` <span class="quiet">${count} times</span>`}<blockquote class="text">${visibleText(text)}</blockquote></li>`)}
${further > 0 && html`<li class="quiet">${further.toLocaleString('en-GB')} more</li>`}</ul>`
}
<p><a href="${sessions}">Their sessions</a></p></details>`;
}

function endings(statuses: Deeds['tools'][number]['statuses']): string {
  return Object.entries(statuses)
    .map(([status, count]) => `${count.toLocaleString('en-GB')} ${labelOf(status)}`)
    .join(', ');
}

function labelOf(status: string): string {
  const words: Readonly<Record<string, { readonly label: string }>> = STATUS_WORDS;
  return (words[status]?.label ?? status).toLowerCase();
}

function decisionLine({ opened }: ReviewView, person: ReportPerson, decision: ReviewDecision): Html {
  const { verdict, by, reason, decidedMs } = decision;
  const words = VERDICT_WORDS[verdict];
  const isOpenBlock = verdict === 'revoke' && opened?.blocked !== undefined && !isBlocked(opened, person);
  return html`<p><span class="badge ${words.tone}">${words.label}</span> by ${visibleLine(by.name ?? by.id)}, ${moment(decidedMs)}</p>
<p class="text">${visibleText(reason)}</p>
${isOpenBlock && html`<div class="notice bad"><p>No block stands for this revoke any more. Decide it again to block anew.</p></div>`}`;
}

function decisionForm(given: PeopleView, person: ReportPerson, decision: ReviewDecision | undefined): Html {
  const { view, reader, page, refused } = given;
  const { opened, server, digest } = view;
  if (!view.mayReview || opened?.review.state !== 'open') return html``;
  const { principal } = person;
  const key = personKey(principal);
  if (key === view.self) {
    const text =
      person.standing === 'duty'
        ? 'This is you: nobody reviews themselves. Until somebody else decides it, it stays not reviewed.'
        : 'This is you: nobody reviews themselves. Somebody else has to decide it before you can sign off.';
    return html`<p class="quiet">${text}</p>`;
  }
  const isBack = refused?.person === key;
  const field = (name: string) => `${name}-${anchorOf(principal)}`;
  const choice = (verdict: string, label: string) =>
    html`<label class="choice"><input type="radio" name="verdict" value="${verdict}" required${isBack && refused.verdict === verdict && html` checked`}> ${label}</label>`;
  return html`<details${isBack && html` open`}><summary>${decision === undefined ? 'Decide' : 'Decide again'}</summary>
<form class="decide" method="post" action="/ui/reviews/${server}">
${tokenField(reader.formToken)}<input type="hidden" name="action" value="decide"><input type="hidden" name="review" value="${opened.review.id}"><input type="hidden" name="report" value="${digest}"><input type="hidden" name="person" value="${key}"><input type="hidden" name="people" value="${page}">
${isBack && html`<div class="notice bad" role="alert"><p>${refused.text}</p></div>`}
<fieldset><legend>Access of ${visibleLine(principal.name ?? principal.id)} to ${visibleLine(server)}</legend><div class="row">
${choice('keep', 'Keep')}${choice('revoke', 'Revoke and block')}</div></fieldset>
<div><label for="${field('reason')}">Reason</label>
<textarea id="${field('reason')}" name="reason" required maxlength="${REASON_CHARACTERS}" autocomplete="off">
${isBack ? (refused.reason ?? '') : ''}</textarea></div>
<div><button>Record this decision</button></div></form></details>`;
}
