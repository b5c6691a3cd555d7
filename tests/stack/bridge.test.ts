/**
 * The era bridge over the wire (issue "MCP, whole", point 5): every official client against every kind of upstream, each
 * for tools, resources and prompts. The table in README says what these tests say.
 */
import { Client as V2Client, StreamableHTTPClientTransport as V2Transport } from '@modelcontextprotocol/client';
import { Client as V1Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as V1Transport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { type Front, type FrontOptions, startFront } from './bridge-front.ts';
import { startUpstream, UPSTREAM_KINDS, type Upstream, type UpstreamKind } from './bridge-upstreams.ts';

const CLIENT_KINDS = ['v1', 'v2 legacy', 'v2 auto', 'v2 pinned modern'] as const;
type ClientKind = (typeof CLIENT_KINDS)[number];

const ECHO_SCHEMA = { properties: { text: { type: 'string', 'x-mcp-header': 'Text' } } };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function start(kind: UpstreamKind, options: Omit<FrontOptions, 'upstreamUrl'> = {}) {
  const upstream = await startUpstream(kind);
  cleanups.push(() => upstream.stop());
  const front = await startFront({ upstreamUrl: upstream.url, pinned: { echo: ECHO_SCHEMA }, ...options });
  cleanups.push(() => front.stop());
  return { upstream, front };
}

async function connect(kind: ClientKind, { url }: Front | Upstream): Promise<V2Client> {
  if (kind === 'v1') {
    const client = new V1Client({ name: 'v1', version: '1' });
    await client.connect(new V1Transport(new URL(url)) as Parameters<V1Client['connect']>[0]);
    cleanups.push(() => client.close());
    // The few methods used here are called alike in both.
    return client as unknown as V2Client;
  }
  const mode = kind === 'v2 pinned modern' ? { pin: '2026-07-28' } : kind === 'v2 auto' ? 'auto' : 'legacy';
  const client = new V2Client({ name: 'v2', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new V2Transport(new URL(url)));
  cleanups.push(() => client.close());
  return client;
}

/** What a client gets to see of everything that is carried. */
async function tour(client: V2Client) {
  const { tools } = await client.listTools();
  const called = await client.callTool({ name: 'echo', arguments: { text: 'Grüße' } });
  const { resources } = await client.listResources();
  const { contents } = await client.readResource({ uri: 'note://1' });
  const { prompts } = await client.listPrompts();
  const { messages } = await client.getPrompt({ name: 'greet' });
  return {
    server: client.getServerVersion(),
    instructions: client.getInstructions(),
    tools: tools.map(({ name }) => name),
    called: called.content,
    resources: resources.map(({ uri }) => uri),
    contents,
    prompts: prompts.map(({ name }) => name),
    messages,
  };
}

const SEEN = {
  server: { name: 'small', title: 'A small server', version: '1.2.3' },
  instructions: 'Be brief.',
  tools: ['echo', 'count', 'ask', 'wait', 'leave', 'ask_back'],
  called: [{ type: 'text', text: 'Grüße' }],
  resources: ['note://1'],
  contents: [{ uri: 'note://1', mimeType: 'text/plain', text: 'a note' }],
  prompts: ['greet'],
  messages: [{ role: 'user', content: { type: 'text', text: 'Hello.' } }],
};

/** Which way a cell of the table is bridged, if it is. */
function bridgeOf(client: ClientKind, upstream: UpstreamKind) {
  const isModern = client === 'v2 auto' || client === 'v2 pinned modern';
  if (isModern && upstream.startsWith('legacy')) return 'bridge.modern-to-legacy';
  return !isModern && upstream === 'modern-only' ? 'bridge.legacy-to-modern' : 'bridge.no-op';
}

describe.each(CLIENT_KINDS)('a %s client', (clientKind) => {
  for (const upstreamKind of UPSTREAM_KINDS) {
    const title = `has tools, resources and prompts of a ${upstreamKind} upstream`;
    it(proves(bridgeOf(clientKind, upstreamKind), title), async () => {
      const { upstream, front } = await start(upstreamKind);
      const client = await connect(clientKind, front);
      expect(await tour(client)).toEqual(SEEN);
      expect(upstream.ran).toEqual(['echo']);
    });
  }
});

describe('an upstream of the client’s era', () => {
  it.each([
    ['v1', 'dual'],
    ['v1', 'legacy stateful'],
    ['v2 legacy', 'legacy stateless'],
    ['v2 auto', 'dual'],
    ['v2 pinned modern', 'modern-only'],
  ] as const)(
    proves('bridge.no-op', 'gets from %s to %s what it gets directly, and nothing more'),
    async (kind, to) => {
      const { upstream, front } = await start(to);
      await tour(await connect(kind, front));
      const through = upstream.arrived.splice(0);
      await tour(await connect(kind, upstream));
      expect(through.filter((method) => method !== 'GET')).toEqual(
        upstream.arrived.filter((method) => method !== 'GET'),
      );
    },
  );
});

describe('a modern client to a legacy upstream', () => {
  it(
    proves('bridge.modern-to-legacy', 'opens one session for calls that come at once, and asks the upstream once'),
    async () => {
      const { upstream, front } = await start('legacy stateful');
      const client = await connect('v2 pinned modern', front);
      const texts = ['a', 'b', 'c', 'd'];
      const results = await Promise.all(texts.map((text) => client.callTool({ name: 'echo', arguments: { text } })));
      expect(results.map(({ content }) => content)).toEqual(texts.map((text) => [{ type: 'text', text }]));
      expect(upstream.arrived.filter((method) => method === 'initialize')).toHaveLength(1);
      expect(upstream.arrived.filter((method) => method === 'server/discover')).toHaveLength(1);
    },
  );

  it(
    proves('bridge.modern-to-legacy', 'two clients of one caller with the same request ids get each their own answer'),
    async () => {
      const { front } = await start('legacy stateful');
      const clients = await Promise.all([connect('v2 pinned modern', front), connect('v2 pinned modern', front)]);
      const calls = clients.map((client, index) => client.callTool({ name: 'echo', arguments: { text: `${index}` } }));
      expect((await Promise.all(calls)).map(({ content }) => content)).toEqual([
        [{ type: 'text', text: '0' }],
        [{ type: 'text', text: '1' }],
      ]);
    },
  );

  it(
    proves('bridge.modern-to-legacy', 'a session that the upstream lost is replaced, and the call runs once'),
    async () => {
      const { upstream, front } = await start('legacy stateful');
      const client = await connect('v2 pinned modern', front);
      await upstream.loseSessions();
      const result = await client.callTool({ name: 'echo', arguments: { text: 'again' } });
      expect(result.content).toEqual([{ type: 'text', text: 'again' }]);
      expect(upstream.ran).toEqual(['echo']);
    },
  );

  it(proves('bridge.modern-to-legacy', 'carries progress under the client’s token'), async () => {
    const { front } = await start('legacy stateful');
    const client = await connect('v2 pinned modern', front);
    const seen: number[] = [];
    await client.callTool({ name: 'count' }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it(proves('bridge.modern-to-legacy', 'a client that gives up cancels the call in the upstream'), async () => {
    const { upstream, front } = await start('legacy stateful');
    const client = await connect('v2 pinned modern', front);
    const giveUp = new AbortController();
    const call = client.callTool({ name: 'wait' }, { signal: giveUp.signal });
    await expect.poll(() => upstream.ran).toEqual(['wait']);
    giveUp.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(() => upstream.ran).toEqual(['wait', 'cancelled']);
    expect(upstream.arrived).toContain('notifications/cancelled');
  });

  it(proves('bridge.modern-to-legacy', 'a stream that the server closes before the answer is resumed'), async () => {
    const { upstream, front } = await start('legacy stateful');
    const client = await connect('v2 pinned modern', front);
    expect((await client.callTool({ name: 'leave' })).content).toEqual([{ type: 'text', text: 'back' }]);
    expect(upstream.ran).toEqual(['leave']);
    expect(upstream.arrived.at(-1)).toBe('GET');
  });

  it(proves('bridge.errors', 'a tool that asks its user hears that nobody can be asked'), async () => {
    const { upstream, front } = await start('legacy stateful');
    const client = await connect('v2 pinned modern', front);
    const result = await client.callTool({ name: 'ask' });
    expect(result.isError).toBe(true);
    expect(upstream.ran).toEqual(['ask']);
  });

  it(proves('bridge.errors', 'what the legacy era lacks is -32601 with 404'), async () => {
    const { front } = await start('legacy stateful');
    const { status, body } = await post(front.url, 'subscriptions/listen', { notifications: {} });
    expect(status).toBe(404);
    expect(body).toMatchObject({ id: 1, error: { code: -32601, message: 'Method not found: subscriptions/listen' } });
  });

  it(proves('bridge.modern-to-legacy', 'ends its session when the gateway closes'), async () => {
    const { upstream, front } = await start('legacy stateful');
    await connect('v2 pinned modern', front);
    await front.bridge.close();
    expect(upstream.arrived.at(-1)).toBe('DELETE');
  });

  it(proves('bridge.modern-to-legacy', 'asks nothing first where the configuration names the era'), async () => {
    const { upstream, front } = await start('legacy stateless', { protocol: 'legacy' });
    expect(await tour(await connect('v2 pinned modern', front))).toEqual(SEEN);
    expect(upstream.arrived.slice(0, 3)).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });
});

describe('a legacy client to a modern upstream', () => {
  it(proves('bridge.legacy-to-modern', 'gets the handshake from server/discover, without a session'), async () => {
    const { upstream, front } = await start('modern-only');
    const client = new V1Client({ name: 'v1', version: '1' });
    const transport = new V1Transport(new URL(front.url));
    await client.connect(transport as Parameters<V1Client['connect']>[0]);
    cleanups.push(() => client.close());
    expect(transport.sessionId).toBeUndefined();
    expect(transport.protocolVersion).toBe('2025-11-25');
    expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {}, prompts: {} });
    expect(await client.ping()).toEqual({});
    await client.listTools();
    expect(upstream.arrived).toEqual(['initialize', 'server/discover', 'tools/list']);
  });

  it(proves('bridge.legacy-to-modern', 'carries progress under the client’s token'), async () => {
    const { front } = await start('modern-only');
    const client = await connect('v2 legacy', front);
    const seen: number[] = [];
    await client.callTool({ name: 'count' }, { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it(proves('bridge.errors', 'what the modern era lacks is -32601 with 200, and GET is 405'), async () => {
    const { front } = await start('modern-only');
    const client = await connect('v1', front);
    await expect(client.setLoggingLevel('info')).rejects.toThrow(/logging/);
    const level = await post(front.url, 'logging/setLevel', { level: 'info' }, 'legacy');
    expect(level).toMatchObject({ status: 200, body: { id: 1, error: { code: -32601 } } });
    const unknown = await post(front.url, 'resources/subscribe', { uri: 'note://1' }, 'legacy');
    expect(unknown).toMatchObject({ status: 200, body: { error: { code: -32601 } } });
    const stream = await fetch(front.url, { headers: { accept: 'text/event-stream' } });
    expect(stream.status).toBe(405);
  });

  it(proves('bridge.errors', 'a tool that asks its user is an error that says so'), async () => {
    const { upstream, front } = await start('modern-only');
    const client = await connect('v1', front);
    await expect(client.callTool({ name: 'ask_back' })).rejects.toThrow(/-32603.*capabilit/i);
    expect(upstream.ran).toEqual(['ask_back']);
  });
});

/** One message without a client library: what goes over the wire, and what comes back. */
async function post(url: string, method: string, params: object, era: 'modern' | 'legacy' = 'modern') {
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const isModern = era === 'modern';
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': isModern ? '2026-07-28' : '2025-11-25',
      ...(isModern ? { 'mcp-method': method } : {}),
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method,
      params: { ...params, ...(isModern ? { _meta: envelope } : {}) },
    }),
  });
  return { status: response.status, body: JSON.parse(await response.text()) as unknown };
}
