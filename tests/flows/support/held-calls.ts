/** Held calls over the wire: the agent's side as raw messages, the approver's side through the API. */
import type { TestGateway } from './gateway.ts';
import { callText, post, type Sent } from './tools.ts';

export function callTool(
  gateway: TestGateway,
  token: string,
  tool: string,
  args: Readonly<Record<string, unknown>>,
): Promise<Sent> {
  return post(gateway.url, token, callText(tool, JSON.stringify(args)));
}

/** A JSON-RPC answer. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
export function rpc({ text }: Sent): any {
  return JSON.parse(text);
}

/** The text of a tool result. */
export function textOf(sent: Sent): string {
  const { result, error } = rpc(sent);
  if (result === undefined) return `error: ${error.message}`;
  return result.content.map((part: { text?: string }) => part.text ?? '').join('\n');
}

/** The approval id that an answer names. */
export function idOf(sent: Sent): string {
  const id = rpc(sent).result?._meta?.['sallyport/approval']?.id;
  if (typeof id !== 'string') throw new Error(`no approval in ${sent.text}`);
  return id;
}

export function approvalOf({ approvals }: TestGateway, id: string) {
  return approvals.snapshot().approvals.find((approval) => approval.id === id);
}

export function stateOf(gateway: TestGateway, id: string): string | undefined {
  return approvalOf(gateway, id)?.state;
}

/** What stands in the transcripts under this approval, in the order of time. */
export function recordsOf(gateway: TestGateway, id: string): Record<string, unknown>[] {
  return gateway.records().filter(({ approval }) => approval === id);
}

/** Any gateway with the sample's people, this process's or a whole stack's. */
type Where = Pick<TestGateway, 'url' | 'token'>;

export interface Decided {
  readonly verdict: 'approve' | 'deny';
  readonly reason: string;
  readonly evidence?: string;
}

/** As this person, with the evidence that is shown to them unless another is given. */
export async function decide(gateway: Where, user: string, id: string, input: Decided): Promise<Response> {
  const headers = { authorization: `Bearer ${await apiToken(gateway, user)}`, 'content-type': 'application/json' };
  const url = new URL(`/api/approvals/${id}`, gateway.url);
  const evidence = input.evidence ?? (await evidenceOf(url, headers));
  return fetch(`${url}/decisions`, { method: 'POST', headers, body: JSON.stringify({ ...input, evidence }) });
}

/** For the API alone; valid for as long as a test may set the clock ahead. */
export function apiToken(gateway: Where, user: string): Promise<string> {
  return gateway.token({ user, agent: 'cli', scope: 'Sallyport.Manage', ttlSeconds: 400_000 });
}

async function evidenceOf(url: URL, headers: Record<string, string>): Promise<string> {
  const shown: unknown = await (await fetch(url, { headers })).json();
  return typeof shown === 'object' && shown !== null && 'evidence' in shown ? String(shown.evidence) : '';
}
