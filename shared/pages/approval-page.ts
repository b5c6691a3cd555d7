/**
 * One request with everything needed to decide it, in the order in which a person asks: who, what, why, who else; then
 * the form. What an agent wrote is marked as such, and never stands where the gateway speaks.
 */
import { html } from 'hono/html';
import { type ApprovalView, REASON_CHARACTERS } from '../approvals/inbox.ts';
import { argumentList } from './argument-list.ts';
import { layout, type PageReader, tokenField } from './layout.ts';
import { distance, moment } from './moments.ts';
import { describeAttention, describeEndReason, describeState } from './state-words.ts';
import { type Html, visibleLine, visibleText } from './visible-text.ts';

export interface ApprovalPageView {
  readonly reader: PageReader;
  readonly approval: ApprovalView;
  readonly nowMs: number;
  /** Why the decision just sent was not taken, and what had been filled in. */
  readonly refused?: { readonly text: string; readonly verdict?: string; readonly reason: string };
}

export function approvalPage({ reader, approval, nowMs, refused }: ApprovalPageView): Html {
  const { server, tool, state } = approval;
  const words = describeState(state);
  const body = html`<div class="heading"><h1>${visibleLine(tool)} on ${visibleLine(server)}</h1>
<span class="badge ${words.tone}">${words.label}</span></div>
${
  refused &&
  html`<div class="notice bad" role="alert"><h2>Your decision was not taken</h2><p>${refused.text}</p>
${mayDecideNow(approval) && html`<p><a href="#decide">Go to the form</a></p>`}</div>`
}
${approval.attention !== undefined && html`<div class="notice warn"><p>Needs attention: ${visibleLine(describeAttention(approval.attention))}</p></div>`}
${state !== 'pending' && endedNotice(approval)}
${whoSection(approval, nowMs)}
${whatSection(approval)}
${whySection(approval)}
${quorumSection(approval)}
${state === 'pending' && decisionSection(approval, reader, refused)}`;
  return layout({ title: `${tool} on ${server}`, reader, room: 'approvals', body });
}

function mayDecideNow({ state, mayDecide }: ApprovalView): boolean {
  return state === 'pending' && mayDecide;
}

function endedNotice({ state, endReason, endedMs }: ApprovalView): Html {
  const { meaning, tone } = describeState(state);
  const why = endReason === undefined ? undefined : describeEndReason(endReason);
  return html`<div class="notice ${tone}"><p>${meaning}${endedMs !== undefined && html` That was on ${moment(endedMs)}.`}</p>
${why !== undefined && html`<p>${visibleLine(why)}</p>`}</div>`;
}

function whoSection({ requester, agent, createdMs, expiresMs, code, state }: ApprovalView, nowMs: number): Html {
  return html`<section class="sheet" aria-labelledby="who"><h2 id="who">Who asks</h2>
<dl class="facts">
<div><dt>${requester.kind === 'user' ? 'Person' : 'App'}</dt><dd>${named(requester)}</dd></div>
<div><dt>Agent</dt><dd>${named(agent)}</dd></div>
<div><dt>Asked</dt><dd>${moment(createdMs)} (${distance(createdMs, nowMs)})</dd></div>
${state === 'pending' && html`<div><dt>Expires</dt><dd>${moment(expiresMs)} (${distance(expiresMs, nowMs)})</dd></div>`}
<div><dt>Code</dt><dd><span class="id">${code}</span></dd></div>
</dl></section>`;
}

/** The id beside the name: a name is what somebody called themselves. */
function named({ id, name }: { readonly id: string; readonly name?: string }): Html {
  if (name === undefined) return html`<span class="id">${visibleLine(id)}</span>`;
  return html`${visibleLine(name)}<br><span class="id quiet">${visibleLine(id)}</span>`;
}

function whatSection(approval: ApprovalView): Html {
  return html`<section class="sheet" aria-labelledby="what"><h2 id="what">What was asked for</h2>
<dl class="facts">
<div><dt>Server</dt><dd>${visibleLine(approval.server)}</dd></div>
<div><dt>Tool</dt><dd>${visibleLine(approval.tool)}</dd></div>
</dl>
<h3 class="small">Arguments <span class="quiet">(sensitive values are masked)</span></h3>
${argumentList(approval.arguments)}</section>`;
}

