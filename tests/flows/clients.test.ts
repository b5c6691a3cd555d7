/** The official clients, unchanged, through the whole stack: SDK v1, SDK v2 in both eras, the Inspector's CLI. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';

const SEES = ['delete_customer', 'get_customer', 'refund_payment', 'search_customers'];

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
      const held = await client.callTool({ name: 'refund_payment', arguments: { payment_id: 'P-50001', amount: 600 } });
      expect(held.isError).toBe(true);
      expect(textOf(held)).toContain('Needs approval');
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

describe('the Inspector', () => {
  it(proves('mcp.inspector', 'lists and calls from its command line'), async () => {
    const inspect = async (...args: string[]) => {
      const cli = join(appDir, 'node_modules/.bin/mcp-inspector');
      const common = ['--cli', url.href, '--transport', 'http', '--header', `Authorization: Bearer ${alice}`];
      const { stdout } = await promisify(execFile)(cli, [...common, ...args], { env: process.env });
      return JSON.parse(stdout);
    };
    const { tools } = await inspect('--method', 'tools/list');
    expect(tools.map(({ name }: { name: string }) => name).sort()).toEqual(SEES);
    const call = ['--method', 'tools/call', '--tool-name', 'search_customers', '--tool-arg', 'query=a', 'limit=1'];
    expect(JSON.stringify(await inspect(...call))).toContain('[masked:');
  }, 60_000);
});
