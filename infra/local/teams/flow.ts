/**
 * The workflow of infra/teams/flow.bicep as the gateway meets it: somebody presses an answer on a card, and it tells the
 * gateway with its managed identity's token who that was and what the card sent. One answer a card. Pure but for that call.
 * It does NOT imitate: the workflow's retries and its end after a while, the message that Teams shows in a card's place.
 */
import { z } from 'zod';
import { type Directory, findUser } from '../entra/directory.ts';
import type { Card } from './message.ts';

export interface CardAnswer {
  /** A name of the directory, such as `bob`. */
  readonly as: string;
  /** As on the button, such as `Approve`. */
  readonly press: string;
  /** What was typed beside it. */
  readonly text?: string;
  /** Members of the callback's `responder` and `data` in place of the usual ones, and its other members. */
  readonly responder?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** In place of the workflow's; `null`: none. */
  readonly token?: string | null;
}

export interface Answered {
  /** 0: none came. */
  readonly status: number;
  /** What the workflow writes below the card. */
  readonly text: string;
}

export interface FlowOptions {
  /** `{gateway}/teams/flow` */
  readonly url: string;
  /** Of the workflow's identity, for the gateway. */
  readonly token: () => Promise<string>;
  readonly directory: Directory;
}

const UNHEARD = 'The gateway did not take this answer. Open the request on its page.';

const inputSchema = z.looseObject({
  type: z.literal('Input.Text'),
  id: z.string(),
  isRequired: z.boolean().optional(),
});
const submitSchema = z.looseObject({
  type: z.literal('Action.Submit'),
  title: z.string(),
  data: z.record(z.string(), z.unknown()),
});
const askSchema = z.looseObject({
  type: z.literal('Action.ShowCard'),
  title: z.string(),
  card: z.looseObject({ body: z.tuple([inputSchema]), actions: z.tuple([submitSchema]) }),
});
const answerableSchema = z.looseObject({ actions: z.array(z.unknown()).default([]) });

/** A button that opens a form of one input and one answer. */
export interface Ask {
  readonly title: string;
  readonly input: { readonly id: string; readonly isRequired: boolean };
  readonly submit: { readonly title: string; readonly data: Readonly<Record<string, unknown>> };
}

/** Undefined for what is no such button. */
export function readAsk(action: unknown): Ask | undefined {
  const parsed = askSchema.safeParse(action);
  if (!parsed.success) return undefined;
  const { title, card } = parsed.data;
  const [{ id, isRequired = false }] = card.body;
  const [{ title: submit, data }] = card.actions;
  return { title, input: { id, isRequired }, submit: { title: submit, data } };
}

/** Rejects for who is not in the directory, and for what the card does not offer. */
export function createFlow({ url, token, directory }: FlowOptions) {
  return async (card: Card, answer: CardAnswer): Promise<Answered> => {
    const { as, press, text = '' } = answer;
    const user = findUser(directory, as);
    if (!user) throw new Error(`there is no ${as} in the directory`);
    const asks = answerableSchema.parse(card).actions.map(readAsk);
    const ask = asks.find((each) => each?.submit.title === press);
    if (!ask) throw new Error(`the card has no ${press}`);
    // As Teams does, before anything is sent.
    if (ask.input.isRequired && text.trim() === '') throw new Error(`${press} wants a text`);
    const body = {
      answeredAt: new Date().toISOString(),
      responder: {
        objectId: user.objectId,
        tenantId: directory.tenantId,
        displayName: user.displayName,
        userPrincipalName: user.principalName,
        ...answer.responder,
      },
      data: { ...ask.submit.data, [ask.input.id]: text, ...answer.data },
      ...answer.body,
    };
    const bearer = answer.token === undefined ? await token() : answer.token;
    return tell(url, bearer, body);
  };
}

async function tell(url: string, bearer: string | null, body: unknown): Promise<Answered> {
  const authorization = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...authorization },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(120_000),
    });
    return { status: response.status, text: readText(await response.text()) ?? UNHEARD };
  } catch {
    return { status: 0, text: UNHEARD };
  }
}

function readText(body: string): string | undefined {
  try {
    return z.object({ text: z.string() }).parse(JSON.parse(body)).text;
  } catch {
    return undefined;
  }
}
