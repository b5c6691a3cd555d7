/**
 * The outgoing webhook: posts one message to the gateway, signed, and waits for its answer no longer than Teams does.
 */
import { z } from 'zod';
import { type Directory, findUser } from '../entra/directory.ts';
import { createActivity, signActivity } from './activity.ts';

export interface Reply {
  /** A name of the directory, such as `bob`. */
  readonly as: string;
  /** What follows the mention, as the person typed it. */
  readonly text: string;
  /** Members of the activity in place of the usual ones. */
  readonly activity?: Readonly<Record<string, unknown>>;
  /** Changes the body after it was signed. */
  readonly tamper?: (body: string) => string;
  /** In place of the right one; `null`: none. */
  readonly authorization?: string | null;
}

export interface ReplyAnswer {
  /** 0: none came in time. */
  readonly status: number;
  /** Of the message that would stand in the channel; undefined when the answer is none. */
  readonly text: string | undefined;
}

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  readonly directory: Directory;
}

const DEADLINE_MS = 5_000;

const answerSchema = z.object({ type: z.literal('message'), text: z.string() });

export function createWebhook({ url, secret, directory }: WebhookOptions): (reply: Reply) => Promise<ReplyAnswer> {
  let lastIdMs = 0;

  return async ({ as, text, activity = {}, tamper = (body) => body, authorization }) => {
    const sender = findUser(directory, as);
    if (!sender) throw new Error(`there is no ${as} in the directory`);
    lastIdMs = Math.max(lastIdMs + 1, Date.now());
    const signed = JSON.stringify(createActivity({ directory, sender, text, idMs: lastIdMs, overrides: activity }));
    const signature = authorization === undefined ? signActivity(secret, signed) : authorization;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          ...(signature !== null && { authorization: signature }),
        },
        body: tamper(signed),
        redirect: 'manual',
        signal: AbortSignal.timeout(DEADLINE_MS),
      });
      return { status: response.status, text: readAnswer(await response.text()) };
    } catch {
      return { status: 0, text: undefined };
    }
  };
}

function readAnswer(body: string): string | undefined {
  try {
    return answerSchema.parse(JSON.parse(body)).text;
  } catch {
    return undefined;
  }
}
