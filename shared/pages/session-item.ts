/** One item of a session's timeline: a line that says what happened, and, where there is more, what is behind it. */
import { html } from 'hono/html';
import type { RecordProof } from '../sessions/read-session.ts';
import type { CallItem, RecordPlace, StoryItem } from '../sessions/story.ts';
import type { Actor } from '../transcripts/entry.ts';
import { parseSegmentName } from '../transcripts/layout.ts';
import { exposureChips } from './exposure-chips.ts';
import { recordedContent } from './recorded-content.ts';
import { HAPPENING_WORDS, PROOF_WORDS, STATUS_WORDS } from './session-words.ts';
import { type Html, visibleLine, visibleText } from './visible-text.ts';

/** What was loaded of a content: `later` is on the item's own page. */
export type Loaded = { readonly value: unknown } | 'later' | 'unreadable';

export interface ItemView {
  readonly item: StoryItem;
  readonly request?: Loaded;
  readonly answer?: Loaded;
  readonly events?: readonly Loaded[];
  /** Characters of each content that are shown. */
  readonly max: number;
}

/** Names a record within its session: no day is needed, a writer's segments are numbered. */
export function recordName({ segment, seq }: RecordPlace): string {
  const { writer = '', number = 0 } = parseSegmentName(segment) ?? {};
  return `${writer}-${number}-${seq}`;
}

export function sessionItem(view: ItemView, session: string, proof: RecordProof): Html {
  const { item } = view;
  const more = details(view, `/ui/sessions/${session}?record=${recordName(item.at)}`);
  const words = PROOF_WORDS[proof];
  const marks = proof === 'sealed' ? undefined : html`<span class="badge ${words.tone}">${words.label}</span>`;
  const head = html`<span class="when">${clock(item.timeMs)}</span> <span class="what">${headline(item)}</span> ${badge(item)} ${marks}`;
  const chips = 'exposure' in item && item.exposure.length > 0 && exposureChips(item.exposure);
  return html`<li id="r-${recordName(item.at)}" class="event">
${more ? html`<details><summary>${head}</summary><div class="inside">${more}</div></details>` : html`<p class="line">${head}</p>`}
${chips}</li>
`;
}

/** With seconds: what follows what is what a timeline is for. */
function clock(ms: number): Html {
  const date = new Date(ms).toISOString();
  return html`<time datetime="${date}" title="${date}">${date.slice(11, 19)}</time>`;
}

function badge(item: StoryItem): Html {
  if (item.kind !== 'call') return html``;
  const { label, tone } = STATUS_WORDS[item.status];
  return html`<span class="badge ${tone}">${label}</span>`;
}

function headline(item: StoryItem): Html {
  switch (item.kind) {
    case 'call':
      return callName(item.call);
    case 'delivery':
      return html`Kept answer of ${callName(item.call)} collected`;
    case 'approval':
      return html`${item.event === 'decided' ? decision(item.verdict, item.by) : HAPPENING_WORDS[item.event]}`;
    case 'view':
      return html`${actor(item.by)} looked at ${lookedAt(item.what)}`;
    case 'administration':
      return html`${visibleLine(item.action)}${item.by && html` by ${actor(item.by)}`}`;
    case 'turned-away':
      return html`Turned away: ${visibleLine(item.code)}`;
    case 'recovery':
      return html`A segment whose writer had ended was put on record`;
    case 'stray':
      return html`An outcome without its call`;
  }
}

function callName({ method, target }: CallItem['call']): Html {
  if (method === 'tools/call' && target !== undefined) return html`<span class="tool">${visibleLine(target)}</span>`;
  return html`<span class="tool">${visibleLine(method)}</span>${target !== undefined && html` ${visibleLine(target)}`}`;
}

function decision(verdict: 'approve' | 'deny' | undefined, by: Actor | undefined): Html {
  const word = verdict === 'approve' ? 'Approved' : verdict === 'deny' ? 'Denied' : 'Decided';
  return html`${word}${by && html` by ${actor(by)}`}`;
}

function actor({ principal }: Actor): Html {
  return visibleLine(principal.name ?? principal.id);
}

function lookedAt(what: string): string {
  const things: Readonly<Record<string, string>> = {
    approval: 'a request',
    session: 'a session',
    sessions: 'the list of sessions',
    review: 'a review',
    export: 'an export',
    ask: 'a question about exposure',
    home: 'the home page',
  };
  return things[what] ?? what;
}

