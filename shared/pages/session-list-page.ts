/** Sessions of the servers that somebody audits, newest first, with a form to look for some: a GET, so that it can be kept. */
import { html } from 'hono/html';
import { DECISIONS, OUTCOMES } from '../sessions/session-filter.ts';
import { countUnfinished, type SessionSummary } from '../sessions/session-summary.ts';
import { exposureChips } from './exposure-chips.ts';
import { layout, type PageReader } from './layout.ts';
import { moment } from './moments.ts';
import { namesOf } from './names-of.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface SessionListView {
  readonly reader: PageReader;
  readonly servers: readonly string[];
  /** As they were filled in. */
  readonly fields: Readonly<Record<string, string>>;
  readonly wrong: readonly string[];
  readonly sessions: readonly SessionSummary[];
  /** The address of the next page. */
  readonly older?: string;
  readonly isCut: boolean;
  readonly isFirst: boolean;
}

export function sessionListPage(view: SessionListView): Html {
  const { reader, sessions, wrong, isCut, isFirst, older } = view;
  const isFiltered = Object.values(view.fields).some((value) => value !== '');
  const body = html`<div class="heading"><h1>Sessions</h1></div>
<p class="quiet">What callers did on the servers that you audit, newest first, from verified records. What happened in the last few minutes may not be listed yet. That you look is recorded.</p>
${filterForm(view, isFiltered)}
${wrong.length > 0 && html`<div class="notice bad" role="alert"><p>Check ${wrong.join(', ')}: nothing was looked for.</p></div>`}
${sessions.length === 0 && wrong.length === 0 && emptyNotice(isFiltered, isFirst, isCut)}
<ol class="requests">
${sessions.map(row)}</ol>
${
  (older !== undefined || !isFirst) &&
  html`<nav class="pager" aria-label="Pages">
${older !== undefined && html`<a class="button second" rel="next" href="${older}">${isCut ? 'Look further back' : 'Older sessions'}</a>`}
${!isFirst && html`<a href="/ui/sessions">Back to the newest</a>`}</nav>`
}`;
  return layout({ title: 'Sessions', reader, room: 'sessions', body });
}

function emptyNotice(isFiltered: boolean, isFirst: boolean, isCut: boolean): Html {
  if (isCut) return html`<p class="quiet">None among the many that were looked through; there are older ones.</p>`;
  if (!isFirst) return html`<p class="quiet">Nothing older.</p>`;
  if (isFiltered) return html`<p class="quiet">No session fits. Try fewer words, or another time.</p>`;
  return html`<p class="quiet">No session is recorded and sealed yet.</p>`;
}

function filterForm({ servers, fields, wrong }: SessionListView, isFiltered: boolean): Html {
  const isOpen = isFiltered || wrong.length > 0;
  const text = (name: string, label: string, more: Html = html``) =>
    html`<div><label for="${name}">${label}</label><input id="${name}" name="${name}" value="${fields[name] ?? ''}" autocomplete="off"${wrong.includes(name) && html` aria-invalid="true"`}${more}></div>`;
  const choice = (name: string, label: string, any: string, options: readonly string[]) =>
    html`<div><label for="${name}">${label}</label><select id="${name}" name="${name}">
<option value="">${any}</option>${options.map((option) => html`<option value="${option}"${fields[name] === option && html` selected`}>${option}</option>`)}</select></div>`;
  return html`<details class="sheet filter"${isOpen && html` open`}><summary>Look for sessions</summary>
<form method="get" action="/ui/sessions">
<div class="fields">
${choice('server', 'Server', 'All that you audit', servers)}
${text('person', 'Person')}
${text('agent', 'Agent')}
${text('tool', 'Tool')}
${text('since', 'From', html` type="date"`)}
${text('until', 'To', html` type="date"`)}
${choice('decision', 'Decision', 'Any', DECISIONS)}
${text('class', 'Class of data')}
${choice('outcome', 'Which was', 'Anything', OUTCOMES)}
</div>
<div class="pager"><button>Show</button>${isFiltered && html`<a class="button second" href="/ui/sessions">Clear</a>`}</div>
</form></details>`;
}

const MOST_TOOLS = 6;

function row(summary: SessionSummary): Html {
  const { id, server, people, agents, tools, firstMs, lastMs, exposure, seen } = summary;
  const shown = tools.items.slice(0, MOST_TOOLS);
  const more = tools.items.length > shown.length || tools.isCut;
  return html`<li>
<h2><a href="/ui/sessions/${id}">${namesOf(people, 'Nobody known')} <span class="quiet">on ${server === '_gateway' ? 'the gateway itself' : visibleLine(server)}</span></a></h2>
<p>${agents.items.length > 0 && html`through ${namesOf(agents, '')} · `}${countsOf(summary)}</p>
${shown.length > 0 && html`<p class="policy">${shown.map((tool, n) => html`${n > 0 && ', '}${visibleLine(tool)}`)}${more && ', …'}</p>`}
${exposure.length > 0 && exposureChips(exposure)}
${seen.length > 0 && html`<p class="small">Seen in clear by who looked:</p>${exposureChips(seen)}`}
<p class="meta"><span>${moment(lastMs)}</span>${lastMs - firstMs >= 60_000 && html`<span>began ${moment(firstMs)}</span>`}</p>
</li>
`;
}

/** What there was of it, in words. */
export function countsOf(summary: SessionSummary): string {
  const { counts } = summary;
  const many = (count: number, one: string, several: string) =>
    count === 0 ? [] : [`${count.toLocaleString('en-GB')} ${count === 1 ? one : several}`];
  const words = [
    ...many(counts.allow, 'call', 'calls'),
    ...many(counts.hold, 'held', 'held'),
    ...many(counts.deny, 'refused', 'refused'),
    ...many(counts.deliveries, 'kept answer collected', 'kept answers collected'),
    ...many(counts.unknown + countUnfinished(summary), 'without a known outcome', 'without a known outcome'),
    ...many(counts.views, 'look', 'looks'),
    ...many(counts.administration, 'note of administration', 'notes of administration'),
    ...many(counts.recoveries, 'recovery', 'recoveries'),
  ];
  return words.length === 0 ? 'Nothing happened' : words.join(', ');
}
