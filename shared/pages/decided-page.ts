/** What became of a decision, after its form was sent: reached by a redirect, so that reloading sends nothing again. */
import { html } from 'hono/html';
import type { Verdict } from '../approvals/approval.ts';
import type { ApprovalView } from '../approvals/inbox.ts';
import { layout, type PageReader } from './layout.ts';
import { describeState } from './state-words.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface DecidedView {
  readonly reader: PageReader;
  readonly approvalId: string;
  readonly verdict: Verdict;
  readonly isRepeat: boolean;
  /** As it is now; absent where it is not this person's to see any more. */
  readonly approval?: ApprovalView;
}

export function decidedPage({ reader, approvalId, verdict, isRepeat, approval }: DecidedView): Html {
  const word = verdict === 'approve' ? 'approved' : 'denied';
  const title = isRepeat ? `You had already ${word} this request` : `You ${word} this request`;
  const what = approval && html`${visibleLine(approval.tool)} on ${visibleLine(approval.server)}`;
  const body = html`<h1>${title}</h1>
<div class="notice ${verdict === 'approve' ? 'good' : 'bad'}">${what && html`<p><strong>${what}</strong></p>`}
<p>Your decision is recorded under your name.</p>
<p>${approval ? describeNow(approval, verdict) : 'It is being applied.'}</p></div>
<p class="pager"><a class="button" href="/ui/approvals">See what else waits for you</a>
<a class="button second" href="/ui/approvals/${approvalId}">Look at this request</a></p>`;
  return layout({ title, reader, room: 'approvals', body });
}

/** A decision is applied a moment after it was recorded, so the state may still be the one before it. */
function describeNow({ state, needs }: ApprovalView, verdict: Verdict): string {
  if (state !== 'pending') return describeState(state).meaning;
  if (verdict === 'deny' || needs.length === 0) return 'It is being applied.';
  return 'It is being applied. If other people have to approve too, the request waits for them.';
}
