/** Three processes over one stack take turns: nothing may depend on one of them. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';

let stack: RunningStack;

beforeAll(async () => {
  stack = await startBuiltStack({ instances: 3 });
});
afterAll(() => stack?.stop());

describe('three instances', () => {
  it(proves('host.instances', 'serve one legacy session between them, and end with one keyring'), async () => {
    const token = await stack.token({ user: 'alice' });
    const requestInit = { headers: { authorization: `Bearer ${token}` } };
    const transport = new StreamableHTTPClientTransport(new URL('/mcp/crm', stack.url), { requestInit });
    const client = new Client({ name: 'turns', version: '1' });
    await client.connect(transport as Parameters<Client['connect']>[0]);
    const searches = Array.from({ length: 12 }, () =>
      client.callTool({ name: 'search_customers', arguments: { query: 'a', limit: 1 } }),
    );
    for (const found of await Promise.all(searches)) expect(JSON.stringify(found)).toContain('[masked:');
    await transport.terminateSession();
    await client.close();
    expect(stack.gateway?.pids).toHaveLength(3);
  });
});
