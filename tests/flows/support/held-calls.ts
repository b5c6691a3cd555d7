/** Held calls over the wire: the agent's side as raw messages, the approver's side through the API. */
import type { TestGateway } from './gateway.ts';
import { callText, post, type Sent } from './tools.ts';

export function heldCall(
  gateway: TestGateway,
  token: string,
  args: Readonly<Record<string, unknown>>,
  tool = 'pay',
): Promise<Sent> {
  return post(gateway.url, token, callText(tool, JSON.stringify(args)));
}

/** The text of a tool result. */
export function textOf({ text }: Sent): string {
  const { result, error } = JSON.parse(text);
  if (result === undefined) return `error: ${error.message}`;
  return result.content.map((part: { text?: string }) => part.text ?? '').join('\n');
}

/** The approval id that an answer names. */
export function idOf(sent: Sent): string {
  const id = JSON.parse(sent.text).result?._meta?.['sallyport/approval']?.id;
  if (typeof id !== 'string') throw new Error(`no approval in ${sent.text}`);
  return id;
}

export interface Decided {
  readonly verdict: 'approve' | 'deny';
  readonly reason: string;
  readonly evidence?: string;
}

export async function decide(gateway: TestGateway, user: string, id: string, input: Decided): Promise<Response> {
  const headers = { authorization: `Bearer ${await apiToken(gateway, user)}`, 'content-type': 'application/json' };
  const url = new URL(`/api/approvals/${id}`, gateway.url);
  const evidence = input.evidence ?? (await evidenceOf(url, headers));
  return fetch(`${url}/decisions`, { method: 'POST', headers, body: JSON.stringify({ ...input, evidence }) });
}

export function apiToken(gateway: TestGateway, user: string): Promise<string> {
  return gateway.token({ user, scope: 'Sallyport.Manage' });
}

async function evidenceOf(url: URL, headers: Record<string, string>): Promise<string> {
  const shown: unknown = await (await fetch(url, { headers })).json();
  return typeof shown === 'object' && shown !== null && 'evidence' in shown ? String(shown.evidence) : '';
}
