/**
 * What people do over the gateway's API, as `sallyport approvals` does: with a token of the app `cli`, which is of no use
 * for MCP. A decision carries the evidence of what was shown.
 */
import { z } from 'zod';
import { askForToken, askJson } from '../request-token.ts';
import type { Stack } from '../stack-file.ts';

const shownSchema = z.looseObject({
  code: z.string(),
  state: z.string(),
  tool: z.string(),
  requester: z.object({ name: z.string().optional(), id: z.string() }),
  evidence: z.string(),
});

export interface Decision {
  readonly verdict: 'approve' | 'deny';
  readonly reason: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

export async function showApproval(
  stack: Stack,
  user: string,
  approval: string,
): Promise<z.output<typeof shownSchema>> {
  return shownSchema.parse((await ask(stack, user, `/api/approvals/${approval}`)).body);
}

/** As this person, who looks at it first. */
export async function decide(stack: Stack, user: string, approval: string, decision: Decision): Promise<ApiAnswer> {
  const { evidence } = await showApproval(stack, user, approval);
  return ask(stack, user, `/api/approvals/${approval}/decisions`, { ...decision, evidence });
}

async function ask(stack: Stack, user: string, path: string, body?: object): Promise<ApiAnswer> {
  const token = await askForToken(stack.entra, { user, agent: 'cli' });
  if (!token.ok) throw new Error(token.error);
  const headers = { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' };
  const answer = await askJson(`${stack.gateway}${path}`, {
    headers,
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(answer.error);
  return answer.value;
}
