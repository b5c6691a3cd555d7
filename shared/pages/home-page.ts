/** The first page: what waits for me, how the record stands, what left this week, what needs a person. Each their own. */
import { html } from 'hono/html';
import { exposureChips } from './exposure-chips.ts';
import type { HomeFacts, Known, SealFacts, ServerWeek } from './home-facts.ts';
import { layout, type PageReader } from './layout.ts';
import { distance } from './moments.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface HomeView {
  readonly reader: PageReader;
  readonly facts: HomeFacts;
  readonly nowMs: number;
}

/** The sealer runs every few minutes: a seal that is older means that it doesn't. */
const SEAL_LATE_MS = 30 * 60_000;

export function homePage({ reader, facts, nowMs }: HomeView): Html {
  const { waiting, seal, week, attention, blocks } = facts;
  const body = html`<h1>Home</h1>
${waitingSection(waiting, nowMs)}
${attention !== undefined && attentionSection(attention)}
${seal !== undefined && sealSection(seal, nowMs)}
${week !== undefined && weekSection(week)}
${blocks !== undefined && blocksSection(blocks)}`;
  return layout({ title: 'Home', reader, body });
}

function section(id: string, title: string, content: Html): Html {
  return html`<section class="sheet" aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>
`;
}

const unavailable = html`<p class="notice warn">This can’t be found out just now. Try again in a minute.</p>`;

function waitingSection(waiting: HomeFacts['waiting'], nowMs: number): Html {
  const title = 'Waiting for your decision';
  if (waiting === 'unavailable') return section('waiting', title, unavailable);
  const { approvals, total } = waiting;
  if (total === 0) return section('waiting', title, html`<p class="quiet">Nothing waits for you.</p>`);
  const rows = approvals.map(
    ({
      id,
      tool,
      server,
      requester,
      expiresMs,
    }) => html`<li><a href="/ui/approvals/${id}">${visibleLine(tool)} on ${visibleLine(server)}</a>
<span class="meta"><span>${visibleLine(requester.name ?? requester.id)}</span><span>expires ${distance(expiresMs, nowMs)}</span></span></li>
`,
  );
  const more =
    total > approvals.length && html`<p><a href="/ui/approvals">All ${total.toLocaleString('en-GB')}</a></p>`;
  return section('waiting', title, html`<ul class="plain">${rows}</ul>${more}`);
}

function attentionSection(attention: Known<number>): Html {
  const title = 'Needs a person';
  if (attention === 'unavailable') return section('attention', title, unavailable);
  if (attention === 0) return section('attention', title, html`<p class="quiet">No request needs attention.</p>`);
  const words = attention === 1 ? 'One request needs' : `${attention.toLocaleString('en-GB')} requests need`;
  return section(
    'attention',
    title,
    html`<p class="notice warn">${words} attention: <span class="id">sallyport approvals attention</span> lists them.</p>`,
  );
}

function sealSection(seal: Known<SealFacts | 'none'>, nowMs: number): Html {
  const title = 'The record';
  if (seal === 'unavailable') return section('record', title, unavailable);
  if (seal === 'none') {
    const text = 'Nothing is sealed yet: only the writers’ own signatures cover the records.';
    return section('record', title, html`<p class="notice warn">${text}</p>`);
  }
  const { number, timeMs, verifies, left } = seal;
  const isLate = nowMs - timeMs > SEAL_LATE_MS;
  return section(
    'record',
    title,
    html`<p>Seal ${number.toLocaleString('en-GB')}, ${distance(timeMs, nowMs)}
${verifies ? html`<span class="badge good">verifies</span>` : html`<span class="badge bad">does not verify</span>`}</p>
${isLate && html`<p class="notice warn">It is late: a seal is due every few minutes.</p>`}
${left > 0 && html`<p class="notice warn">${left.toLocaleString('en-GB')} changed segments were not in it yet.</p>`}
<p class="quiet small">Its signature and its link to the seal before it were checked just now. <span class="id">sallyport verify</span> checks every record.</p>`,
  );
}

function weekSection(week: Known<readonly ServerWeek[]>): Html {
  const title = 'Exposure in the last seven days';
  if (week === 'unavailable') return section('week', title, unavailable);
  const servers = week.map(serverWeek);
  return section(
    'week',
    title,
    html`${servers.length === 0 ? html`<p class="quiet">There is no server whose records you may see.</p>` : servers}
<p class="quiet small">As far as records are sealed; what is newer is not in it.</p>`,
  );
}

function serverWeek({ server, sessions, calls, exposure, isPartial }: ServerWeek): Html {
  const counts = `${count(calls, 'call')} in ${count(sessions, 'session')}`;
  return html`<div class="stack"><h3>${visibleLine(server)}</h3>
<p>${calls === 0 ? 'No calls.' : `${counts}.`}${isPartial && ' There were more sessions than are added up here.'}</p>
${calls > 0 && exposureChips(exposure)}
<p><a href="/ui/sessions?server=${server}">Sessions</a> · <a href="/ui/reviews/${server}">Review</a></p></div>
`;
}

function blocksSection(blocks: Known<number>): Html {
  const title = 'Blocks';
  if (blocks === 'unavailable') return section('blocks', title, unavailable);
  const words = blocks === 0 ? 'Nobody is blocked.' : `${count(blocks, 'block')} in force.`;
  return section('blocks', title, html`<p>${words} <span class="id">sallyport block list</span> shows them.</p>`);
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en-GB')} ${noun}${number === 1 ? '' : 's'}`;
}
