/**
 * What stands in the channel: cards and the replies to them, newest last, the oldest gone when there are too many. Kept
 * with the flows' and the webhook's secrets in `{folder}/teams.json`, so that they outlive a restart.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { createJsonSaver, readJsonFile } from '../json-file.ts';
import type { Card } from './message.ts';

const replySchema = z.strictObject({
  as: z.string(),
  text: z.string(),
  /** What the gateway answered, or what went wrong. */
  answer: z.string(),
});

const postedSchema = z.strictObject({
  id: z.string(),
  postedAt: z.string(),
  card: z.looseObject({
    type: z.literal('AdaptiveCard'),
    version: z.string(),
    body: z.array(z.looseObject({ type: z.string() })),
  }),
  replies: z.array(replySchema),
  /** Whose answer it took; a card takes one. */
  answeredBy: z.string().optional(),
});

const randomId = () => randomBytes(16).toString('hex');
const randomSecret = () => randomBytes(32).toString('base64url');

const stateSchema = z.strictObject({
  workflow: z.string(),
  signature: z.string(),
  replySecret: z.string(),
  // Absent from older files.
  flow: z.string().default(randomId),
  flowSignature: z.string().default(randomSecret),
  cards: z.array(postedSchema),
});

export type ChannelReply = z.infer<typeof replySchema>;
export type PostedCard = z.infer<typeof postedSchema>;

export interface Channel {
  /** Id and signature in the URL of the flow that posts cards. */
  readonly workflow: string;
  readonly signature: string;
  /** The same of the flow that waits for answers. */
  readonly flow: string;
  readonly flowSignature: string;
  /** Base64 of 32 random bytes. */
  readonly replySecret: string;
  /** Oldest first. */
  cards(): readonly PostedCard[];
  add(card: Card): Promise<void>;
  addReply(cardId: string, reply: ChannelReply): Promise<void>;
  /** False when there is no such card, or somebody answered it before. */
  claim(cardId: string, as: string): Promise<boolean>;
}

const MAX_CARDS = 200;

/** Rejects with one line when the file is no channel's. */
export async function openChannel(folder: string | undefined): Promise<Channel> {
  const file = folder === undefined ? undefined : join(folder, 'teams.json');
  const saved = file === undefined ? undefined : await readJsonFile(file);
  const parsed = saved === undefined ? undefined : stateSchema.safeParse(saved);
  if (parsed?.success === false) throw new Error(`${file} is not of this version: delete it`);
  const state = parsed?.data ?? {
    workflow: randomId(),
    signature: randomSecret(),
    flow: randomId(),
    flowSignature: randomSecret(),
    replySecret: randomBytes(32).toString('base64'),
    cards: [],
  };
  const save = file === undefined ? async () => undefined : createJsonSaver(file, () => state);
  await save();

  return {
    workflow: state.workflow,
    signature: state.signature,
    flow: state.flow,
    flowSignature: state.flowSignature,
    replySecret: state.replySecret,
    cards: () => structuredClone(state.cards),
    async add(card) {
      state.cards.push({ id: randomUUID(), postedAt: new Date().toISOString(), card, replies: [] });
      state.cards.splice(0, state.cards.length - MAX_CARDS);
      await save();
    },
    async addReply(cardId, reply) {
      state.cards.find(({ id }) => id === cardId)?.replies.push(reply);
      await save();
    },
    async claim(cardId, as) {
      const posted = state.cards.find(({ id }) => id === cardId);
      if (posted === undefined || posted.answeredBy !== undefined) return false;
      posted.answeredBy = as;
      await save();
      return true;
    },
  };
}
