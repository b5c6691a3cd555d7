/**
 * `/api/approvals/attention` and resolutions: what operators do with requests that need a person (`oversight.ts` of the
 * approvals says who may). Nothing here approves or runs a call.
 */
import { createRoute, z } from '@hono/zod-openapi';
import type { Oversight, ResolutionRefusal } from '../../approvals/oversight.ts';
import type { AddRoutes } from '../api-app.ts';
import { toPerson } from '../api-caller.ts';
import { apiError, describeErrors, RETRY_AFTER_SECONDS } from '../api-error.ts';
import { approvalListSchema, resolutionInputSchema, resolvedSchema } from './approval-schemas.ts';
import { PEOPLE_ONLY } from './approvals.ts';
import { summarise } from './describe-approval.ts';

const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const attentionRoute = createRoute({
  method: 'get',
  path: '/api/approvals/attention',
  summary: 'What needs a person, on servers that you administer or audit, oldest first',
  request: { query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) }) },
  responses: { 200: answer('The list.', approvalListSchema), ...describeErrors(400) },
});

const resolveRoute = createRoute({
  method: 'post',
  path: '/api/approvals/{id}/resolution',
  summary: 'Say what became of a call whose outcome nobody knew; the requester never does',
  request: {
    params: z.object({ id: z.string().openapi({ description: 'Of the approval.' }) }),
    body: { required: true, content: { 'application/json': { schema: resolutionInputSchema } } },
  },
  responses: {
    200: answer('It is on record, and the state.', resolvedSchema),
    ...describeErrors(400, 404, 408, 409, 413, 415),
  },
});

/** To be added before `approvalRoutes`: `attention` is no approval id. */
export function oversightRoutes(oversight: Oversight): AddRoutes {
  return (app) => {
    app.openapi(attentionRoute, async (c) => {
      const person = toPerson(c.env);
      if (!person) return c.json(PEOPLE_ONLY, 403);
      const { approvals, total } = await oversight.list(person, c.req.valid('query').limit);
      return c.json({ approvals: approvals.map(summarise), total }, 200);
    });

    app.openapi(resolveRoute, async (c) => {
      const person = toPerson(c.env);
      if (!person) return c.json(PEOPLE_ONLY, 403);
      const { id: approval } = c.req.valid('param');
      const { outcome, reason } = c.req.valid('json');
      const resolved = await oversight.resolve(person, { approval, outcome, reason });
      if (resolved.kind === 'resolved') return c.json({ approval, state: outcome }, 200);
      const { status, text } = REFUSALS[resolved.code];
      if (status === 503) c.header('retry-after', RETRY_AFTER_SECONDS);
      return c.json(apiError(resolved.code, text), status);
    });
  };
}

const REFUSALS = {
  'not-found': { status: 404, text: 'There is no such approval, or it is not for you to resolve.' },
  'not-unknown': { status: 409, text: 'What became of it is known: only what is unknown can be resolved.' },
  reason: { status: 400, text: 'A resolution needs a reason, and not a long one.' },
  unavailable: { status: 503, text: 'Whether it was kept is not known. Look at it, then try again.' },
} as const satisfies Record<ResolutionRefusal, { readonly status: number; readonly text: string }>;
