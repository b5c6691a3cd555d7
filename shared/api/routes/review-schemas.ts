/** Access reviews as the API shows and takes them. A report is what the page shows and what is frozen, key by key. */
import { z } from '@hono/zod-openapi';
import { askAnswerSchema } from '../../reviews/ask.ts';
import { PERIOD_HELP } from '../../reviews/period.ts';
import { principalSchema, reportSchema } from '../../reviews/report.ts';

const time = z.iso.datetime();
const answer = z.enum(['no', 'yes', 'cannot-tell']);
const who = z.object({ kind: z.enum(['user', 'app']), id: z.string(), name: z.string().optional() });
const moment = z
  .string()
  .max(40)
  .openapi({ description: `As ${PERIOD_HELP}.`, example: '30d' });

export const periodSchema = z.strictObject({ since: moment, until: moment.optional() });

export const reportQuerySchema = z.strictObject({
  review: z.string().optional().openapi({ description: 'Id of a review; without it a report alone.' }),
  since: moment.optional(),
  until: moment.optional(),
  as: z.enum(['review', 'export']).default('review').openapi({ description: 'As what this read goes on record.' }),
});

export const reviewSchema = z
  .object({
    id: z.string(),
    server: z.string(),
    state: z.enum(['open', 'signed-off']),
    report: z.string().openapi({ description: 'SHA-256 of the frozen report.' }),
    since: time,
    until: time,
    answer,
    openedAt: time,
    openedBy: who,
    signedOff: z
      .object({
        by: who,
        at: time,
        digest: z.string(),
        kept: z.number(),
        revoked: z.number(),
        notReviewed: z.number(),
      })
      .optional(),
  })
  .openapi('Review');

export const reviewListSchema = z
  .object({
    servers: z.array(
      z.object({
        server: z.string(),
        latest: z.object({ since: time, until: time, builtAt: time, answer }).optional(),
        reviews: z.array(reviewSchema),
      }),
    ),
  })
  .openapi('ReviewList');

export const reportViewSchema = z
  .object({
    digest: z.string().openapi({ description: 'SHA-256 over the report as canonical JSON (RFC 8785).' }),
    report: reportSchema,
    review: reviewSchema.optional(),
    decisions: z
      .array(
        z.object({
          number: z.number(),
          principal: who,
          verdict: z.enum(['keep', 'revoke']),
          reason: z.string(),
          by: who,
          at: time,
        }),
      )
      .optional(),
  })
  .openapi('ReviewReport');

export const orderedSchema = z
  .object({ since: time, until: time })
  .openapi('ReviewOrdered', { description: 'A timer builds it within minutes: ask for this very period.' });

export const askQuerySchema = z.strictObject({
  server: z.string(),
  principal: z.string().min(1).max(256).openapi({ description: 'An object id, or a name as records have it.' }),
  class: z.string().optional().openapi({ description: 'Of data; without it any.' }),
  since: moment,
  until: moment.optional(),
});

export const askedSchema = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('answered'), answer: askAnswerSchema }),
    z.object({ kind: z.literal('nobody') }),
    z.object({ kind: z.literal('ambiguous'), candidates: z.array(principalSchema) }),
    z.object({ kind: z.literal('too-long') }),
  ])
  .openapi('Asked');
