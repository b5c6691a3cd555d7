/**
 * What waits for me, one request, and the decision on it. Who may see or decide what is the inbox's to say; here stands
 * that the form was ours, and that what was shown is what is decided (`evidence`).
 */
import type { Hono } from 'hono';
import { z } from 'zod';
import { parseApprovalId } from '../approvals/approval-store.ts';
import type { DecisionRefusal } from '../approvals/inbox.ts';
import { approvalListPage } from './approval-list-page.ts';
import { type ApprovalPageView, approvalPage } from './approval-page.ts';
import { decidedPage } from './decided-page.ts';
import { readForm } from './form.ts';
import { messagePage, notFoundPage } from './message-page.ts';
import { noteRefusal, type PageContext, type PageEnv, type PageParts } from './page-env.ts';
import { requireSession } from './require-session.ts';
import { foreignFormPage } from './sign-in.ts';

const PAGE_SIZE = 50;
const MAX_PAGE = 200;

const receiptSchema = z.object({
  approval: z.string(),
  verdict: z.enum(['approve', 'deny']),
  isRepeat: z.boolean(),
});

type Receipt = z.output<typeof receiptSchema>;

export function addApprovals(app: Hono<PageEnv>, parts: PageParts): void {
  const session = requireSession(parts);
  app.get('/ui/approvals', session, (c) => list(c, parts));
  app.get('/ui/approvals/:id', session, (c) => show(c, parts, c.req.param('id')));
  app.post('/ui/approvals/:id', session, (c) => decide(c, parts, c.req.param('id')));
  app.get('/ui/approvals/:id/decided', session, (c) => showDecided(c, parts, c.req.param('id')));
}

async function list(c: PageContext, { inbox, nowMs }: PageParts): Promise<Response> {
  const page = toPage(c.req.query('page'));
  const { approvals, total } = await inbox.list(c.var.person, page * PAGE_SIZE);
  const shown = approvals.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  const view = { approvals: shown, total, page, pageSize: PAGE_SIZE, nowMs: nowMs() };
  return c.html(approvalListPage({ reader: c.var.reader, ...view }));
}

function toPage(text: string | undefined): number {
  const page = /^[1-9][0-9]{0,2}$/.test(text ?? '') ? Number(text) : 1;
  return Math.min(page, MAX_PAGE);
}

async function show(
  c: PageContext,
  { inbox, nowMs }: PageParts,
  id: string,
  refused?: ApprovalPageView['refused'],
  status: 200 | 403 | 409 | 422 | 503 = 200,
): Promise<Response> {
  // Text from an address reaches no store before it has the shape of an id.
  const approval = parseApprovalId(id) === undefined ? undefined : await inbox.show(c.var.person, id);
  if (approval === undefined) return c.html(notFoundPage(c.var.reader), 404);
  const view = { reader: c.var.reader, approval, nowMs: nowMs() };
  return c.html(approvalPage({ ...view, ...(refused && { refused }) }), status);
}

const STATUS = {
  'not-found': 404,
  'own-request': 403,
  channel: 403,
  ended: 409,
  changed: 409,
  reason: 422,
  unavailable: 503,
} as const satisfies Record<DecisionRefusal, number>;

async function decide(c: PageContext, parts: PageParts, id: string): Promise<Response> {
  const { inbox } = parts;
  const { person, session, reader } = c.var;
  const form = await readForm(c.req.raw);
  if (form === undefined || !parts.formTokens.isToken(session.id, form.get('token') ?? '')) {
    const { address } = person;
    await noteRefusal(parts, {
      code: 'foreign-form',
      detail: 'a decision without its token',
      address,
      visitor: person,
    });
    return c.html(foreignFormPage(), 403);
  }
  // A form counts a line feed as two characters, the field as one.
  const reason = (form.get('reason') ?? '').replaceAll('\r\n', '\n').trim();
  const evidence = form.get('evidence');
  const verdict = form.get('verdict');
  if (parseApprovalId(id) === undefined) return c.html(notFoundPage(reader), 404);
  if ((verdict !== 'approve' && verdict !== 'deny') || evidence === undefined) {
    return show(c, parts, id, { text: 'Choose whether to approve or to deny.', reason }, 422);
  }
  const result = await inbox.decide(person, { approval: id, verdict, reason, evidence });
  if (result.kind === 'taken') {
    const receipt = sealReceipt(parts, session.id, {
      approval: id,
      verdict: result.verdict,
      isRepeat: result.isRepeat,
    });
    return c.redirect(`/ui/approvals/${id}/decided?receipt=${receipt}`, 303);
  }
  if (result.code === 'not-found') return c.html(notFoundPage(reader), 404);
  const refused = { text: result.text, reason, verdict };
  const again = show(c, parts, id, refused, STATUS[result.code]);
  if (result.code !== 'unavailable') return again;
  // What keeps the decision from being taken may keep the request from being shown.
  return again.catch(() => {
    const next = { href: `/ui/approvals/${id}`, label: 'Back to the request' };
    return c.html(messagePage({ title: 'Nothing was decided', text: result.text, tone: 'warn', next, reader }), 503);
  });
}

/** Only what we said ourselves, to this session, is said again: a link can't make the page claim a decision. */
async function showDecided(c: PageContext, parts: PageParts, id: string): Promise<Response> {
  const { person, session, reader } = c.var;
  const receipt = openReceipt(parts, session.id, c.req.query('receipt') ?? '');
  if (receipt === undefined || receipt.approval !== id) return c.redirect('/ui/approvals');
  const { verdict, isRepeat } = receipt;
  const approval = await parts.inbox.show(person, id);
  return c.html(decidedPage({ reader, approvalId: id, verdict, isRepeat, ...(approval && { approval }) }));
}

const aadOf = (sessionId: string) => `decision-receipt ${sessionId}`;

function sealReceipt({ keyring }: PageParts, sessionId: string, receipt: Receipt): string {
  return keyring.seal('cookie', aadOf(sessionId), Buffer.from(JSON.stringify(receipt)));
}

function openReceipt({ keyring }: PageParts, sessionId: string, sealed: string): Receipt | undefined {
  const bytes = keyring.open('cookie', aadOf(sessionId), sealed);
  return bytes && receiptSchema.safeParse(JSON.parse(Buffer.from(bytes).toString())).data;
}
