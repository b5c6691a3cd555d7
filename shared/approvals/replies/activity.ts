/**
 * What an outgoing webhook's message says (Bot Framework activity, as Teams sends it), once its signature is verified.
 * Only what is needed is read. Of the person only `from.aadObjectId` counts: names are for people to read.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJsonBytes } from '../../json/parse.ts';

export interface Activity {
  /** SHA-256, hex, of what tells this message from every other. */
  readonly mark: string;
  readonly sentMs: number;
  /** Lower case, as the object id. */
  readonly tenant: string;
  /** Undefined where the sender is no person of a directory. */
  readonly person: { readonly id: string; readonly name?: string } | undefined;
  readonly text: string;
}

const guid = z.guid().toLowerCase();
const MAX_NAME_CHARACTERS = 200;

const activitySchema = z.object({
  type: z.literal('message'),
  channelId: z.literal('msteams'),
  id: z.string().min(1).max(200),
  timestamp: z.iso.datetime({ offset: true }),
  text: z.string().max(32_768),
  from: z.object({ aadObjectId: guid.optional().catch(undefined), name: z.string().optional().catch(undefined) }),
  conversation: z.object({ id: z.string().min(1).max(500) }),
  channelData: z.object({ tenant: z.object({ id: guid }) }),
});

/** Undefined for what is no such message. */
export function readActivity(body: Uint8Array): Activity | undefined {
  const json = parseJsonBytes(body);
  const parsed = json.ok ? activitySchema.safeParse(json.value) : undefined;
  if (!parsed?.success) return undefined;
  const { id, timestamp, text, from, conversation, channelData } = parsed.data;
  const name = from.name?.slice(0, MAX_NAME_CHARACTERS);
  const tenant = channelData.tenant.id;
  return {
    mark: markOf([tenant, conversation.id, id]),
    sentMs: Date.parse(timestamp),
    tenant,
    person: from.aadObjectId === undefined ? undefined : { id: from.aadObjectId, ...(name !== undefined && { name }) },
    text,
  };
}

/** A message's id is a time of day: only within its conversation is it one message's. */
function markOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts), 'utf8').digest('hex');
}
