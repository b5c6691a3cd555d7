/**
 * Asks an upstream for all its tools, as the upstream gives them: every page, nothing reshaped, nothing left out.
 * It follows no redirect, because the credential would go along, and it runs no tool.
 */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { z } from 'zod';
import type { Secret } from '../../shared/credentials/secret.ts';
import { isObject, type JsonObject } from '../../shared/json/value.ts';

const DEADLINE_MS = 30_000;
/** Pages of one list: a server whose cursor never ends must not hold the command. */
const MOST_PAGES = 100;

export interface UpstreamAddress {
  readonly url: string;
  /** The header and its whole value. */
  readonly credential?: { readonly header: string; readonly value: Secret };
  /** Of each request; default 30 seconds. */
  readonly deadlineMs?: number;
}

const pageSchema = z.looseObject({
  tools: z.array(z.custom<JsonObject>(isObject, 'is not a tool')),
  nextCursor: z.string().optional(),
});

/** Rejects where the upstream can't be reached, refuses, or breaks the protocol. */
export async function listUpstreamTools({
  url,
  credential,
  deadlineMs = DEADLINE_MS,
}: UpstreamAddress): Promise<readonly JsonObject[]> {
  const client = new Client(
    { name: 'sallyport-pin', version: '0.1.0' },
    { versionNegotiation: { mode: 'auto' }, capabilities: {} },
  );
  const headers: Record<string, string> =
    credential === undefined ? {} : { [credential.header]: credential.value.reveal() };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
    fetch: (target, init) => fetch(target, { ...init, redirect: 'error' }),
  });
  try {
    await client.connect(transport, { timeout: deadlineMs });
    return await listPages(client, deadlineMs);
  } finally {
    await client.close();
  }
}

async function listPages(client: Client, timeout: number): Promise<readonly JsonObject[]> {
  const tools: JsonObject[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const request = { method: 'tools/list', params: cursor === undefined ? {} : { cursor } };
    const result = await client.request(request, pageSchema, { timeout });
    tools.push(...result.tools);
    cursor = result.nextCursor;
    if (cursor === undefined) return tools;
  }
  throw new Error(`more than ${MOST_PAGES} pages of tools`);
}
