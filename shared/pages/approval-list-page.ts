/** What waits for one person: enough of each request to choose which to open, oldest first. */
import { html } from 'hono/html';
import type { ApprovalSummary } from '../approvals/inbox.ts';
import { layout, type PageReader } from './layout.ts';
import { distance } from './moments.ts';
import { describeAttention } from './state-words.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface ApprovalListView {
  readonly reader: PageReader;
  /** Of this page. */
  readonly approvals: readonly ApprovalSummary[];
  /** Of all pages. */
  readonly total: number;
  /** Counts from 1. */
  readonly page: number;
  readonly pageSize: number;
  readonly nowMs: number;
}

/** An expiry closer than this is shown as near. */
const SOON_MS = 10 * 60_000;

export function approvalListPage(view: ApprovalListView): Html {
  const { reader, approvals, total, page, pageSize, nowMs } = view;
  const title = total === 0 ? 'Nothing waits for you' : `${total.toLocaleString('en-GB')} waiting for you`;
  const first = (page - 1) * pageSize;
  const body = html`<div class="heading"><h1>${title}</h1><a class="button second" href="/ui/approvals">Refresh</a></div>
${
  total === 0
    ? html`<p class="quiet">When an agent asks for something that needs your approval, it appears here.</p>`
    : html`<p class="quiet">Calls that agents asked for and that are held until you, or others, decide. Oldest first.</p>`
}
<ol class="requests" start="${first + 1}">
${approvals.map((approval) => row(approval, nowMs))}</ol>
${pager(page, first + approvals.length, total, approvals.length)}`;
  return layout({ title, reader, room: 'approvals', body });
}

function row(approval: ApprovalSummary, nowMs: number): Html {
  const { id, code, server, tool, requester, agent, createdMs, expiresMs, attention } = approval;
  const expiry = html`Expires ${distance(expiresMs, nowMs)}`;
  return html`<li>
<h2><a href="/ui/approvals/${id}">${visibleLine(tool)} <span class="quiet">on ${visibleLine(server)}</span></a></h2>
<p>${visibleLine(requester.name ?? requester.id)} through ${visibleLine(agent.name ?? agent.id)}</p>
<p class="meta"><span>Asked ${distance(createdMs, nowMs)}</span>
${expiresMs - nowMs < SOON_MS ? html`<strong class="soon">${expiry}</strong>` : html`<span>${expiry}</span>`}
<span>Code <span class="id">${code}</span></span></p>
${attention !== undefined && html`<p><span class="badge warn">Needs attention: ${visibleLine(describeAttention(attention))}</span></p>`}
</li>
`;
}

function pager(page: number, last: number, total: number, shown: number): Html {
  if (page === 1 && last >= total) return html``;
  const range =
    shown === 0 ? 'Nothing on this page' : `${last - shown + 1} to ${last} of ${total.toLocaleString('en-GB')}`;
  return html`<nav class="pager" aria-label="Pages">
${page > 1 && html`<a class="button second" rel="prev" href="/ui/approvals?page=${page - 1}">Previous</a>`}
${last < total && shown > 0 && html`<a class="button second" rel="next" href="/ui/approvals?page=${page + 1}">Next</a>`}
<span class="quiet">${range}</span></nav>`;
}
