/**
 * What a flow takes of a post: a message with one Adaptive Card, small enough for Teams. A Workflows flow that only posts
 * it takes actions that open an address; one that waits for a response, answers too. Pure; everything else is a mistake
 * in one line.
 */
import { z } from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';

export const MAX_MESSAGE_BYTES = 28 * 1_024;
const NEWEST_VERSION = [1, 5] as const;

const cardSchema = z.looseObject({
  type: z.literal('AdaptiveCard'),
  version: z
    .string()
    .regex(/^1\.\d+$/)
    .refine((version) => Number(version.slice(2)) <= NEWEST_VERSION[1], `is newer than ${NEWEST_VERSION.join('.')}`),
  body: z.array(z.looseObject({ type: z.string() })).min(1),
});

const messageSchema = z.strictObject({
  type: z.literal('message'),
  attachments: z.tuple([
    z.strictObject({
      contentType: z.literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: z.null().optional(),
      content: cardSchema,
    }),
  ]),
});

export type Card = z.infer<typeof cardSchema>;

const OPENING = ['Action.OpenUrl'];
const ANSWERING = [...OPENING, 'Action.ShowCard', 'Action.Submit'];

export interface FlowKind {
  /** Waits for a response. */
  readonly waits: boolean;
}

export function readMessage(
  mediaType: string | undefined,
  body: string,
  { waits }: FlowKind = { waits: false },
): Result<Card, string> {
  if (!/^application\/json\s*(;|$)/i.test(mediaType ?? '')) return err('The content type must be application/json.');
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) return err(`The message is larger than ${MAX_MESSAGE_BYTES} bytes.`);
  const parsed = messageSchema.safeParse(parse(body));
  if (!parsed.success) return err(z.prettifyError(parsed.error));
  const card = parsed.data.attachments[0].content;
  const allowed = waits ? ANSWERING : OPENING;
  const action = listTypes(card).find((type) => type.startsWith('Action.') && !allowed.includes(type));
  return action === undefined ? ok(card) : err(`A card posted by a flow may not have an ${action}.`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The `type` of every object in it, at any depth. */
function listTypes(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'type' in value && typeof value.type === 'string' ? [value.type] : [];
  return [...own, ...Object.values(value).flatMap(listTypes)];
}
