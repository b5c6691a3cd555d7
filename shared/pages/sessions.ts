/**
 * Lists of sessions and one session (DESIGN §6). Who may see what, and that they looked, is the desk's to say; here stand
 * the form, the pages, and how much of what was recorded is put on one.
 */
import type { Hono } from 'hono';
import { readContent } from '../sessions/read-content.ts';
import { createItemProofs } from '../sessions/read-session.ts';
import type { OpenSession, SessionView } from '../sessions/session-desk.ts';
import { filterShape, readFilter } from '../sessions/session-filter.ts';
import type { SessionRange } from '../sessions/session-index.ts';
import { placeKey, type RecordContent, type StoryItem } from '../sessions/story.ts';
import { notFoundPage } from './message-page.ts';
import type { PageContext, PageEnv, PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';
import { type ItemView, type Loaded, recordName } from './session-item.ts';
import { sessionListPage } from './session-list-page.ts';
import { sessionPage } from './session-page.ts';

const LIST_SIZE = 25;
const TIMELINE_SIZE = 50;
const MAX_PAGE = 10_000;
/** Items whose content the first reading keeps: a session of so many, or its first page, is read once. */
const KEPT_AT_FIRST = 200;

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
  const after = parseAfter(query.after);
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
  return `/ui/sessions?${new URLSearchParams([...filled, ['after', `${next.lastMs}.${next.id}`]])}`;
}

function parseAfter(text: string | undefined): SessionRange['after'] {
  const [, digits, id] = /^(\d{1,15})\.([a-z0-9][a-z0-9-]{0,63})$/.exec(text ?? '') ?? [];
  return digits === undefined || id === undefined ? undefined : { lastMs: Number(digits), id };
}

async function show(c: PageContext, { desk }: PageParts, id: string): Promise<Response> {
  const { person, reader } = c.var;
  const kept = new Set<string>();
  const opened = await desk.show(person, id, (key) => {
    if (kept.size < KEPT_AT_FIRST) kept.add(key);
    return kept.has(key);
  });
  if (opened === undefined) return c.html(notFoundPage(reader), 404);

  const record = c.req.query('record');
  const all = timelineOf(opened.view);
  const items = record === undefined ? all : all.filter(({ at }) => recordName(at) === record);
  if (record !== undefined && items.length === 0) return c.html(notFoundPage(reader), 404);
  const pages = Math.max(1, Math.ceil(items.length / TIMELINE_SIZE));
  const page = Math.min(toPage(c.req.query('page')), pages);
  const chosen = items.slice((page - 1) * TIMELINE_SIZE, page * TIMELINE_SIZE);
  const shown = await withContent(opened, chosen, kept, record === undefined ? SHORT : LONG);
  const proofOf = createItemProofs(opened.view.proof);
  const view = { reader, view: opened.view, items: shown, total: items.length, page, pages, proofOf };
  return c.html(sessionPage(view));
}

/** What an approval's `held` and `joined` say, the call at the same place says too. */
function timelineOf({ items }: SessionView): readonly StoryItem[] {
  return items.filter(
    (item) => item.kind !== 'approval' || (item.event !== 'held' && item.event !== 'joined') || !item.call,
  );
}

function toPage(text: string | undefined): number {
  return /^[1-9][0-9]{0,4}$/.test(text ?? '') ? Math.min(Number(text), MAX_PAGE) : 1;
}

interface Bounds {
  readonly max: number;
  readonly bytes: number;
}

async function withContent(
  opened: OpenSession,
  chosen: readonly StoryItem[],
  kept: ReadonlySet<string>,
  bounds: Bounds,
): Promise<readonly ItemView[]> {
  const wanted = new Set(chosen.map(({ at }) => placeKey(at)));
  const isThere = [...wanted].every((key) => kept.has(key));
  const found = isThere ? opened.view : await opened.again((key) => wanted.has(key));
  const items = new Map(timelineOf(found).map((item) => [placeKey(item.at), item]));
  return Promise.all(chosen.map((item) => loadItem(opened, items.get(placeKey(item.at)) ?? item, bounds)));
}

async function loadItem({ reader }: OpenSession, item: StoryItem, { max, bytes }: Bounds): Promise<ItemView> {
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
