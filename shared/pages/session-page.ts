/**
 * One session: who, when, what was delivered and what it is worth as proof; then everything in its order, each call to be
 * opened. What does not verify is not told, and the page says that it is missing.
 */
import { html } from 'hono/html';
import type { RecordProof, SegmentProof } from '../sessions/read-session.ts';
import type { SessionView } from '../sessions/session-desk.ts';
import type { StoryItem } from '../sessions/story.ts';
import { sumExposure } from '../sessions/sum-exposure.ts';
import { exposureChips } from './exposure-chips.ts';
import { layout, type PageReader } from './layout.ts';
import { moment } from './moments.ts';
import { type ItemView, sessionItem } from './session-item.ts';
import { describeProof } from './session-words.ts';
import { type Html, visibleLine } from './visible-text.ts';

export interface SessionPageView {
  readonly reader: PageReader;
  readonly view: SessionView;
  /** Of the timeline, those on this page, with what they hold. */
  readonly items: readonly ItemView[];
  /** Of all pages. */
  readonly total: number;
  /** Counts from 1. */
  readonly page: number;
  readonly pages: number;
  readonly proofOf: (item: StoryItem) => RecordProof;
}

export function sessionPage(given: SessionPageView): Html {
  const { reader, view, items, total, page, pages } = given;
  const { session } = view;
  const people = peopleOf(view.items);
  const title = `${people[0] ?? 'Session'} on ${session.server === '_gateway' ? 'the gateway itself' : session.server}`;
  const body = html`<p class="small"><a href="/ui/sessions">All sessions</a></p>
<div class="heading"><h1>${visibleLine(title)}</h1></div>
${proofNotice(view)}
${view.leftOut > 0 && html`<div class="notice warn"><p>${view.leftOut.toLocaleString('en-GB')} more things happened than a page holds; what is counted here leaves them out. sallyport replay reads all of them from the blobs.</p></div>`}
${headSection(view, people)}
<section aria-labelledby="timeline"><h2 id="timeline">${total === 0 ? 'Nothing to show' : 'What happened'}</h2>
<ol class="timeline">
${items.map((item, at) => html`${isNewDay(items[at - 1], item) && dayMark(item)}${sessionItem(item, session.id, given.proofOf(item.item))}`)}</ol></section>
${pager(session.id, page, pages, total)}
${segmentSection(view.proof.segments)}`;
  // A name may hold what a title can't make visible.
  return layout({ title: `Session on ${session.server}`, reader, room: 'sessions', body });
}

function isNewDay(before: ItemView | undefined, { item }: ItemView): boolean {
  return before === undefined || dayOf(before.item.timeMs) !== dayOf(item.timeMs);
}

const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

