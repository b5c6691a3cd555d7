/**
 * A stand-in for a Teams channel: takes cards as a Workflows flow does (`POST /workflows/{id}?sig=…`), shows them (`GET /`,
 * `GET /cards`), and posts people's messages to the gateway as an outgoing webhook does, signed over the raw body.
 * It does NOT imitate: the rest of a flow's URL and its run history, Markdown and the look of Teams' clients, throttling by
 * itself, threads, edited messages, cards in a webhook's answer, who may write in a channel, bots, the flow that waits
 * for a response, delivery after its 202.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Directory, findUser, sampleDirectory } from '../entra/directory.ts';
import type { Faults } from '../faults.ts';
import { HttpProblem, readText, sendJson } from '../http.ts';
import { type Handler, startStandIn } from '../stand-in.ts';
import { type Channel, openChannel, type PostedCard } from './channel.ts';
import { readMessage } from './message.ts';
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
}

export interface Teams {
  readonly url: string;
  readonly faults: Faults;
  /** Of the flow; a secret. */
  readonly webhookUrl: string;
  /** Of the outgoing webhook, base64; a secret. */
  readonly replySecret: string;
  /** Oldest first. */
  cards(): readonly PostedCard[];
  /** Writes to the gateway in the channel, as somebody. Rejects when there is no such person. */
  reply(reply: Reply): Promise<ReplyAnswer>;
  stop(): Promise<void>;
}

export async function startTeams(options: TeamsOptions): Promise<Teams> {
  const { directory = sampleDirectory, publicUrl } = options;
  const channel = await openChannel(options.folder);
  const { workflow, signature, replySecret } = channel;
  const reply = createWebhook({ url: `${publicUrl}/teams/reply`, secret: replySecret, directory });

  function createHandler(url: string): Handler {
    return async (request, response) => {
      const target = new URL(request.url ?? '/', url);
      const operation = `${request.method} ${target.pathname}`;
      if (operation === 'GET /') {
        response.writeHead(200, pageHeaders).end(await renderPage(channel.cards(), directory.users));
      } else if (operation === 'GET /cards') sendJson(response, 200, channel.cards());
      else if (operation === 'POST /replies') await takeReply(request, response);
      else if (operation === `POST /workflows/${workflow}`) await takeCard(channel, target, request, response);
      else throw new HttpProblem(404, 'There is nothing here.');
    };
  }

  /** The page's form. Another site's must not speak for the sample's people. */
  async function takeReply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { origin, host } = request.headers;
    if (origin !== undefined && origin !== `http://${host}`) throw new HttpProblem(403, 'Not for other pages.');
    const form = new URLSearchParams(await readText(request));
    const [card, as, text] = ['card', 'as', 'text'].map((name) => form.get(name) ?? '');
    if (!findUser(directory, as ?? '')) throw new HttpProblem(400, 'There is no such person.');
    const said = { as: as ?? '', text: text ?? '' };
    const { status, text: answer } = await reply(said);
    await channel.addReply(card ?? '', { ...said, answer: answer ?? `(no message, status ${status})` });
    response.writeHead(303, { location: `/#card-${encodeURIComponent(card ?? '')}` }).end();
  }

  const { url, faults, stop } = await startStandIn({ name: 'teams', port: options.port, createHandler });
  const webhookUrl = `${url}/workflows/${workflow}?sig=${signature}`;
  return { url, faults, webhookUrl, replySecret, cards: channel.cards, reply, stop };
}

/** As a flow answers: 401 without its signature, 400 for what it cannot post, 202 before it is posted. */
async function takeCard(
  channel: Channel,
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = Buffer.from(target.searchParams.get('sig') ?? '');
  const expected = Buffer.from(channel.signature);
  if (given.byteLength !== expected.byteLength || !timingSafeEqual(given, expected)) {
    throw new HttpProblem(401, 'The signature of the flow’s address is missing or wrong.');
  }
  const card = readMessage(request.headers['content-type'], await readText(request));
  if (!card.ok) throw new HttpProblem(400, card.error);
  await channel.add(card.value);
  response.writeHead(202).end();
}
