/**
 * The sample upstream over the wire, driven by the real MCP clients: SDK v1, and SDK v2 in both eras.
 */
import { readFile } from 'node:fs/promises';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CrmServer, startCrmServer } from '../../infra/local/crm-server/start.ts';
import { digestTool } from '../../shared/config/tool-digest.ts';
import { readToolsLock } from '../../shared/config/tools-lock.ts';
import { proves } from '../requirements.ts';

const apiKey = 'a-key-for-tests';
const requestInit = { headers: { 'x-api-key': apiKey } };

const toolNames = [
  'search_customers',
  'get_customer',
  'run_query',
  'export_customers',
  'refund_payment',
  'delete_customer',
];

let crm: CrmServer;
beforeAll(async () => {
  crm = await startCrmServer({ port: 0, apiKey });
});
afterAll(() => crm.stop());

async function connectV2(mode: 'legacy' | { pin: string }): Promise<{ client: ClientV2; transport: TransportV2 }> {
  const client = new ClientV2({ name: 'tests', version: '1.0.0' }, { versionNegotiation: { mode } });
  const transport = new TransportV2(new URL(crm.url), { requestInit });
  await client.connect(transport);
  return { client, transport };
}

/** One bare request of the modern era: what no SDK would send can be sent with it. */
function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(crm.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'x-api-key': apiKey,
      ...headers,
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tests', version: '1.0.0' } },
};

