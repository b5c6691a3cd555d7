/**
 * Blocks as the API shows and takes them. Times are RFC 3339; how long a block lasts is said in seconds, so that the
 * gateway's clock decides.
 */
import { z } from '@hono/zod-openapi';
import { BLOCK_KINDS, REASON_CHARACTERS } from '../../identity/blocks/block.ts';

const time = z.iso.datetime();
const TEN_YEARS_SECONDS = 315_360_000;

const key = {
  kind: z.enum(BLOCK_KINDS),
  value: z.string().min(1).max(128).openapi({
    description: 'Object id of a principal, client id of an agent, id of a session or of a token.',
  }),
  server: z.string().optional().openapi({ description: 'Of a principal: on this server only.' }),
};

export const blockKeySchema = z.strictObject(key);

export const blockInputSchema = z
  .strictObject({
    ...key,
    reason: z
      .string()
      .max(REASON_CHARACTERS)
      .regex(/\S/, 'needs some words')
      .openapi({ description: 'Why, for the transcript and for other administrators.' }),
    forSeconds: z
      .int()
      .min(60)
      .max(TEN_YEARS_SECONDS)
      .optional()
      .openapi({ description: 'How long; absent: until it is removed.' }),
  })
  .openapi('BlockInput');

export const blockSchema = z
  .object({
    ...key,
    reason: z.string(),
    by: z.object({ id: z.string(), name: z.string().optional() }),
    createdAt: time,
    until: time.optional(),
    ended: z.boolean().openapi({ description: 'Its time is over: it keeps nobody out any more.' }),
  })
  .openapi('Block');

export const blockListSchema = z.object({ blocks: z.array(blockSchema) }).openapi('BlockList');