function dayMark({ item }: ItemView): Html {
  return html`<li class="day"><time datetime="${dayOf(item.timeMs)}">${DAY.format(item.timeMs)}</time></li>
`;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function proofNotice({ proof }: SessionView): Html {
  const { title, text, tone } = describeProof(proof);
  return html`<div class="notice ${tone}"><h2>${title}</h2><p>${text}</p></div>`;
}

function peopleOf(items: readonly StoryItem[]): readonly string[] {
  const names = items.flatMap((item) => {
    if (item.kind === 'call' || item.kind === 'delivery') return item.call.principal.name ?? item.call.principal.id;
    return item.kind === 'view' ? (item.by.principal.name ?? item.by.principal.id) : [];
  });
  return [...new Set(names)];
}

function headSection({ items, session }: SessionView, people: readonly string[]): Html {
  const [first, last] = [items[0], items.at(-1)];
  const agents = [
    ...new Set(items.flatMap((item) => (item.kind === 'call' ? (item.call.agent.name ?? item.call.agent.id) : []))),
  ];
  const delivered = sumExposure(
    ...items.flatMap((item) =>
      item.kind === 'call' || item.kind === 'delivery' || item.kind === 'stray' ? [item.exposure] : [],
    ),
  );
  const seen = sumExposure(...items.flatMap((item) => (item.kind === 'view' ? [item.exposure] : [])));
  const lines = (names: readonly string[]) =>
    names.length === 0
      ? 'Nobody known'
      : html`${names.slice(0, 10).map((name, n) => html`${n > 0 && ', '}${visibleLine(name)}`)}${names.length > 10 && ', …'}`;
  return html`<section class="sheet" aria-labelledby="who"><h2 id="who">Who and when</h2>
<dl class="facts">
<div><dt>Who</dt><dd>${lines(people)}</dd></div>
${agents.length > 0 && html`<div><dt>Agent</dt><dd>${lines(agents)}</dd></div>`}
<div><dt>Server</dt><dd>${visibleLine(session.server)}</dd></div>
${first && last && html`<div><dt>When</dt><dd>${moment(first.timeMs)}${last.timeMs - first.timeMs >= 60_000 && html` to ${moment(last.timeMs)}`}</dd></div>`}
<div><dt>What</dt><dd>${describeCounts(items)}</dd></div>
<div><dt>Delivered</dt><dd>${exposureChips(delivered)}</dd></div>
${seen.length > 0 && html`<div><dt>Seen by who looked</dt><dd>${exposureChips(seen)}</dd></div>`}
<div><dt>Session</dt><dd><span class="id">${visibleLine(session.id)}</span></dd></div>
</dl></section>`;
}

function describeCounts(items: readonly StoryItem[]): string {
  const calls = items.filter((item) => item.kind === 'call');
  const counted: readonly (readonly [number, string, string])[] = [
    [calls.filter(({ status }) => status !== 'refused' && status !== 'held').length, 'call', 'calls'],
    [calls.filter(({ status }) => status === 'held').length, 'held', 'held'],
    [calls.filter(({ status }) => status === 'refused').length, 'refused', 'refused'],
    [items.filter(({ kind }) => kind === 'delivery').length, 'kept answer collected', 'kept answers collected'],
    [items.filter(({ kind }) => kind === 'view').length, 'look', 'looks'],
    [items.filter(({ kind }) => kind === 'turned-away').length, 'turned away', 'turned away'],
  ];
  const words = counted.filter(([count]) => count > 0);
  if (words.length === 0) return 'Nothing but what is listed below';
  return words
    .map(([count, one, several]) => `${count.toLocaleString('en-GB')} ${count === 1 ? one : several}`)
    .join(', ');
}

function pager(id: string, page: number, pages: number, total: number): Html {
  if (pages <= 1) return html``;
  return html`<nav class="pager" aria-label="Pages">
${page > 1 && html`<a class="button second" rel="prev" href="/ui/sessions/${id}?page=${page - 1}">Earlier</a>`}
${page < pages && html`<a class="button second" rel="next" href="/ui/sessions/${id}?page=${page + 1}">Later</a>`}
<span class="quiet">Page ${page} of ${pages.toLocaleString('en-GB')}, ${total.toLocaleString('en-GB')} in all</span></nav>`;
}

const STATES: Readonly<Record<SegmentProof['state'], string>> = {
  'intact-closed': 'intact, closed',
  'open-or-cut-off': 'intact so far: still open, or its writer ended',
  tampered: 'does not verify',
  expired: 'gone, past its retention',
  unreadable: 'could not be read',
};

/** What an auditor hands to `verify`, and where the first bad record stands. */
function segmentSection(segments: readonly SegmentProof[]): Html {
  const isBad = segments.some(({ fault, state }) => fault !== undefined || state === 'unreadable');
  return html`<details class="sheet"${isBad && html` open`}><summary>Segments: ${segments.length}</summary>
<ul class="plain">${segments.map(
    ({ container, segment, state, lines, sealedLines, seal, fault }) => html`<li>
<p class="id">${visibleLine(`${container}/${segment}`)}</p>
<p>${STATES[state]}, ${lines} ${lines === 1 ? 'record' : 'records'}${seal === undefined ? ', not sealed yet' : html`, ${sealedLines} of them sealed, as of seal ${seal}`}</p>
${fault && html`<p><span class="badge bad">${fault.code}</span>${fault.seq !== undefined && html` record ${fault.seq}:`} ${visibleLine(fault.detail)}</p>`}</li>`,
  )}</ul></details>`;
}
