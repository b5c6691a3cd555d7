/**
 * Posts cards to the Teams channel of a Workflows flow ("When a Teams webhook request is received"). Its URL is a secret
 * that anyone may post with: it comes from the vault, goes nowhere but into the request, and stands in no log or error.
 * No redirect is followed.
 */
import type { CardPoster } from '../approvals/notify.ts';
import { findUrlMistake, urlMistakeMessages } from '../config/loopback.ts';
import type { KeptSecret, SecretVersion } from '../credentials/kept-secret.ts';
import type { JsonObject } from '../json/value.ts';

export interface TeamsWebhookOptions {
  /** The workflow's URL. */
  readonly url: KeptSecret;
  readonly fetch: typeof fetch;
  /** For one card, the vault's answer and a second try included; milliseconds, default 10,000. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 10_000;
/** What a flow answers when it is gone, off, or when its URL was renewed. */
const REFUSALS = new Set([401, 403, 404, 410]);
const ERROR_CODE = /^[A-Z][A-Z0-9_]{1,40}$/;

export function createTeamsWebhook({ url, fetch, deadlineMs = DEADLINE_MS }: TeamsWebhookOptions): CardPoster {
  async function send(address: SecretVersion, body: string, signal: AbortSignal): Promise<number> {
    const text = address.value.reveal().trim();
    const mistake = findUrlMistake(text);
    if (mistake !== undefined) throw new Error(`the address of the Teams workflow ${urlMistakeMessages[mistake]}`);
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal };
    let response: Response;
    try {
      response = await fetch(text, { ...request, redirect: 'manual' });
    } catch (cause) {
      throw new Error(`the Teams workflow could not be reached (${reasonOf(cause)})`);
    }
    await response.body?.cancel().catch(() => undefined);
    return response.status;
  }

  async function postWithin(body: string, signal: AbortSignal): Promise<void> {
    const address = await url.current();
    let status = await send(address, body, signal);
    if (REFUSALS.has(status)) {
      const newer = await url.newerThan(address.version);
      if (newer !== undefined) status = await send(newer, body, signal);
    }
    if (status < 200 || status > 299) throw new Error(`the Teams workflow answered ${status}`);
  }

  return {
    async post(card) {
      const signal = AbortSignal.timeout(deadlineMs);
      await within(signal, postWithin(JSON.stringify(messageWith(card)), signal));
    },
  };
}

function messageWith(card: JsonObject): JsonObject {
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card };
  return { type: 'message', attachments: [attachment] };
}

/** The error itself may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return 'no answer in time';
  const { cause } = error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return ERROR_CODE.test(code) ? code : 'no connection';
}

/** The vault's client has a deadline of its own, which may be the longer one. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const expired = new Promise<never>((_, reject) => {
    const give = () => reject(new Error('the Teams workflow took too long'));
    signal.addEventListener('abort', give, { once: true });
  });
  return Promise.race([work, expired]);
}
