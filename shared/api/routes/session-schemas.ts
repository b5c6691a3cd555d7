/** The shapes of `/api/sessions`: what is recorded, as it is; whatever callers and upstreams wrote is masked and not to be trusted. */
import { z } from '@hono/zod-openapi';

const count = z.number().int();
const time = z.string().openapi({ description: 'ISO 8601, UTC.', example: '2026-11-22T09:00:00.000Z' });
const named = z.object({ id: z.string(), name: z.string().optional() });

export const exposureSchema = z
  .object({ class: z.string(), outcome: z.enum(['masked', 'revealed', 'uninspected', 'withheld']), count })
  .openapi('Exposure');

export const sessionSummarySchema = z
  .object({
    id: z.string(),
    server: z.string(),
    first: time,
    last: time,
    people: z.array(named),
    agents: z.array(named),
    tools: z.array(z.string()),
    approvals: z.array(z.string()),
    isCut: z.boolean().openapi({ description: 'One of these lists holds more than is given.' }),
    calls: count.openapi({ description: 'Sent on to the server.' }),
    held: count,
    refused: count,
    unfinished: count.openapi({ description: 'Sent on, and without an outcome on record.' }),
    counts: z.record(z.string(), count),
    exposure: z.array(exposureSchema).openapi({ description: 'Of what was delivered to callers.' }),
  })
  .openapi('SessionSummary');

export const sessionListSchema = z
  .object({
    sessions: z.array(sessionSummarySchema),
    next: z.string().optional().openapi({ description: 'For `after`: older ones.' }),
  })
  .openapi('SessionList');

const fault = z.object({ code: z.string(), seq: count.optional(), detail: z.string() });

export const proofSchema = z
  .object({
    state: z.enum(['sealed', 'signed', 'broken', 'unreadable', 'empty']).openapi({
      description: '`signed`: all of it verifies, and some is newer than the last seal over it.',
    }),
    lastSeal: count,
    isChainSound: z.boolean(),
    lines: count,
    sealedLines: count,
    segments: z.array(
      z.object({
        container: z.string(),
        segment: z.string(),
        state: z.string(),
        lines: count,
        sealedLines: count,
        seal: count.optional(),
        fault: fault.optional(),
      }),
    ),
  })
  .openapi('SessionProof');

export const sessionItemSchema = z
  .looseObject({
    kind: z.string(),
    time,
    record: z.object({ container: z.string(), segment: z.string(), seq: count }),
    proof: z.enum(['sealed', 'signed', 'broken']),
  })
  .openapi('SessionItem', { description: 'What else it holds depends on its kind.' });

export const sessionSchema = z
  .object({
    id: z.string(),
    server: z.string(),
    proof: proofSchema,
    items: z.array(sessionItemSchema),
    total: count.openapi({ description: 'Of all items that were read.' }),
    leftOut: count.openapi({ description: 'Items beyond what is read at once.' }),
  })
  .openapi('Session');
