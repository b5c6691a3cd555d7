/**
 * The era bridge with every part of the gateway switched on: token, policy, masking, record. The recording upstream passes
 * on to a small server on the real SDK that speaks one era only.
 */
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startUpstream, type Upstream, type UpstreamKind } from '../stack/bridge-upstreams.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import type { Arrived } from './support/recording-upstream.ts';

const POLICIES = `
@id("support-uses-everything")
permit (principal in Group::"support", action in Action::"use", resource);
@id("support-lists-everything")
permit (principal in Group::"support", action == Action::"list", resource);
`;
const MODERN = { versionNegotiation: { mode: { pin: '2026-07-28' } } } as const;

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(kind: UpstreamKind): Promise<{ gateway: TestGateway; upstream: Upstream; alice: RequestInit }> {
  const upstream = await startUpstream(kind);
  cleanups.push(() => upstream.stop());
  const tools = await listDirectly(upstream, kind === 'modern-only');
  const gateway = await startTestGateway({ policies: POLICIES, tools });
  cleanups.push(() => gateway.stop());
  gateway.upstream.script = (arrived, response) => passOn(upstream.url, arrived, response);
  const token = await gateway.token({ user: 'alice' });
  upstream.arrived.length = 0;
  return { gateway, upstream, alice: { headers: { authorization: `Bearer ${token}` } } };
}

/** The definitions as they are pinned: what the upstream says itself. */
async function listDirectly({ url }: Upstream, isModern: boolean) {
  const client = new V2Client({ name: 'pin', version: '1' }, isModern ? MODERN : {});
  await client.connect(new V2Transport(new URL(url)));
  const { tools } = await client.listTools();
  await client.close();
  return tools;
}

async function passOn(url: string, { method, headers, body }: Arrived, response: ServerResponse): Promise<void> {
  const { host: _host, connection: _connection, 'content-length': _length, ...kept } = headers;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const answer = await fetch(url, {
    method,
    headers: Object.entries(kept).map(([name, value]): [string, string] => [name, `${value}`]),
    ...(method === 'POST' ? { body } : {}),
    signal: gone.signal,
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body === null) response.end();
  else
    Readable.fromWeb(answer.body as never)
      .on('error', () => response.destroy())
      .pipe(response);
}

const outcomes = (gateway: TestGateway) =>
  gateway
    .records()
    .filter(({ kind }) => kind === 'outcome')
    .map(({ status }) => status);

describe('through the whole gateway', () => {
  it(
    proves('bridge.modern-to-legacy', 'a pinned modern client uses a legacy upstream, masked and recorded'),
    async () => {
      const { gateway, upstream, alice } = await start('legacy stateful');
      const client = new V2Client({ name: 'v2', version: '1' }, MODERN);
      await client.connect(new V2Transport(new URL(gateway.url), { requestInit: alice }));
      cleanups.push(() => client.close());
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
      const said = await client.callTool({ name: 'echo', arguments: { text: 'Card 4111 1111 1111 1111' } });
      expect(JSON.stringify(said)).toContain('[masked:');
      expect((await client.readResource({ uri: 'note://1' })).contents).toHaveLength(1);
      expect((await client.getPrompt({ name: 'greet' })).messages).toHaveLength(1);
      expect(outcomes(gateway)).toEqual(Array(5).fill('answered'));
      expect(upstream.ran).toEqual(['echo']);
      expect(gateway.upstream.arrived.every(({ headers }) => headers['x-api-key'] !== undefined)).toBe(true);
    },
  );

  it(proves('bridge.legacy-to-modern', 'an SDK v1 client uses a modern upstream, masked and recorded'), async () => {
    const { gateway, upstream, alice } = await start('modern-only');
    const client = new V1Client({ name: 'v1', version: '1' });
    const transport = new V1Transport(new URL(gateway.url), { requestInit: alice });
    await client.connect(transport as Parameters<V1Client['connect']>[0]);
    cleanups.push(() => client.close());
    expect(transport.sessionId).toBeUndefined();
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('echo');
    const said = await client.callTool({ name: 'echo', arguments: { text: 'Card 4111 1111 1111 1111' } });
    expect(JSON.stringify(said)).toContain('[masked:');
    expect((await client.readResource({ uri: 'note://1' })).contents).toHaveLength(1);
    expect((await client.getPrompt({ name: 'greet' })).messages).toHaveLength(1);
    expect(upstream.ran).toEqual(['echo']);
    expect(outcomes(gateway)).not.toContain('unknown');
    expect(outcomes(gateway)).not.toContain('failed');
  });

  it(
    proves('bridge.errors', 'what a legacy server asks on its stream is recorded, and reaches no modern client'),
    async () => {
      const { gateway, alice } = await start('legacy stateful');
      const passing = gateway.upstream.script;
      gateway.upstream.script = async (arrived, response) => {
        if (!arrived.body.includes('"tools/call"')) return passing(arrived, response);
        const { id } = JSON.parse(arrived.body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const asked = { jsonrpc: '2.0', id: 'q', method: 'elicitation/create', params: { message: 'Who?' } };
        response.write(`data: ${JSON.stringify(asked)}\n\n`);
        response.end(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result: { content: [] } })}\n\n`);
      };
      const client = new V2Client({ name: 'v2', version: '1' }, MODERN);
      await client.connect(new V2Transport(new URL(gateway.url), { requestInit: alice }));
      cleanups.push(() => client.close());
      expect((await client.callTool({ name: 'echo', arguments: { text: 'x' } })).content).toEqual([]);
      const events = gateway.records().filter(({ kind }) => kind === 'event');
      expect(JSON.stringify(events)).toContain('elicitation/create');
      expect(gateway.upstream.arrived.some(({ body }) => body.includes('"id":"q"') && body.includes('-32601'))).toBe(
        true,
      );
    },
  );
});
