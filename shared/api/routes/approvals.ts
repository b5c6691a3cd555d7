/**
 * `/api/approvals`: what waits for the caller, one request, and their decision on it. Only people are heard. Who may see
 * or decide what is the `Inbox`'s to say; here its answers get their status and shape.
 */
import { createRoute, z } from '@hono/zod-openapi';
import { parseApprovalId } from '../../approvals/approval-store.ts';
import type { ApprovalView, DecisionRefusal, Inbox, Person } from '../../approvals/inbox.ts';
import { readShortCode } from '../../approvals/short-code.ts';
import type { AddRoutes } from '../api-app.ts';
import { toPerson } from '../api-caller.ts';
import { apiError, describeErrors, RETRY_AFTER_SECONDS } from '../api-error.ts';
import { approvalListSchema, approvalSchema, decisionInputSchema, decisionTakenSchema } from './approval-schemas.ts';
import { describe, summarise } from './describe-approval.ts';

const params = z.object({ id: z.string().openapi({ description: 'Of the approval.' }) });

const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  code: z
    .string()
    .max(32)
    .optional()
    .openapi({ description: 'Instead of the list: what you may see of what is open under this short code.' }),
});

const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const listRoute = createRoute({
  method: 'get',
  path: '/api/approvals',
  summary: 'What waits for you, oldest first',
  request: { query },
  responses: { 200: answer('The list.', approvalListSchema), ...describeErrors(400) },
});

const showRoute = createRoute({
  method: 'get',
  path: '/api/approvals/{id}',
  summary: 'One request, with everything that a decision needs',
  request: { params },
  responses: { 200: answer('The request.', approvalSchema), ...describeErrors(404) },
});

const decideRoute = createRoute({
  method: 'post',
  path: '/api/approvals/{id}/decisions',
  summary: 'Approve or deny; to say the same again changes nothing',
  request: {
    params,
    body: { required: true, content: { 'application/json': { schema: decisionInputSchema } } },
  },
  responses: {
    202: answer('Taken, recorded, and soon applied.', decisionTakenSchema),
    ...describeErrors(400, 404, 408, 409, 413, 415),
  },
});

export function approvalRoutes(inbox: Inbox): AddRoutes {
  return (app) => {
    app.openapi(listRoute, async (c) => {
      const person = toPerson(c.env);
      if (!person) return c.json(PEOPLE_ONLY, 403);
      const { limit, code } = c.req.valid('query');
      if (code !== undefined) return c.json(await findByCode(inbox, person, code), 200);
      const { approvals, total } = await inbox.list(person, limit);
      return c.json({ approvals: approvals.map(summarise), total }, 200);
    });

    app.openapi(showRoute, async (c) => {
      const person = toPerson(c.env);
      if (!person) return c.json(PEOPLE_ONLY, 403);
      const { id } = c.req.valid('param');
      const view = await show(inbox, person, id);
      return view ? c.json(describe(view), 200) : c.json(NOT_FOUND, 404);
    });

    app.openapi(decideRoute, async (c) => {
      const person = toPerson(c.env);
      if (!person) return c.json(PEOPLE_ONLY, 403);
      const { id: approval } = c.req.valid('param');
      if (!parseApprovalId(approval)) return c.json(NOT_FOUND, 404);
      const result = await inbox.decide(person, { approval, ...c.req.valid('json') });
      if (result.kind === 'refused') {
        const status = REFUSAL_STATUS[result.code];
        if (status === 503) c.header('retry-after', RETRY_AFTER_SECONDS);
        return c.json(apiError(result.code, result.text), status);
      }
      const { verdict, isRepeat: repeated } = result;
      return c.json({ approval, verdict, repeated }, 202);
    });
  };
}

export const PEOPLE_ONLY = apiError(
  'people-only',
  'Approvals are for people: an app by itself never sees or decides one.',
);
export const NOT_FOUND = apiError('not-found', 'There is no such approval, or it is not for you.');

const REFUSAL_STATUS = {
  'not-found': 404,
  'own-request': 403,
  channel: 403,
  ended: 409,
  changed: 409,
  reason: 400,
  unavailable: 503,
} as const satisfies Record<DecisionRefusal, number>;

/** What is no approval id is not there: such text reaches no key of a table. */
async function show(inbox: Inbox, person: Person, id: string): Promise<ApprovalView | undefined> {
  return parseApprovalId(id) && inbox.show(person, id);
}

/** Among those that share a code, the ones that the person may see. */
async function findByCode(inbox: Inbox, person: Person, code: string): Promise<z.input<typeof approvalListSchema>> {
  const read = readShortCode(code);
  const ids = read === undefined ? [] : await inbox.findByCode(read);
  const views = await Promise.all(ids.slice(0, MAX_SAME_CODE).map((id) => inbox.find(person, id)));
  const approvals = views.flatMap((view) => (view ? [summarise(view)] : []));
  return { approvals, total: approvals.length };
}

const MAX_SAME_CODE = 10;
