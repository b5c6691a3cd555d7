/**
 * Azure Resource Manager's REST API as commands ask it: one request, within a deadline, as whoever is signed in with the
 * Azure CLI or azd. It follows no redirect, so that the token goes nowhere else, and tries nothing twice: a command says
 * what may have happened.
 */
import type { AccessToken, TokenCredential } from '@azure/identity';
import { z } from 'zod';
import { CommandFailure } from '../outcome.ts';
import { visibleLine } from '../pins/visible-text.ts';

export interface ArmRequest {
  readonly method?: 'GET' | 'POST';
  /** From `/subscriptions/`, or the whole URL of a next page. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ArmAnswer {
  readonly status: number;
  readonly json: unknown;
  /** Of an error, for people; empty where there is none. */
  readonly problem: string;
}

export interface ResourceManager {
  /** Throws `CommandFailure` where no answer came. */
  ask(request: ArmRequest): Promise<ArmAnswer>;
}

export interface ResourceManagerOptions {
  /** Origin, e.g. https://management.azure.com. */
  readonly url: string;
  readonly credential: TokenCredential;
}

const DEADLINE_MS = 30_000;
const TOKEN_SPARE_MS = 60_000;

const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export function createResourceManager({ url, credential }: ResourceManagerOptions): ResourceManager {
  const { origin } = new URL(url);
  let held: AccessToken | undefined;

  /** The CLI is a process of its own each time that it is asked. */
  async function readToken(): Promise<string> {
    if (held !== undefined && Date.now() + TOKEN_SPARE_MS < held.expiresOnTimestamp) return held.token;
    try {
      held = (await credential.getToken(`${origin}/.default`)) ?? undefined;
      if (held !== undefined) return held.token;
    } catch (cause) {
      throw new CommandFailure(`there is no token for ${origin}: az login, or azd auth login\n${firstLine(cause)}`, {
        cause,
      });
    }
    throw new CommandFailure(`there is no token for ${origin}: az login, or azd auth login`);
  }

  return {
    async ask({ method = 'GET', path, headers }) {
      const target = new URL(path, origin);
      // The next page's address comes from outside.
      if (target.origin !== origin) throw new CommandFailure('Azure’s answer leads to another host than it came from');
      const token = await readToken();
      const what = `${method} ${target.pathname}`;
      try {
        const response = await fetch(target, {
          method,
          redirect: 'error',
          headers: { ...headers, authorization: `Bearer ${token}`, accept: 'application/json' },
          signal: AbortSignal.timeout(DEADLINE_MS),
        });
        const json = parse(await response.text());
        return { status: response.status, json, problem: response.ok ? '' : problemOf(response.status, json) };
      } catch (cause) {
        throw new CommandFailure(`${what} got no answer: ${firstLine(cause)}`, { cause });
      }
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf(status: number, json: unknown): string {
  const parsed = errorSchema.safeParse(json);
  if (!parsed.success) return `${status}`;
  const { code, message } = parsed.data.error;
  return visibleLine(`${status} ${code}: ${message.split('\n', 1)[0]}`);
}

function firstLine(cause: unknown): string {
  const messages: string[] = [];
  for (let error = cause; error instanceof Error; error = error.cause) messages.push(error.message);
  return visibleLine((messages.join(': ') || String(cause)).split('\n', 1)[0] ?? '');
}
