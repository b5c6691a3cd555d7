/**
 * The agent of the story: the official MCP client, unchanged, with the token of whoever it works for. A client lives for
 * one piece of work, as the gateway keeps nothing for it.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import { askForToken } from '../request-token.ts';
import type { Stack } from '../stack-file.ts';

export interface Answer {
  readonly text: string;
  readonly isError: boolean;
  readonly structured: unknown;
  /** The id under which the call was held. */
  readonly approval: string | undefined;
}

const approvalMeta = z.object({ 'sallyport/approval': z.object({ id: z.string() }) });

export function crmUrl({ gateway }: Stack): URL {
  return new URL('/mcp/crm', gateway);
}

export async function asUser<T>(stack: Stack, user: string, work: (client: Client) => Promise<T>): Promise<T> {
  const token = await askForToken(stack.entra, { user });
  if (!token.ok) throw new Error(token.error);
  const client = new Client({ name: 'demo', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token.value}` } };
  await client.connect(new StreamableHTTPClientTransport(crmUrl(stack), { requestInit }));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

export async function callAs(stack: Stack, user: string, name: string, args: Record<string, unknown>): Promise<Answer> {
  const result = await asUser(stack, user, (client) => client.callTool({ name, arguments: args }));
  const meta = approvalMeta.safeParse(result._meta);
  return {
    text: (result.content ?? []).map((part) => (part.type === 'text' ? part.text : `(${part.type})`)).join('\n'),
    isError: result.isError === true,
    structured: result.structuredContent,
    approval: meta.success ? meta.data['sallyport/approval'].id : undefined,
  };
}

/** Waits for a held call as the pending answer tells the agent to. */
export function collectAs(stack: Stack, user: string, approval: string): Promise<Answer> {
  return callAs(stack, user, 'sallyport_await_approval', { approval });
}

export async function errorOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