function whySection({ justification, reasons, policies }: ApprovalView): Html {
  const said =
    justification === undefined
      ? html`<p class="quiet">The agent gave no reason.</p>`
      : html`<p class="quiet small">In the agent’s own words. Nobody has verified them.</p>
<blockquote class="text">${visibleText(justification)}</blockquote>`;
  return html`<section class="sheet" aria-labelledby="why"><h2 id="why">Why the agent asks</h2>
${said}</section>
<section class="sheet" aria-labelledby="held"><h2 id="held">Why a person decides</h2>
${reasons.length > 0 && html`<ul class="plain">${reasons.map((reason) => html`<li>${visibleLine(reason)}</li>`)}</ul>`}
${policies.length > 0 && html`<p class="quiet small">By policy ${policies.map((id, n) => html`${n > 0 && ', '}<span class="policy">${visibleLine(id)}</span>`)}</p>`}
</section>`;
}

function quorumSection({ needs, decisions, state }: ApprovalView): Html {
  return html`<section class="sheet" aria-labelledby="quorum"><h2 id="quorum">Decisions</h2>
${
  state === 'pending' &&
  needs.length > 0 &&
  html`<p>Still needed:</p><ul class="plain">${needs.map(
    ({ quorum, from }) =>
      html`<li>${from.map(({ group, people }, n) => html`${n > 0 && ' and '}${people} ${people === 1 ? 'person' : 'people'} from ${visibleLine(group)}`)} <span class="quiet small">(quorum ${visibleLine(quorum)})</span></li>`,
  )}</ul>`
}
${
  decisions.length === 0
    ? html`<p class="quiet">Nobody has decided yet.</p>`
    : html`<ol class="plain">${decisions.map(decisionRow)}</ol>`
}</section>`;
}

const CHANNELS = {
  page: 'on this site',
  api: 'by a command',
  'teams-reply': 'by a reply in Teams',
  'teams-flow': 'on the card in Teams',
};

function decisionRow(decision: ApprovalView['decisions'][number]): Html {
  const { person, verdict, reason, channel, decidedMs, counts } = decision;
  const [tone, word] = verdict === 'approve' ? ['good', 'Approved'] : ['bad', 'Denied'];
  return html`<li><p><span class="badge ${tone}">${word}</span> by ${visibleLine(person.name ?? person.id)}</p>
${reason !== '' && html`<p class="text">${visibleText(reason)}</p>`}
<p class="quiet small">${moment(decidedMs)}, ${CHANNELS[channel]}${!counts && html` · <strong>does not count</strong>`}</p></li>`;
}

function decisionSection(approval: ApprovalView, reader: PageReader, refused: ApprovalPageView['refused']): Html {
  if (!approval.mayDecide) {
    const why = approval.whyNot ?? 'This request is not for you to decide.';
    return html`<div class="notice"><p>${why}</p></div>`;
  }
  const choice = (verdict: string, label: string) =>
    html`<label class="choice"><input type="radio" name="verdict" value="${verdict}" required${refused?.verdict === verdict && ' checked'}> ${label}</label>`;
  return html`<section class="sheet" aria-labelledby="decide"><h2 id="decide">Your decision</h2>
<form class="decide" method="post" action="/ui/approvals/${approval.id}">
${tokenField(reader.formToken)}<input type="hidden" name="evidence" value="${approval.evidence}">
<fieldset><legend>This exact call, once</legend>
${choice('approve', 'Approve: let it run')}
${choice('deny', 'Deny: do not run it')}</fieldset>
<div><label for="reason">Reason</label>
<p class="quiet small" id="reason-help">Needed to deny. It is recorded with your decision. At most ${REASON_CHARACTERS} characters.</p>
<textarea id="reason" name="reason" maxlength="${REASON_CHARACTERS}" aria-describedby="reason-help" autocomplete="off">
${refused?.reason ?? ''}</textarea></div>
<div><button>Record my decision</button></div>
</form></section>`;
}
