/** The official clients, unchanged, through the whole stack: SDK v1, SDK v2 in both eras, the Inspector's CLI. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { proves } from '../requirements.ts';
import { decide } from './support/held-calls.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';

const AWAIT = 'sallyport_await_approval';
const CANCEL = 'sallyport_cancel_approval';
const SEES = ['delete_customer', 'get_customer', 'refund_payment', AWAIT, CANCEL, 'search_customers'];

let stack: RunningStack;
let alice: string;
let url: URL;

beforeAll(async () => {
  stack = await startBuiltStack();
  alice = await stack.token({ user: 'alice' });
  url = new URL('/mcp/crm', stack.url);
});
afterAll(() => stack?.stop());

const requestInit = () => ({ headers: { authorization: `Bearer ${alice}` } });
const textOf = (result: object) => JSON.stringify('content' in result ? result.content : undefined);

describe('SDK v1', () => {
  it(proves('mcp.sdk-v1', 'connects, lists, calls, pings and ends its session'), async () => {
    const client = new V1Client({ name: 'v1', version: '1' });
    const transport = new V1Transport(url, { requestInit: requestInit() });
    await client.connect(transport as Parameters<V1Client['connect']>[0]);
    expect(transport.sessionId).toMatch(/^[\x21-\x7e]+$/);
    expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(SEES);
    const found = await client.callTool({ name: 'search_customers', arguments: { query: 'a', limit: 1 } });
    expect(textOf(found)).toContain('[masked:');
    expect(await client.ping()).toEqual({});
    await transport.terminateSession();
    await client.close();
  });
});

describe('SDK v2', () => {
  it.each(['legacy', 'auto', 'modern'] as const)(
    proves('mcp.sdk-v2', 'connects, lists, calls and reads in mode %s'),
    async (mode) => {
      const versionNegotiation = mode === 'modern' ? ({ mode: { pin: '2026-07-28' } } as const) : ({ mode } as const);
      const client = new ModernClient({ name: 'v2', version: '1' }, { versionNegotiation });
      await client.connect(new ModernTransport(url, { requestInit: requestInit() }));
      expect((await client.listTools()).tools.map(({ name }) => name).sort()).toEqual(SEES);
      const found = await client.callTool({ name: 'search_customers', arguments: { query: 'a', limit: 1 } });
      expect(textOf(found)).toContain('[masked:');
      const [resource] = (await client.listResources()).resources;
      expect(await client.readResource({ uri: resource?.uri ?? '' })).toHaveProperty('contents');
      const [prompt] = (await client.listPrompts()).prompts;
      expect(prompt?.name).toBe('summarise_customer');
      await client.close();
    },
  );

  it(proves('mcp.initialize', 'server/discover answers with what the server offers'), async () => {
    const client = new ModernClient(
      { name: 'v2', version: '1' },
      { versionNegotiation: { mode: { pin: '2026-07-28' } } },
    );
    await client.connect(new ModernTransport(url, { requestInit: requestInit() }));
    expect(client.getServerCapabilities()).toMatchObject({ tools: {}, resources: {}, prompts: {} });
    await client.close();
  });

  it(proves('mcp.ping', 'ping is answered to a legacy client'), async () => {
    const client = new ModernClient({ name: 'v2', version: '1' });
    await client.connect(new ModernTransport(url, { requestInit: requestInit() }));
    expect(await client.ping()).toEqual({});
    await client.close();
  });

  it(proves('mcp.sse', 'a big answer with progress comes through as events, masked'), async () => {
    const bot = await stack.token({ app: 'reporting-bot' });
    const client = new ModernClient({ name: 'v2', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const headers = { authorization: `Bearer ${bot}` };
    await client.connect(new ModernTransport(url, { requestInit: { headers } }));
    const progress: number[] = [];
    const result = await client.callTool(
      { name: 'export_customers', arguments: { format: 'json' } },
      { onprogress: (event) => progress.push(event.progress) },
    );
    expect(progress.length).toBeGreaterThan(1);
    const text = textOf(result);
    expect(text.length).toBeGreaterThan(500_000);
    expect(text).not.toMatch(/\b\d{3}-\d{2}-\d{4}\b|[\w.]+@example\.(com|org|net)/);
    await client.close();
  });
});

describe('a held call', () => {
  it.each<[string, string, () => Promise<V1Client | ModernClient>]>([
    ['SDK v1', 'P-50006', connectV1],
    ['SDK v2, legacy', 'P-50011', () => connectV2('legacy')],
    ['SDK v2, auto', 'P-50016', () => connectV2('auto')],
    ['SDK v2, 2026-07-28', 'P-50021', () => connectV2({ pin: '2026-07-28' })],
  ])(
    proves('clients.hold', '%s: shown, held, collected after an approval, and valid by the tool’s output schema'),
    async (_name, payment_id, connect) => {
      const client = await connect();
      const { tools } = await client.listTools();
      const shown = tools.find(({ name }) => name === 'refund_payment');
      expect(shown?.outputSchema).toBeDefined();
      expect(Object.keys(shown?.inputSchema.properties ?? {})).toEqual([
        ...['payment_id', 'amount', 'reason'],
        ...['sallyport_justification', 'sallyport_repeat'],
      ]);
      const refund = { name: 'refund_payment', arguments: { payment_id, amount: 600, sallyport_justification: 'Why' } };

      const held = await client.callTool(refund);
      expect(held.isError).toBe(true);
      expect(textOf(held)).toContain('this call has NOT been made');
      const approval = approvalIn(held);
      const waiting = client.callTool({ name: AWAIT, arguments: { approval } });
      expect((await decide(stack, 'bob', approval, { verdict: 'approve', reason: 'Seen' })).status).toBe(202);

      // The client knows the output schema from the list, and rejects a result of this tool that does not fit it.
      for (const answer of [await waiting, await client.callTool(refund)]) {
        expect(answer.isError ?? false).toBe(false);
        expect(answer.structuredContent).toMatchObject({ id: payment_id, refunded: 600 });
      }
      await client.close();
    },
  );

  it(proves('clients.hold', 'SDK v2: a denial is an answer with the reason, not an error of the client'), async () => {
    const client = await connectV2('auto');
    await client.listTools();
    const held = await client.callTool({ name: 'delete_customer', arguments: { customer_id: 'C-1900' } });
    const approval = approvalIn(held);
    expect((await decide(stack, 'bob', approval, { verdict: 'deny', reason: 'Open invoices' })).status).toBe(202);
    const denied = await client.callTool({ name: AWAIT, arguments: { approval } });
    expect(denied.isError).toBe(true);
    expect(textOf(denied)).toContain('Open invoices');
    await client.close();
  });
});

describe('the Inspector', () => {
  it(proves('mcp.inspector', 'lists and calls from its command line'), async () => {
    const { tools } = await inspect('--method', 'tools/list');
    expect(tools.map(({ name }: { name: string }) => name).sort()).toEqual(SEES);
    const call = ['--method', 'tools/call', '--tool-name', 'search_customers', '--tool-arg', 'query=a', 'limit=1'];
    expect(JSON.stringify(await inspect(...call))).toContain('[masked:');
  }, 60_000);

  it(proves('clients.hold', 'the Inspector is told of a held call, and collects it after an approval'), async () => {
    const call = ['--method', 'tools/call', '--tool-name'];
    const held = await inspect(...call, 'refund_payment', '--tool-arg', 'payment_id=P-50026', 'amount=600');
    expect(held.isError).toBe(true);
    const approval = approvalIn(held);
    expect((await decide(stack, 'bob', approval, { verdict: 'approve', reason: 'Seen' })).status).toBe(202);
    const collected = await inspect(...call, AWAIT, '--tool-arg', `approval=${approval}`);
    expect(collected.structuredContent).toMatchObject({ id: 'P-50026', refunded: 600 });
  }, 60_000);
});

async function connectV1(): Promise<V1Client> {
  const client = new V1Client({ name: 'v1', version: '1' });
  const transport = new V1Transport(url, { requestInit: requestInit() });
  await client.connect(transport as Parameters<V1Client['connect']>[0]);
  return client;
}

async function connectV2(mode: 'legacy' | 'auto' | { readonly pin: '2026-07-28' }): Promise<ModernClient> {
  const client = new ModernClient({ name: 'v2', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new ModernTransport(url, { requestInit: requestInit() }));
  return client;
}

/** What it prints; a result with `isError` is printed too, and ends it with a code of its own. */
async function inspect(...args: string[]) {
  const cli = join(appDir, 'node_modules/.bin/mcp-inspector');
  const common = ['--cli', url.href, '--transport', 'http', '--header', `Authorization: Bearer ${alice}`];
  const { promise, resolve } = Promise.withResolvers<string>();
  execFile(cli, [...common, ...args], { env: process.env }, (_error, stdout) => resolve(stdout));
  return JSON.parse(await promise);
}

function approvalIn({ _meta }: { _meta?: Record<string, unknown> | undefined }): string {
  return z.object({ 'sallyport/approval': z.object({ id: z.string() }) }).parse(_meta)['sallyport/approval'].id;
}
