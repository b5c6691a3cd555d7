/**
 * Access reviews in a browser: list, one review, decisions, sign-off, export. Who may, and that they looked, is theirs to
 * say (`reviews`); here stand that the form was ours, and that what was shown is what is decided.
 */
import type { Hono } from 'hono';
import { toCsv } from '../reviews/export-csv.ts';
import { PERIOD_HELP, readPeriodText } from '../reviews/period.ts';
import type { Period } from '../reviews/read-period.ts';
import { VERDICTS } from '../reviews/review.ts';
import type { ReviewRefusal, ReviewView, WhichReport } from '../reviews/reviews.ts';
import { readForm } from './form.ts';
import { notFoundPage } from './message-page.ts';
import { noteRefusal, type PageContext, type PageEnv, type PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';
import { reviewListPage } from './review-list-page.ts';
import { notBuiltPage, reviewPage } from './review-page.ts';
import { anchorOf, type RefusedDecision } from './review-people.ts';
import { foreignFormPage } from './sign-in.ts';

const STATUS = {
  'not-found': 404,
  'own-row': 403,
  changed: 409,
  ended: 409,
  reason: 422,
  unavailable: 503,
} as const satisfies Record<ReviewRefusal, number>;

type Status = 200 | (typeof STATUS)[ReviewRefusal];
type Form = ReadonlyMap<string, string>;

export function addReviews(app: Hono<PageEnv>, parts: PageParts): void {
  const session = requireSession(parts);
  app.get('/ui/reviews', session, (c) => list(c, parts));
  app.get('/ui/reviews/:server', session, (c) => show(c, parts, c.req.param('server'), whichOf(c, parts)));
  app.post('/ui/reviews/:server', session, (c) => act(c, parts, c.req.param('server')));
  app.get('/ui/reviews/:server/:file{export\\.(csv|json)}', session, (c) => download(c, parts, c.req.param('server')));
}

async function list(c: PageContext, { reviews, nowMs }: PageParts): Promise<Response> {
  const servers = await reviews.overview(c.var.person);
  if (servers.length === 0) return c.html(notFoundPage(c.var.reader), 404);
  return c.html(reviewListPage({ reader: c.var.reader, servers, nowMs: nowMs() }));
}

/** Undefined for an address that names no period. */
function whichOf(c: PageContext, { nowMs }: PageParts): WhichReport | undefined {
  const { review, since, until } = c.req.query();
  if (review !== undefined) return { review };
  if (since === undefined) return {};
  const period = readPeriodText(since, until, nowMs());
  return period && { period };
}

async function show(
  c: PageContext,
  { reviews, nowMs }: PageParts,
  server: string,
  which: WhichReport | undefined,
  refused?: RefusedDecision,
  status: Status = 200,
): Promise<Response> {
  const { reader } = c.var;
  const view = which && (await reviews.show(c.var.person, server, which));
  if (view === undefined) return c.html(notFoundPage(reader), 404);
  if (view === 'not-built') {
    return c.html(notBuiltPage({ reader, server, isOrdered: c.req.query('ordered') !== undefined }));
  }
  const page = toPage(c.req.query('people'));
  return c.html(reviewPage({ reader, view, page, nowMs: nowMs(), ...(refused && { refused }) }), status);
}

function toPage(text: string | undefined): number {
  return /^[1-9][0-9]{0,3}$/.test(text ?? '') ? Number(text) : 1;
}

async function act(c: PageContext, parts: PageParts, server: string): Promise<Response> {
  const { person, session } = c.var;
  const form = await readForm(c.req.raw);
  if (form === undefined || !parts.formTokens.isToken(session.id, form.get('token') ?? '')) {
    const { address } = person;
    const detail = 'a review’s form without its token';
    await noteRefusal(parts, { code: 'foreign-form', detail, address, visitor: person });
    return c.html(foreignFormPage(), 403);
  }
  switch (form.get('action')) {
    case 'build':
      return build(c, parts, server, form);
    case 'open':
      return open(c, parts, server, form);
    case 'decide':
      return decide(c, parts, server, form);
    case 'sign-off':
      return signOff(c, parts, server, form);
    default:
      return c.html(notFoundPage(c.var.reader), 404);
  }
}

async function build(c: PageContext, { reviews, nowMs }: PageParts, server: string, form: Form): Promise<Response> {
  const { reader } = c.var;
  const span = readPeriodText(form.get('since') ?? '', form.get('until'), nowMs());
  const period: Period = { server, sinceMs: 0, untilMs: 1, ...span };
  if (span === undefined) {
    // Whoever may not read it learns no more from a bad date than from a good one.
    if ((await reviews.show(c.var.person, server, {})) === undefined) return c.html(notFoundPage(reader), 404);
    const wrong = `That is no period: ${PERIOD_HELP}, the end after the beginning.`;
    return c.html(notBuiltPage({ reader, server, isOrdered: false, wrong }), 422);
  }
  const outcome = await reviews.build(c.var.person, period);
  if (outcome === undefined) return c.html(notFoundPage(reader), 404);
  const iso = (ms: number) => new Date(ms).toISOString();
  const query = new URLSearchParams({ since: iso(period.sinceMs), until: iso(period.untilMs) });
  return c.redirect(`/ui/reviews/${server}?${query}${outcome.kind === 'ordered' ? '&ordered' : ''}`, 303);
}

async function open(c: PageContext, parts: PageParts, server: string, form: Form): Promise<Response> {
  const opened = await parts.reviews.open(c.var.person, server, form.get('report') ?? '');
  if (opened.kind === 'done') return c.redirect(`/ui/reviews/${server}?review=${opened.value.id}`, 303);
  if (opened.code === 'not-found') return c.html(notFoundPage(c.var.reader), 404);
  return show(c, parts, server, {}, { text: opened.text }, STATUS[opened.code]);
}

const PERSON = /^(user|app):([^:]{1,128})$/;

async function decide(c: PageContext, parts: PageParts, server: string, form: Form): Promise<Response> {
  const [, kind, id] = PERSON.exec(form.get('person') ?? '') ?? [];
  const verdict = VERDICTS.find((one) => one === form.get('verdict'));
  const review = form.get('review') ?? '';
  // A form counts a line feed as two characters, the field as one.
  const reason = (form.get('reason') ?? '').replaceAll('\r\n', '\n').trim();
  const back = (code: ReviewRefusal, text: string) => {
    const filled = { text, person: `${kind}:${id}`, reason, ...(verdict !== undefined && { verdict }) };
    return show(c, parts, server, { review }, filled, STATUS[code]);
  };
  if (kind === undefined || id === undefined) return c.html(notFoundPage(c.var.reader), 404);
  if (verdict === undefined) return back('reason', 'Choose whether to keep or to revoke.');
  const principal = { kind: kind === 'app' ? 'app' : 'user', id } as const;
  const input = { server, review, principal, verdict, reason, report: form.get('report') ?? '' };
  const done = await parts.reviews.decide(c.var.person, input);
  if (done.kind === 'done') {
    const people = toPage(form.get('people'));
    const anchor = anchorOf({ ...principal, guest: false });
    return c.redirect(`/ui/reviews/${server}?review=${review}&people=${people}#${anchor}`, 303);
  }
  return done.code === 'not-found' ? c.html(notFoundPage(c.var.reader), 404) : back(done.code, done.text);
}

async function signOff(c: PageContext, parts: PageParts, server: string, form: Form): Promise<Response> {
  const review = form.get('review') ?? '';
  const done = await parts.reviews.signOff(c.var.person, { server, review, digest: form.get('digest') ?? '' });
  if (done.kind === 'done') return c.redirect(`/ui/reviews/${server}?review=${review}#sign-off`, 303);
  if (done.code === 'not-found') return c.html(notFoundPage(c.var.reader), 404);
  return show(c, parts, server, { review }, { text: done.text }, STATUS[done.code]);
}

async function download(c: PageContext, parts: PageParts, server: string): Promise<Response> {
  const which = whichOf(c, parts);
  const view = which && (await parts.reviews.show(c.var.person, server, which, 'export'));
  if (view === undefined || view === 'not-built') return c.html(notFoundPage(c.var.reader), 404);
  const isCsv = c.req.path.endsWith('.csv');
  const name = `review-${server}-${view.report.since.slice(0, 10)}-${view.report.until.slice(0, 10)}`;
  return c.body(isCsv ? toCsv(view.report, view.opened?.decisions) : toJsonFile(view), 200, {
    'content-type': isCsv ? 'text/csv; charset=utf-8' : 'application/json',
    'content-disposition': `attachment; filename="${name}.${isCsv ? 'csv' : 'json'}"`,
    'x-content-type-options': 'nosniff',
  });
}

/** The report as it is frozen, and what was decided on it, so that whoever has it can make the digest again. */
function toJsonFile({ report, digest, opened }: ReviewView): string {
  const decided = opened && { review: opened.review, decisions: opened.decisions, signOffDigest: opened.digest };
  return `${JSON.stringify({ reportDigest: digest, report, ...decided }, null, 2)}\n`;
}
