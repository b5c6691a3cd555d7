/**
 * Lists of sessions and one session (DESIGN §6). Who may see what, and that they looked, is the desk's to say; here stand
 * the form, the pages, and how much of what was recorded is put on one.
 */
import type { Hono } from 'hono';
import { openTimeline } from '../sessions/open-timeline.ts';
import { readContent } from '../sessions/read-content.ts';
import { createItemProofs } from '../sessions/read-session.ts';
import { filterShape, formatAfter, readAfter, readFilter } from '../sessions/session-filter.ts';
import type { SessionRange } from '../sessions/session-index.ts';
import type { RecordContent, StoryItem } from '../sessions/story.ts';
import type { TranscriptReader } from '../transcripts/segment-store.ts';
import { notFoundPage } from './message-page.ts';
import type { PageContext, PageEnv, PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';
import { type ItemView, type Loaded, recordName } from './session-item.ts';
import { sessionListPage } from './session-list-page.ts';
import { sessionPage } from './session-page.ts';

const LIST_SIZE = 25;
const TIMELINE_SIZE = 50;
const MAX_PAGE = 10_000;

/** Of each content on the timeline, and on a record's own page; characters, and bytes of a side blob. */
const SHORT = { max: 6_000, bytes: 0 } as const;
const LONG = { max: 1_000_000, bytes: 8 * 1024 * 1024 } as const;

export function addSessions(app: Hono<PageEnv>, parts: PageParts): void {
  const session = requireSession(parts);
  app.get('/ui/sessions', session, (c) => list(c, parts));
  app.get('/ui/sessions/:id', session, (c) => show(c, parts, c.req.param('id')));
}

async function list(c: PageContext, { desk }: PageParts): Promise<Response> {
  const { person, reader } = c.var;
  const servers = desk.servers(person);
  if (servers.length === 0) return c.html(notFoundPage(reader), 404);
  const query = c.req.query();
  const fields = Object.fromEntries(Object.keys(filterShape).map((name) => [name, query[name] ?? '']));
  const after = readAfter(query.after ?? '');
  const read = readFilter(fields);
  const view = { reader, servers, fields, isFirst: after === undefined };
  if (!read.ok) return c.html(sessionListPage({ ...view, sessions: [], isCut: false, wrong: read.wrong }), 422);
  const found = await desk.list(person, read.filter, after, LIST_SIZE);
  // A server that is not there, or not theirs, has no sessions: nobody learns which.
  const { sessions, next, isCut } = found ?? { sessions: [], isCut: false };
  const older = next && addressOfPage(fields, next);
  return c.html(sessionListPage({ ...view, sessions, isCut, wrong: [], ...(older !== undefined && { older }) }));
}

function addressOfPage(fields: Readonly<Record<string, string>>, next: NonNullable<SessionRange['after']>): string {
  const filled = Object.entries(fields).filter(([, value]) => value !== '');
  return `/ui/sessions?${new URLSearchParams([...filled, ['after', formatAfter(next)]])}`;
}

async function show(c: PageContext, { desk }: PageParts, id: string): Promise<Response> {
  const { person, reader } = c.var;
  const record = c.req.query('record');
  let [total, page, pages] = [0, 1, 1];
  const opened = await openTimeline(desk, person, id, (all) => {
    const items = record === undefined ? all : all.filter(({ at }) => recordName(at) === record);
    total = items.length;
    pages = Math.max(1, Math.ceil(total / TIMELINE_SIZE));
    page = Math.min(toPage(c.req.query('page')), pages);
    return items.slice((page - 1) * TIMELINE_SIZE, page * TIMELINE_SIZE);
  });
  if (opened === undefined || (record !== undefined && total === 0)) return c.html(notFoundPage(reader), 404);
  const { view } = opened;
  const bounds = record === undefined ? SHORT : LONG;
  const items = await Promise.all(opened.items.map((item) => loadItem(opened.reader, item, bounds)));
  const proofOf = createItemProofs(view.proof);
  return c.html(sessionPage({ reader, view, items, total, page, pages, proofOf }));
}

function toPage(text: string | undefined): number {
  return /^[1-9][0-9]{0,4}$/.test(text ?? '') ? Math.min(Number(text), MAX_PAGE) : 1;
}

interface Bounds {
  readonly max: number;
  readonly bytes: number;
}

async function loadItem(reader: TranscriptReader, item: StoryItem, { max, bytes }: Bounds): Promise<ItemView> {
  const load = async (content: RecordContent | undefined): Promise<Loaded | undefined> => {
    if (content === undefined) return undefined;
    if (content.kind === 'inline') return { value: content.value };
    if (content.kind === 'left-out' || bytes === 0) return 'later';
    return (await readContent(reader, content, bytes)) ?? 'unreadable';
  };
  const [request, answer] = await Promise.all([
    load('request' in item ? item.request : undefined),
    load('answer' in item ? item.answer : undefined),
  ]);
  const events = item.kind === 'call' ? await Promise.all(item.eventContents.map(load)) : [];
  return {
    item,
    max,
    ...(request !== undefined && { request }),
    ...(answer !== undefined && { answer }),
    ...(events.length > 0 && { events: events.filter((event) => event !== undefined) }),
  };
}
