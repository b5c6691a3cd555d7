/**
 * The story that is cut at every call: alice's agent asks for a refund that policy holds, a card is posted, bob approves
 * through the API, the call runs, the agent collects the answer. People and agents here are as patient as real ones: what
 * they are not told they ask again, later.
 */
import { z } from 'zod';
import type { Lane } from './lane.ts';
import type { Instance } from './start-instance.ts';

/** What one side heard of one request. */
export type Heard =
  /** `text`: of the tool's result, or of the JSON-RPC error. */
  | { readonly kind: 'answered'; readonly isError: boolean; readonly text: string; readonly approval?: string }
  /** 503 with `retry-after`: come again. */
  | { readonly kind: 'unavailable' }
  /** The connection ended without an answer. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'unclear'; readonly detail: string };

export type Told = 'taken' | 'refused' | 'unavailable' | 'cut';

export const AMOUNT = 501;
/** Above every deadline behind an answer. */
const PATIENCE_MS = 30_000;

const answerSchema = z.object({
  result: z
    .object({
      isError: z.boolean().optional(),
      content: z.array(z.object({ text: z.string().optional() })),
      _meta: z.object({ 'sallyport/approval': z.object({ id: z.string() }).optional() }).optional(),
    })
    .optional(),
  error: z.object({ message: z.string().min(1) }).optional(),
});

/** The same call, byte for byte, each time. */
export async function ask(lane: Lane, instance: Instance, payment: string): Promise<Heard> {
  const params = { name: 'refund_payment', arguments: { payment_id: payment, amount: AMOUNT } };
  const token = await lane.services.entra.issueToken({ user: 'alice', ttlSeconds: ttlSeconds(lane) });
  try {
    const response = await fetch(`${instance.url}/mcp/crm`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return hear(response.status, response.headers.get('retry-after'), await response.text());
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'TimeoutError') return { kind: 'unclear', detail: 'no answer' };
    return { kind: 'cut' };
  }
}

function hear(status: number, retryAfter: string | null, text: string): Heard {
  if (status === 503 && retryAfter !== null) return { kind: 'unavailable' };
  const parsed = answerSchema.safeParse(parseJson(text));
  if (status !== 200 || !parsed.success) return { kind: 'unclear', detail: `${status} ${text.slice(0, 200)}` };
  const { result, error } = parsed.data;
  if (result === undefined) {
    if (error === undefined) return { kind: 'unclear', detail: 'neither result nor error' };
    return { kind: 'answered', isError: true, text: error.message };
  }
  const approval = result._meta?.['sallyport/approval']?.id;
  const words = result.content.map((part) => part.text ?? '').join('\n');
  return {
    kind: 'answered',
    isError: result.isError === true,
    text: words,
    ...(approval === undefined ? {} : { approval }),
  };
}

/** Bob looks at the request and approves it. */
export async function approve(lane: Lane, instance: Instance, approval: string): Promise<Told> {
  const token = await lane.services.entra.issueToken({
    user: 'bob',
    // Through a program of his own: the agent that asked decides nothing on its call.
    agent: 'cli',
    scope: 'Sallyport.Manage',
    ttlSeconds: ttlSeconds(lane),
  });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const url = `${instance.url}/api/approvals/${approval}`;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const shown = await fetch(url, { headers, signal });
    if (shown.status !== 200) return notTaken(lane, shown);
    const { evidence } = z.object({ evidence: z.string() }).parse(await shown.json());
    const body = JSON.stringify({ verdict: 'approve', reason: 'the customer is right', evidence });
    const decided = await fetch(`${url}/decisions`, { method: 'POST', headers, body, signal });
    if (decided.status !== 202) return notTaken(lane, decided);
    await decided.text();
    return 'taken';
  } catch {
    return 'cut';
  }
}

async function notTaken(lane: Lane, answer: Response): Promise<Told> {
  lane.note(`bob was answered ${answer.status}: ${await answer.text()}`);
  return answer.status === 503 ? 'unavailable' : 'refused';
}

/** The clock is ahead, the token's issuer is not. */
function ttlSeconds({ aheadMs }: Lane): number {
  return Math.ceil(aheadMs / 1_000) + 3_600;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
