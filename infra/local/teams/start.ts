/**
 * A stand-in for a Teams channel: takes cards as a Workflows flow does (`POST /workflows/{id}?sig=…`), shows them (`GET /`,
 * `GET /cards`), and posts people's messages to the gateway as an outgoing webhook does, signed over the raw body. Plays
 * the flow that waits for a response too (`POST /flows/{id}?sig=…`, flow.ts), and brings its answers.
 * It does NOT imitate: the rest of a flow's URL and its run history, Markdown and the look of Teams' clients, throttling by
 * itself, threads, edited messages, cards in a webhook's answer, who may write in a channel, bots, delivery after its 202.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Directory, findUser, sampleDirectory } from '../entra/directory.ts';
import type { Faults } from '../faults.ts';
import { HttpProblem, readText, sendJson } from '../http.ts';
import { type Handler, startStandIn } from '../stand-in.ts';
import { type Channel, openChannel, type PostedCard } from './channel.ts';
import { type Answered, type CardAnswer, createFlow } from './flow.ts';
import { type FlowKind, readMessage } from './message.ts';
import { pageHeaders, renderPage } from './page.ts';
import { createWebhook, type Reply, type ReplyAnswer } from './webhook.ts';

export interface TeamsOptions {
  /** 0: any free one. */
  readonly port: number;
  /** The gateway's, to which replies go; no trailing slash. */
  readonly publicUrl: string;
  /** Cards and secrets are kept in `{folder}/teams.json`; absent: in memory only. */
  readonly folder?: string;
  /** Default: the sample tenant. */
  readonly directory?: Directory;
  /** For the gateway, of the identity of the flow that waits for a response; absent: it can't answer. */
  readonly flowToken?: () => Promise<string>;
}

export interface Teams {
  readonly url: string;
  readonly faults: Faults;
  /** Of the flow that posts cards; a secret. */
  readonly webhookUrl: string;
  /** Of the flow that posts cards and waits for answers; a secret. */
  readonly flowUrl: string;
  /** Of the outgoing webhook, base64; a secret. */
  readonly replySecret: string;
  /** Oldest first. */
  cards(): readonly PostedCard[];
  /** Writes to the gateway in the channel, as somebody. Rejects when there is no such person. */
  reply(reply: Reply): Promise<ReplyAnswer>;
  /**
   * Presses an answer on a card, as somebody. Rejects for what Teams' clients would not let happen: no such person, card
   * or button, a card that was answered.
   */
  answer(cardId: string, answer: CardAnswer): Promise<Answered>;
  stop(): Promise<void>;
}

export async function startTeams(options: TeamsOptions): Promise<Teams> {
  const { directory = sampleDirectory, publicUrl } = options;
  const channel = await openChannel(options.folder);
  const { workflow, signature, flow, flowSignature, replySecret } = channel;
  const token = options.flowToken ?? (() => Promise.reject(new Error('the flow has no identity')));
  const tell = createFlow({ url: `${publicUrl}/teams/flow`, token, directory });
  const reply = createWebhook({ url: `${publicUrl}/teams/reply`, secret: replySecret, directory });

  function createHandler(url: string): Handler {
    return async (request, response) => {
      const target = new URL(request.url ?? '/', url);
      const operation = `${request.method} ${target.pathname}`;
      if (operation === 'GET /') {
        response.writeHead(200, pageHeaders).end(await renderPage(channel.cards(), directory.users));
      } else if (operation === 'GET /cards') sendJson(response, 200, channel.cards());
      else if (operation === 'POST /replies') await takeReply(request, response);
      else if (operation === 'POST /answers') await takeAnswer(request, response);
      else if (operation === `POST /workflows/${workflow}`) {
        demandSignature(target, signature);
        await takeCard(channel, { waits: false }, request, response);
      } else if (operation === `POST /flows/${flow}`) {
        demandSignature(target, flowSignature);
        await takeCard(channel, { waits: true }, request, response);
      } else throw new HttpProblem(404, 'There is nothing here.');
    };
  }

  async function takeReply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const field = await readForm(directory, request);
    const said = { as: field('as'), text: field('text') };
    const { status, text: answer } = await reply(said);
    await channel.addReply(field('card'), { ...said, answer: answer ?? `(no message, status ${status})` });
    showCard(field('card'), response);
  }

  async function takeAnswer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const field = await readForm(directory, request);
    const pressed = { as: field('as'), press: field('press'), text: field('text') };
    await answer(field('card'), pressed).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : 'It can’t be answered.';
      throw Object.assign(new HttpProblem(400, message), { cause });
    });
    showCard(field('card'), response);
  }

  async function answer(cardId: string, answered: CardAnswer): Promise<Answered> {
    const posted = channel.cards().find(({ id }) => id === cardId);
    if (posted === undefined) throw new Error('there is no such card');
    if (!(await channel.claim(cardId, answered.as))) throw new Error('the card was answered');
    const { as, press, text = '' } = answered;
    const told = await tell(posted.card, answered);
    await channel.addReply(cardId, { as, text: `${press} ${text}`.trim(), answer: told.text });
    return told;
  }

  const { url, faults, stop } = await startStandIn({ name: 'teams', port: options.port, createHandler });
  const webhookUrl = `${url}/workflows/${workflow}?sig=${signature}`;
  const flowUrl = `${url}/flows/${flow}?sig=${flowSignature}`;
  return { url, faults, webhookUrl, flowUrl, replySecret, cards: channel.cards, reply, answer, stop };
}

/** A field of the page's form. Another site's form must not speak for the sample's people. */
async function readForm(directory: Directory, request: IncomingMessage): Promise<(field: string) => string> {
  const { origin, host } = request.headers;
  if (origin !== undefined && origin !== `http://${host}`) throw new HttpProblem(403, 'Not for other pages.');
  const form = new URLSearchParams(await readText(request));
  const field = (name: string) => form.get(name) ?? '';
  if (!findUser(directory, field('as'))) throw new HttpProblem(400, 'There is no such person.');
  return field;
}

function showCard(card: string, response: ServerResponse): void {
  response.writeHead(303, { location: `/#card-${encodeURIComponent(card)}` }).end();
}

function demandSignature(target: URL, signature: string): void {
  const given = Buffer.from(target.searchParams.get('sig') ?? '');
  const expected = Buffer.from(signature);
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
    throw new HttpProblem(401, 'The signature of the flow’s address is missing or wrong.');
  }
}

/** As a flow answers: 400 for what it cannot post, 202 before it is posted. */
async function takeCard(
  channel: Channel,
  kind: FlowKind,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const card = readMessage(request.headers['content-type'], await readText(request), kind);
  if (!card.ok) throw new HttpProblem(400, card.error);
  await channel.add(card.value);
  response.writeHead(202).end();
}
