/**
 * The gateway's API as commands call it: one request, within a deadline, its answer checked. It follows no redirect,
 * so that the token goes to the gateway alone, and retries nothing: a command says what may have happened.
 */
import type { z } from 'zod';
import { errorSchema } from '../../shared/api/api-error.ts';
import { parseJsonBytes } from '../../shared/json/parse.ts';
import type { Json } from '../../shared/json/value.ts';
import { readBody } from '../../shared/mcp/body.ts';
import { CommandFailure, CommandRefusal } from './outcome.ts';
import { visibleLine } from './pins/visible-text.ts';

export interface ApiRequest<S extends z.ZodType> {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** From `/api/`, with what stands in it already encoded. */
  readonly path: string;
  readonly body?: Json;
  /** Of the answer. */
  readonly schema: S;
}

export interface ApiClient {
  /** Throws `CommandRefusal` where the gateway says no, `CommandFailure` where it could not be asked. */
  ask<S extends z.ZodType>(request: ApiRequest<S>): Promise<z.output<S>>;
}

const DEADLINE_MS = 30_000;
const MAX_ANSWER_BYTES = 8 * 1_024 * 1_024;

/** What it is to be told no, rather than to have asked wrongly or in vain. */
const REFUSALS = new Set([403, 404, 409]);

export interface ApiClientOptions {
  readonly gateway: string;
  readonly token: string;
  /** Of one request; default 30 seconds. */
  readonly deadlineMs?: number;
}

export function createApiClient({ gateway, token, deadlineMs = DEADLINE_MS }: ApiClientOptions): ApiClient {
  return {
    async ask({ method = 'GET', path, body, schema }) {
      const request = `${method} ${gateway}${path}`;
      const { status, json } = await send(request, `${gateway}${path}`, deadlineMs, {
        method,
        redirect: 'error',
        headers: {
          authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (status >= 200 && status < 300) {
        const answer = schema.safeParse(json);
        if (answer.success) return answer.data;
        throw new CommandFailure(`${request} was answered with something else than this command knows`);
      }
      const error = readError(json);
      if (error && REFUSALS.has(status)) throw new CommandRefusal(error.message);
      throw new CommandFailure(`${request} answered ${status}${error ? `: ${error.message}` : ''}`);
    },
  };
}

async function send(
  request: string,
  url: string,
  deadlineMs: number,
  init: RequestInit,
): Promise<{ status: number; json: unknown }> {
  const deadline = AbortSignal.timeout(deadlineMs);
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: deadline });
  } catch (cause) {
    const sent = init.method === 'GET' ? '' : '; it may have taken effect, and can be said again';
    throw new CommandFailure(`${request} got no answer: ${explain(cause)}${sent}`, { cause });
  }
  const bytes = await readBody(response.body, MAX_ANSWER_BYTES, deadline);
  if (!bytes.ok) throw new CommandFailure(`the answer to ${request} can't be read: ${bytes.error.code}`);
  const json = parseJsonBytes(bytes.value);
  return { status: response.status, json: json.ok ? json.value : undefined };
}

function explain(cause: unknown): string {
  const messages: string[] = [];
  for (let error = cause; error instanceof Error; error = error.cause) messages.push(error.message);
  return visibleLine(messages.join(': '));
}

/** A proxy in front may answer in a shape of its own. */
function readError(json: unknown): { readonly code: string; readonly message: string } | undefined {
  const answer = errorSchema.safeParse(json);
  if (!answer.success) return undefined;
  const { code, message } = answer.data.error;
  return { code: visibleLine(code), message: visibleLine(message) };
}