/** Undefined where the line says it all. */
function details(view: ItemView, href: string): Html | undefined {
  const { item } = view;
  const contents = [
    content(view.request, item.kind === 'call' || item.kind === 'approval' ? 'Request' : 'Content', view.max, href),
    ...(view.events ?? []).map((event, n) => content(event, `Message ${n + 1} before the answer`, view.max, href)),
    content(view.answer, 'Answer', view.max, href),
  ];
  const facts = factsOf(item);
  const words = 'reason' in item && item.reason !== undefined ? quoted('Reason', item.reason) : undefined;
  const justification =
    item.kind === 'call' && item.justification !== undefined
      ? quoted('Why, in the agent’s own words; nobody has verified them', item.justification)
      : undefined;
  if (facts.length === 0 && !words && !justification && contents.every((one) => one === undefined)) return undefined;
  return html`${facts.length > 0 && html`<dl class="facts">${facts}</dl>`}${justification}${words}${contents}
<p class="quiet small">Record ${item.at.seq} of its segment · <a href="${href}">by itself</a></p>`;
}

function quoted(title: string, text: string): Html {
  return html`<p class="quiet small">${title}</p><blockquote class="text">${visibleText(text)}</blockquote>`;
}

function content(loaded: Loaded | undefined, title: string, max: number, href: string): Html | undefined {
  if (loaded === undefined) return undefined;
  const head = html`<h3 class="small">${title} <span class="quiet">as recorded, masked</span></h3>`;
  if (loaded === 'later') return html`${head}<p><a href="${href}">It is large: show it by itself</a></p>`;
  if (loaded === 'unreadable')
    return html`${head}<p class="quiet">It could not be read, or is too large for a page.</p>`;
  return html`${head}${recordedContent(loaded.value, { max, href })}`;
}

function fact(name: string, value: unknown): readonly Html[] {
  return value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`];
}

function factsOf(item: StoryItem): readonly Html[] {
  switch (item.kind) {
    case 'call':
      return callFacts(item);
    case 'approval':
      return [
        ...fact('Approval', approvalLink(item.approval)),
        ...fact('Channel', item.by?.channel),
        ...fact(
          'Details',
          item.detail === undefined || item.event === 'decided' ? undefined : visibleLine(item.detail),
        ),
      ];
    case 'delivery':
      return [
        ...fact('Approval', approvalLink(item.approval)),
        ...fact('Withheld', item.error && visibleLine(`${item.error.code}: ${item.error.detail}`)),
      ];
    case 'view':
      return [
        ...fact('What', item.subject === undefined ? undefined : visibleLine(item.subject)),
        ...fact('Channel', item.by.channel),
      ];
    case 'administration':
      return fact('Details', visibleLine(item.detail));
    case 'turned-away':
      return [...fact('Details', visibleLine(item.detail)), ...fact('Address', visibleLine(item.address))];
    case 'recovery':
      return [
        ...fact('Segment', html`<span class="id">${visibleLine(item.segment)}</span>`),
        ...fact('Left unfinished', `${item.unfinishedCount} calls`),
      ];
    case 'stray':
      return [
        ...fact('Call', html`<span class="id">${visibleLine(item.callId)}</span>`),
        ...fact('Status', item.status),
      ];
  }
}

const VERDICTS = { allow: 'Allowed', hold: 'Held', deny: 'Denied' } as const;

function callFacts(item: CallItem): readonly Html[] {
  const { call, decision: said, refusal, approval, durationMs, error, credential, httpStatus, events } = item;
  const { policies, reasons = [], quorums = [] } = said;
  const verdict = html`${VERDICTS[said.verdict]}${policies.length > 0 && html` by ${policies.map((id, n) => html`${n > 0 && ', '}<span class="policy">${visibleLine(id)}</span>`)}`}`;
  return [
    ...fact('Decision', verdict),
    ...fact(
      'Because',
      reasons.length > 0 ? reasons.map((reason, n) => html`${n > 0 && html`<br>`}${visibleLine(reason)}`) : undefined,
    ),
    ...fact(
      item.status === 'held' ? 'Needs' : 'Quorums met',
      quorums.length > 0 ? visibleLine(quorums.join(', ')) : undefined,
    ),
    ...fact(
      'Refused',
      refusal && visibleLine(`${refusal.code} (${refusal.stage})${refusal.detail === '' ? '' : `: ${refusal.detail}`}`),
    ),
    ...fact('Approval', approval === undefined ? undefined : approvalLink(approval)),
    ...fact('Error', error && visibleLine(`${error.code}: ${error.detail}`)),
    ...fact(
      'Took',
      durationMs === undefined
        ? undefined
        : `${durationMs.toLocaleString('en-GB')} ms${httpStatus === undefined ? '' : `, HTTP ${httpStatus}`}`,
    ),
    ...fact('Messages', events > 0 ? `${events.toLocaleString('en-GB')} before the answer` : undefined),
    ...fact(
      'Credential',
      credential &&
        html`${visibleLine(credential.secret)}, version <span class="id">${visibleLine(credential.version)}</span>`,
    ),
    ...fact('From', html`${visibleLine(call.address)}, ${call.era}`),
    ...fact('Call', html`<span class="id">${visibleLine(call.id)}</span>`),
  ];
}

function approvalLink(approval: string): Html {
  return html`<a class="id" href="/ui/approvals/${approval}">${visibleLine(approval)}</a>`;
}
