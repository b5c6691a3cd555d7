/**
 * `/api/reviews` and `/api/ask`: access reviews for programs that act for an auditor, and for apps that may audit. They
 * read, build and ask; keep, revoke and sign off are a person's at a page. What is not theirs is not there.
 */
import { createRoute, z } from '@hono/zod-openapi';
import type { AskQuestion } from '../../reviews/create-ask.ts';
import { PERIOD_HELP, readPeriodText } from '../../reviews/period.ts';
import type { Review, ReviewDecision } from '../../reviews/review.ts';
import type { ReviewActor, Reviews, WhichReport } from '../../reviews/reviews.ts';
import type { AddRoutes } from '../api-app.ts';
import type { ApiCaller } from '../api-caller.ts';
import { apiError, describeErrors } from '../api-error.ts';
import {
  askedSchema,
  askQuerySchema,
  orderedSchema,
  periodSchema,
  reportQuerySchema,
  reportViewSchema,
  reviewListSchema,
  type reviewSchema,
} from './review-schemas.ts';

export interface ReviewRoutesOptions {
  readonly reviews: Reviews;
  readonly ask: AskQuestion;
  readonly nowMs: () => number;
}

const answer = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
});

const serverParam = z.object({ server: z.string().openapi({ description: 'Of gateway.yaml.' }) });

const listRoute = createRoute({
  method: 'get',
  path: '/api/reviews',
  summary: 'Access reviews of the servers that you audit or review',
  responses: { 200: answer('The list.', reviewListSchema), ...describeErrors() },
});

const readRoute = createRoute({
  method: 'get',
  path: '/api/reviews/{server}',
  summary: 'The report of a review, of a period that was built, or the newest',
  request: { params: serverParam, query: reportQuerySchema },
  responses: { 200: answer('The report.', reportViewSchema), ...describeErrors(400, 404) },
});

const buildRoute = createRoute({
  method: 'post',
  path: '/api/reviews/{server}/build',
  summary: 'Build the report of a period now',
  request: { params: serverParam, body: { required: true, content: { 'application/json': { schema: periodSchema } } } },
  responses: {
    200: answer('It is built.', reportViewSchema),
    202: answer('It takes longer than a request may.', orderedSchema),
    ...describeErrors(400, 404, 408, 413, 415),
  },
});

const askRoute = createRoute({
  method: 'get',
  path: '/api/ask',
  summary: 'Did data reach this principal in clear? No, yes, or cannot tell',
  request: { query: askQuerySchema },
  responses: { 200: answer('The answer, or why there is none.', askedSchema), ...describeErrors(400, 404) },
});

export function reviewRoutes({ reviews, ask, nowMs }: ReviewRoutesOptions): AddRoutes {
  return (app) => {
    app.openapi(listRoute, async (c) => {
      const servers = await reviews.overview(toActor(c.env));
      return c.json(
        {
          servers: servers.map(({ server, latest, reviews: all }) => ({
            server,
            reviews: all.map(describeReview),
            ...(latest && {
              latest: {
                since: iso(latest.sinceMs),
                until: iso(latest.untilMs),
                builtAt: iso(latest.builtMs),
                answer: latest.answer,
              },
            }),
          })),
        },
        200,
      );
    });

    app.openapi(readRoute, async (c) => {
      const { server } = c.req.valid('param');
      const { review, since, until, as } = c.req.valid('query');
      const period = since === undefined ? undefined : readPeriodText(since, until, nowMs());
      if (since !== undefined && period === undefined) return c.json(NO_PERIOD, 400);
      const which: WhichReport = review === undefined ? (period === undefined ? {} : { period }) : { review };
      const view = await reviews.show(toActor(c.env), server, which, as);
      if (view === undefined) return c.json(ABSENT, 404);
      if (view === 'not-built') return c.json(NOT_BUILT, 404);
      const { report, digest, opened } = view;
      const decided = opened && {
        review: describeReview(opened.review),
        decisions: opened.decisions.map(describeDecision),
      };
      return c.json({ digest, report, ...decided }, 200);
    });

    app.openapi(buildRoute, async (c) => {
      const { server } = c.req.valid('param');
      const { since, until } = c.req.valid('json');
      const period = readPeriodText(since, until, nowMs());
      if (period === undefined) return c.json(NO_PERIOD, 400);
      const outcome = await reviews.build(toActor(c.env), { server, ...period });
      if (outcome === undefined) return c.json(ABSENT, 404);
      if (outcome.kind === 'ordered') {
        return c.json({ since: iso(period.sinceMs), until: iso(period.untilMs) }, 202);
      }
      return c.json({ digest: outcome.digest, report: outcome.report }, 200);
    });

    app.openapi(askRoute, async (c) => {
      const { server, principal, class: wanted, since, until } = c.req.valid('query');
      const period = readPeriodText(since, until, nowMs());
      if (period === undefined) return c.json(NO_PERIOD, 400);
      const question = { server, principal, ...period, ...(wanted !== undefined && { class: wanted }) };
      const asked = await ask(toActor(c.env), question);
      if (asked === undefined) return c.json(ABSENT, 404);
      if (asked.kind === 'no-class') return c.json(NO_CLASS, 400);
      if (asked.kind === 'ambiguous') return c.json({ kind: asked.kind, candidates: [...asked.candidates] }, 200);
      return c.json(asked, 200);
    });
  };
}

const ABSENT = apiError('not-found', 'There is no such server or review, or it is not for you.');
const NOT_BUILT = apiError('not-built', 'No report of this period was built yet: build it, or wait until it is.');
const NO_PERIOD = apiError('invalid', `That is no period: ${PERIOD_HELP}, the end after the beginning.`);
const NO_CLASS = apiError('invalid', 'No class of that name is looked for; gateway.yaml says which are.');

function toActor({ caller, groups, address }: ApiCaller): ReviewActor {
  const { principal, agent, tokenId } = caller;
  return { principal, agent, groups, channel: 'api', tokenId, address };
}

function describeReview(review: Review): z.input<typeof reviewSchema> {
  const { id, server, state, report, sinceMs, untilMs, answer: kind, openedMs, openedBy, signedOff } = review;
  return {
    id,
    server,
    state,
    report,
    since: iso(sinceMs),
    until: iso(untilMs),
    answer: kind,
    openedAt: iso(openedMs),
    openedBy,
    ...(signedOff && { signedOff: { ...signedOff, at: iso(signedOff.atMs) } }),
  };
}

function describeDecision({ number, principal, verdict, reason, by, decidedMs }: ReviewDecision) {
  return { number, principal, verdict, reason, by, at: iso(decidedMs) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
