/**
 * Asks the Entra stand-in for an access token, as `npm run token` and the demo do. Local only: `/_token` mints whatever
 * it is asked for, which no real authority does. Errors are one line for the terminal.
 */
import { z } from 'zod';
import { err, ok, type Result } from '../../shared/result.ts';

const tokenAnswer = z.object({ access_token: z.string() });
const errorAnswer = z.object({ error: z.string() });

const ANSWER_DEADLINE_MS = 10_000;

/** `wanted`: `user`, or `app` for an app-only token, and what else entra/issue-token.ts takes. */
export async function askForToken(entra: string, wanted: unknown): Promise<Result<string, string>> {
  const answer = await askJson(`${entra}/_token`, { method: 'POST', body: JSON.stringify(wanted) });
  if (!answer.ok) return answer;
  const token = tokenAnswer.safeParse(answer.value.body);
  if (token.success) return ok(token.data.access_token);
  const error = errorAnswer.safeParse(answer.value.body);
  return err(error.success ? error.data.error : `${entra} answered ${answer.value.status} and no token`);
}

/** A JSON answer, whatever its status. */
export async function askJson(
  url: string,
  request: RequestInit = {},
): Promise<Result<{ readonly status: number; readonly body: unknown }, string>> {
  try {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
    const body: unknown = await response.json().catch(() => undefined);
    return ok({ status: response.status, body });
  } catch {
    return err(`no stack is running there: nothing answers on ${new URL(url).origin} (npm start starts one)`);
  }
}