describe('eras', () => {
  it(proves('crm.eras', 'the v1 client gets a session, uses it, and ends it'), async () => {
    const client = new ClientV1({ name: 'tests', version: '1.0.0' });
    const transport = new TransportV1(new URL(crm.url), { requestInit });
    // The class's own optional properties do not fit its own interface under exactOptionalPropertyTypes.
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    const session = transport.sessionId;
    expect(session).toMatch(/^[\x21-\x7e]{16,}$/);
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(toolNames);
    expect(crm.requests.at(-1)?.headers['mcp-session-id']).toBe(session);
    await transport.terminateSession();
    await client.close();
    const after = await post({ jsonrpc: '2.0', id: 2, method: 'tools/list' }, { 'mcp-session-id': session ?? '' });
    expect(after.status).toBe(404);
  });

  it(proves('crm.eras', 'the v2 client in legacy mode gets a session'), async () => {
    const { client, transport } = await connectV2('legacy');
    expect(transport.sessionId).toBeDefined();
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(toolNames);
    await client.close();
  });

  it(proves('crm.eras', 'the v2 client in modern mode needs no session and gets none'), async () => {
    const { client, transport } = await connectV2({ pin: '2026-07-28' });
    expect(transport.sessionId).toBeUndefined();
    expect((await client.listTools()).tools.map((tool) => tool.name)).toEqual(toolNames);
    expect(crm.requests.some((request) => request.body.includes('"server/discover"'))).toBe(true);
    await client.close();
  });

  it('tools have the same definitions in both eras, the ones that the sample pins', async () => {
    const lock = readToolsLock(await readFile(new URL('../../infra/config/tools.lock.json', import.meta.url), 'utf8'));
    const pinned = lock.lock?.servers.get('crm');
    expect([...(pinned?.keys() ?? [])].sort()).toEqual([...toolNames].sort());
    for (const mode of ['legacy', { pin: '2026-07-28' }] as const) {
      const { client } = await connectV2(mode);
      const { tools } = await client.listTools();
      const digests = tools.map((tool) => [tool.name, digestTool(JSON.parse(JSON.stringify(tool)))]);
      expect(digests).toEqual(tools.map(({ name }) => [name, pinned?.get(name)?.digest]));
      await client.close();
    }
  });

  it('a legacy session has a GET stream, and a session that never was is not found', async () => {
    const opened = await post(initialize);
    const session = opened.headers.get('mcp-session-id') ?? '';
    await opened.text();
    const headers = { 'x-api-key': apiKey, accept: 'text/event-stream', 'mcp-session-id': session };
    const stream = await fetch(crm.url, { headers });
    expect(stream.status).toBe(200);
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    const ended = await fetch(crm.url, { method: 'DELETE', headers });
    expect(ended.status).toBe(200);
    expect(await stream.text()).not.toContain('data:');
    const unknown = await fetch(crm.url, { headers: { ...headers, 'mcp-session-id': 'never-given' } });
    expect(unknown.status).toBe(404);
  });

  it('a legacy request that neither starts nor names a session is refused', async () => {
    expect((await post({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).status).toBe(400);
    expect((await post('{')).status).toBe(400);
  });
});

describe('key', () => {
  it(
    proves('crm.key', 'refuses a request without the key, with a wrong one and with a longer one, and keeps none'),
    async () => {
      const before = crm.requests.length;
      for (const key of ['', 'wrong', `${apiKey}x`]) {
        const response = await post(initialize, { 'x-api-key': key });
        expect(response.status).toBe(401);
        expect(await response.json()).toEqual({ error: expect.any(String) });
      }
      const absent = await fetch(crm.url, { method: 'POST', body: JSON.stringify(initialize) });
      expect(absent.status).toBe(401);
      expect(crm.requests).toHaveLength(before);
    },
  );

  it('refuses a web page of another origin', async () => {
    expect((await post(initialize, { origin: 'https://evil.example.com' })).status).toBe(403);
  });
});

describe('tools', () => {
  let client: ClientV2;
  beforeAll(async () => {
    ({ client } = await connectV2({ pin: '2026-07-28' }));
  });
  afterAll(() => client.close());

  const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args });

  async function text(name: string, args: Record<string, unknown>): Promise<string> {
    const [block] = (await call(name, args)).content;
    if (block?.type !== 'text') throw new Error('no text');
    return block.text;
  }

  it(proves('crm.tools', 'search_customers finds people, in clear, in about 4 KiB'), async () => {
    const result = await call('search_customers', { query: 'example' });
    const found = z.object({ customers: z.array(z.record(z.string(), z.string())) }).parse(result.structuredContent);
    expect(found.customers).toHaveLength(10);
    expect(found.customers[0]).toMatchObject({ id: 'C-1001', email: 'ada.abbott@example.com', ssn: '881-01-1000' });
    expect(JSON.parse(await text('search_customers', { query: 'example' }))).toEqual(found);
    const bytes = Buffer.byteLength(JSON.stringify(result));
    expect(bytes).toBeGreaterThan(3_500);
    expect(bytes).toBeLessThan(5_000);
    expect(await text('search_customers', { query: '%' })).toBe('{"customers":[]}');
  });

  it(proves('crm.tools', 'get_customer adds the payments, and says so when there is no such customer'), async () => {
    const result = await call('get_customer', { customer_id: 'C-1001' });
    expect(result.structuredContent).toMatchObject({ name: 'Ada Abbott', card: '4242424242424242' });
    expect(result.structuredContent).toHaveProperty('payments.0', {
      id: 'P-50001',
      customer_id: 'C-1001',
      amount: 600,
      refunded: 0,
      paid_on: '2026-01-01',
      description: 'Annual plan',
    });
    expect((await call('get_customer', { customer_id: 'C-1' })).isError).toBe(true);
  });

  it(proves('crm.tools', 'refund_payment changes the data, and never pays back more than was paid'), async () => {
    expect((await call('refund_payment', { payment_id: 'P-50006', amount: 700 })).structuredContent).toMatchObject({
      amount: 785,
      refunded: 700,
    });
    const more = await call('refund_payment', { payment_id: 'P-50006', amount: 86 });
    expect(more.isError).toBe(true);
    expect(await text('run_query', { sql: "select refunded from payments where id = 'P-50006'" })).toContain('[[700]]');
    expect((await call('refund_payment', { payment_id: 'P-50006', amount: 85 })).isError).toBeFalsy();
    expect((await call('refund_payment', { payment_id: 'P-50006', amount: 0 })).isError).toBe(true);
    expect((await call('refund_payment', { payment_id: 'P-1', amount: 1 })).isError).toBe(true);
  });

  it(proves('crm.tools', 'delete_customer deletes the payments too'), async () => {
    expect((await call('delete_customer', { customer_id: 'C-1900' })).structuredContent).toEqual({ deleted: 'C-1900' });
    expect((await call('delete_customer', { customer_id: 'C-1900' })).isError).toBe(true);
    const left = await text('run_query', { sql: "select count(*) from payments where customer_id = 'C-1900'" });
    expect(left).toContain('[[0]]');
  });

  it(
    proves('crm.tools', 'export_customers is large, and streams progress and a log line before its result'),
    async () => {
      const steps: number[] = [];
      const logged: unknown[] = [];
      client.setNotificationHandler('notifications/message', ({ params }) => void logged.push(params.data));
      const result = await client.callTool(
        {
          name: 'export_customers',
          arguments: { format: 'json' },
          _meta: { 'io.modelcontextprotocol/logLevel': 'info' },
        },
        { onprogress: ({ progress }) => void steps.push(progress) },
      );
      expect(steps).toEqual([250, 500, 750, steps[3]]);
      expect(logged).toEqual([{ event: 'export-made', customers: steps[3] }]);
      expect(Buffer.byteLength(JSON.stringify(result))).toBeGreaterThan(1024 * 1024);
      const csv = await text('export_customers', { format: 'csv' });
      expect(csv.split('\r\n')[1]).toContain('Ada Abbott');
    },
  );

  it(proves('crm.tools', 'the schema is a resource and the summary is a prompt'), async () => {
    expect((await client.listResources()).resources.map((resource) => resource.uri)).toEqual(['crm://schema']);
    const { contents } = await client.readResource({ uri: 'crm://schema' });
    expect(JSON.stringify(contents)).toContain('create table customers');
    expect((await client.listPrompts()).prompts.map((prompt) => prompt.name)).toEqual(['summarise_customer']);
    const { messages } = await client.getPrompt({ name: 'summarise_customer', arguments: { customer_id: 'C-1002' } });
    expect(JSON.stringify(messages)).toContain('bruno.abbott@example.org');
  });

  it('carries annotations that tell reading from destroying', async () => {
    const { tools } = await client.listTools();
    const destructive = tools.filter((tool) => tool.annotations?.destructiveHint).map((tool) => tool.name);
    expect(destructive).toEqual(['refund_payment', 'delete_customer']);
  });

  describe('run_query', () => {
    it(proves('crm.sql', 'reads with joins and functions'), async () => {
      const sql =
        'select c.id, sum(p.amount) from customers c join payments p on p.customer_id = c.id group by 1 limit 1';
      expect(await text('run_query', { sql })).toContain('[["C-1001",');
    });

    it.each([
      'delete from customers',
      "update payments set refunded = 0 where id = 'P-50006'",
      'drop table customers',
      'insert into customers select * from customers',
      "attach '/tmp/other.db' as other",
      'pragma query_only = 0',
      'begin',
      'create temp table t (a)',
      "select load_extension('x')",
      'select * from json_each(\'["a"]\')',
      'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n',
      'select 1; delete from customers',
      'select randomblob(10000000)',
      '-- nothing',
    ])(proves('crm.sql', 'refuses %s'), async (sql) => {
      const before = await text('run_query', { sql: 'select count(*), sum(refunded) from payments' });
      expect((await call('run_query', { sql })).isError).toBe(true);
      expect(await text('run_query', { sql: 'select count(*), sum(refunded) from payments' })).toBe(before);
    });

    it(proves('crm.sql', 'stops at 1,000 rows and says so'), async () => {
      const result = await call('run_query', { sql: 'select id from payments' });
      const { rows, truncated } = z
        .object({ rows: z.array(z.unknown()), truncated: z.boolean() })
        .parse(result.structuredContent);
      expect({ rows: rows.length, truncated }).toEqual({ rows: 1_000, truncated: true });
    });

    it(proves('crm.sql', 'stops a statement that takes too long, and the next one runs'), async () => {
      const endless = 'select count(*) from payments a, payments b, payments c';
      expect(await text('run_query', { sql: endless })).toBe('The statement took longer than 2 s.');
      expect(await text('run_query', { sql: 'select 1' })).toContain('[[1]]');
    });
  });
});

describe('faults', () => {
  it('a test can make the next requests fail or lose their answer after the effect', async () => {
    const { client } = await connectV2({ pin: '2026-07-28' });
    crm.faults.add({ does: 'drop', when: 'after', method: 'POST' });
    await expect(client.callTool({ name: 'delete_customer', arguments: { customer_id: 'C-1901' } })).rejects.toThrow();
    expect((await client.callTool({ name: 'get_customer', arguments: { customer_id: 'C-1901' } })).isError).toBe(true);
    await client.close();
  });
});
