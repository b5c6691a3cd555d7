/** The parts of a review beside its people: what was held, who looked, who is blocked, and what it does not show. */
import { html } from 'hono/html';
import type { HeldCall, ReviewReport } from '../reviews/report.ts';
import { exposureChips } from './exposure-chips.ts';
import { moment } from './moments.ts';
import { VIEWED_WORDS } from './review-words.ts';
import { describeState } from './state-words.ts';
import { type Html, visibleLine, visibleText } from './visible-text.ts';

const MOST_HELD = 50;
const MOST_VIEWERS = 50;

export function heldSection({ held, furtherHeld }: ReviewReport): Html {
  const shown = held.slice(0, MOST_HELD);
  const further = held.length - shown.length + furtherHeld;
  return html`<section class="sheet" aria-labelledby="held"><h2 id="held">Held calls, and who decided</h2>
${held.length === 0 && html`<p class="quiet">No call was held.</p>`}
<ul class="plain">${shown.map(heldRow)}</ul>
${further > 0 && html`<p class="quiet small">${further.toLocaleString('en-GB')} more; the export has those that were counted one by one.</p>`}</section>`;
}

function heldRow({ approval, tool, requester, at, justification, decisions, ended, deliveries }: HeldCall): Html {
  const who = requester === undefined ? 'somebody' : visibleLine(requester.name ?? requester.id);
  return html`<li><p><span class="policy">${visibleLine(tool)}</span> asked for by ${who}, ${moment(Date.parse(at))}${ended && html` · ${outcomeOf(ended.event)}`}</p>
${justification !== undefined && html`<blockquote class="text small">${visibleText(justification)}</blockquote>`}
${decisions.map(({ by, verdict, reason, at: when }) => html`<p class="small"><span class="badge ${verdict === 'approve' ? 'good' : 'bad'}">${verdict === 'approve' ? 'Approved' : 'Denied'}</span> by ${visibleLine(by.name ?? by.id)}, ${moment(Date.parse(when))}${reason !== '' && html`: ${visibleLine(reason)}`}</p>`)}
<p class="quiet small">${deliveries > 0 && `Its answer was collected ${deliveries === 1 ? 'once' : `${deliveries} times`}. `}<a href="/ui/approvals/${approval}">The request</a></p></li>`;
}

function outcomeOf(event: string): string {
  switch (event) {
    case 'approved':
    case 'denied':
    case 'expired':
    case 'cancelled':
    case 'failed':
    case 'unknown':
      return describeState(event).label.toLowerCase();
    default:
      return event;
  }
}

export function viewSection({ views }: ReviewReport): Html {
  const shown = views.slice(0, MOST_VIEWERS);
  return html`<section class="sheet" aria-labelledby="views"><h2 id="views">Who looked</h2>
${views.length === 0 && html`<p class="quiet">Nobody looked at held calls, records or reviews of this server.</p>`}
<ul class="plain">${shown.map(
    ({ by, what, count, last, exposure }) =>
      html`<li><p>${visibleLine(by.name ?? by.id)} looked at ${VIEWED_WORDS[what] ?? what}, ${count === 1 ? 'once' : `${count.toLocaleString('en-GB')} times`}, last on ${moment(Date.parse(last))}</p>
${exposure.length > 0 && exposureChips(exposure)}</li>`,
  )}</ul>
${views.length > shown.length && html`<p class="quiet small">${views.length - shown.length} more in the export.</p>`}</section>`;
}

export function blockSection({ blocks }: ReviewReport): Html {
  if (blocks.length === 0) return html``;
  return html`<section class="sheet" aria-labelledby="blocks"><h2 id="blocks">Blocked when this was built</h2>
<ul class="plain">${blocks.map(
    ({ principal, everywhere, reason, until }) =>
      html`<li><p><span class="id">${visibleLine(principal)}</span> ${everywhere ? 'everywhere' : 'on this server'}, ${until === undefined ? 'until it is removed' : html`until ${moment(Date.parse(until))}`}</p><p class="text small">${visibleText(reason)}</p></li>`,
  )}</ul></section>`;
}

export function limitSection({ notShown, proof, entitlements, totals }: ReviewReport): Html {
  const { faults, seal } = proof;
  return html`<section class="sheet" aria-labelledby="limits"><h2 id="limits">What the records do not show</h2>
${
  faults.length > 0 &&
  html`<div class="notice bad"><h3>What does not verify</h3><ul class="plain small">${faults.map(
    ({ where, code, detail }) =>
      html`<li><span class="digest">${visibleLine(where)}</span><br>${visibleLine(detail)} (${code})</li>`,
  )}</ul></div>`
}
<dl class="facts">
<div><dt>Calls</dt><dd>${totals.calls.toLocaleString('en-GB')}, of them ${totals.ran.toLocaleString('en-GB')} ran, ${totals.refused.toLocaleString('en-GB')} refused, ${totals.held.toLocaleString('en-GB')} held, ${totals.unknown.toLocaleString('en-GB')} unknown, ${totals.unfinished.toLocaleString('en-GB')} unfinished</dd></div>
<div><dt>Proof</dt><dd>${seal === undefined ? 'no seal yet' : html`seals ${proof.from ?? 1} to ${seal.number}, the last of ${moment(Date.parse(seal.time))}<br><span class="digest">sha256 ${seal.sha256}</span>`}<br><span class="quiet small">Anybody with the public key can check it: sallyport verify.</span></dd></div>
<div><dt>Who could</dt><dd>${visibleLine(entitlements.note)}</dd></div></dl>
<ul class="limits small">${notShown.map((line) => html`<li>${visibleLine(line)}</li>`)}</ul></section>`;
}
