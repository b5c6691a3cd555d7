/**
 * The Teams channel of the story: finds the card of a held call in the stand-in, and replies to it as one of the sample's
 * people. The stand-in signs the reply as Teams' outgoing webhook does.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { askJson } from '../request-token.ts';
import type { Stack } from '../stack-file.ts';

const elementSchema = z.looseObject({ type: z.string() });

const postedSchema = z.object({
  id: z.string(),
  card: z.looseObject({
    body: z.array(elementSchema),
    actions: z.array(z.looseObject({ title: z.string(), url: z.string() })),
  }),
  replies: z.array(z.object({ as: z.string(), text: z.string(), answer: z.string() })),
});

type Element = z.output<typeof elementSchema>;
type Posted = z.output<typeof postedSchema>;

export interface Card {
  readonly id: string;
  /** Short, to be typed in a reply. */
  readonly code: string;
  /** What can be read on it; the first line is its title. */
  readonly lines: readonly string[];
}

/** A notice is a message of its own: it comes soon after the pending answer, not with it. */
const CARD_TRIES = 100;
const CARD_PAUSE_MS = 100;

/** Throws when it does not come. */
export async function waitForCard(stack: Stack, approval: string): Promise<Card> {
  for (let tries = 0; tries < CARD_TRIES; tries += 1) {
    const posted = (await listPosted(stack)).find(({ card }) => JSON.stringify(card).includes(approval));
    if (posted !== undefined) return readCard(posted);
    await pause(CARD_PAUSE_MS);
  }
  throw new Error(`no card came for ${approval}`);
}

/** What the gateway answered in the channel. */
export async function reply(stack: Stack, card: Card, as: string, text: string): Promise<string> {
  const body = new URLSearchParams({ card: card.id, as, text });
  const answer = await fetch(`${stack.teams}/replies`, { method: 'POST', body, redirect: 'manual' });
  if (answer.status !== 303) throw new Error(`the channel answered ${answer.status}`);
  const posted = (await listPosted(stack)).find(({ id }) => id === card.id);
  return posted?.replies.at(-1)?.answer ?? '(nothing)';
}

async function listPosted(stack: Stack): Promise<readonly Posted[]> {
  const answer = await askJson(`${stack.teams}/cards`);
  if (!answer.ok) throw new Error(answer.error);
  return z.array(postedSchema).parse(answer.value.body);
}

function readCard({ id, card }: Posted): Card {
  const lines = [...card.body.flatMap(readElement), ...card.actions.map(({ title, url }) => `[${title}] ${url}`)];
  const code = lines.find((line) => line.startsWith('Code: '))?.slice('Code: '.length) ?? '';
  return { id, code, lines };
}

/** A row is one line; what stands in a container is set in below its heading. */
function readElement({ type, items, columns, ...element }: Element): string[] {
  if (type === 'ColumnSet') return [elementsOf(columns).map(readText).join(': ')];
  if (type !== 'Container') return [readText(element)];
  const [heading, ...rest] = elementsOf(items).map(readText);
  return [heading ?? '', ...rest.map((line) => `  ${line}`)];
}

/** All the text in it, in its order. */
function readText(value: unknown): string {
  if (Array.isArray(value)) return value.map(readText).join('');
  if (typeof value !== 'object' || value === null) return '';
  return 'text' in value && typeof value.text === 'string' ? value.text : Object.values(value).map(readText).join('');
}

function elementsOf(value: unknown): Element[] {
  return z.array(elementSchema).catch([]).parse(value);
}
