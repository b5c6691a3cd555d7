/**
 * The conformance reference server over the wire, driven by the real client in both eras, and the proxy that adds a token.
 * The suite itself takes its time: `npm run conformance`.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../infra/local/function-host/listen.ts';
import { startAddTokenProxy } from '../conformance/add-token-proxy.ts';
import { type ReferenceServer, startReferenceServer } from '../conformance/reference-server/start.ts';

let reference: ReferenceServer;
beforeAll(async () => {
  reference = await startReferenceServer({ port: 0 });
});
afterAll(() => reference.stop());

describe.each([
  ['legacy', 'legacy'],
  ['modern', { pin: '2026-07-28' }],
] as const)('the reference server, to a %s client', (_era, mode) => {
  async function connect(): Promise<Client> {
    const client = new Client(
      { name: 'tests', version: '1.0.0' },
      { versionNegotiation: { mode }, capabilities: { elicitation: {}, sampling: {}, roots: {} } },
    );
    await client.connect(new StreamableHTTPClientTransport(new URL(reference.url)));
    onTestFinished(() => client.close());
    return client;
  }

  it('lists what the suite names', async () => {
    const client = await connect();
    const [{ tools }, { prompts }, { resources }, { resourceTemplates }] = await Promise.all([
      client.listTools(),
      client.listPrompts(),
      client.listResources(),
      client.listResourceTemplates(),
    ]);
    const names = tools.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(
      expect.arrayContaining([
        'test_simple_text',
        'test_reconnection',
        'json_schema_2020_12_tool',
        'test_x_mcp_header',
      ]),
    );
    expect(tools.every(({ description = '' }) => description !== '')).toBe(true);
    expect(prompts).toHaveLength(5);
    expect(resources.map(({ uri }) => uri)).toContain('test://watched-resource');
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['test://template/{id}/data']);
  });

  it('asks the client’s user, whichever way the era has for it', async () => {
    const client = await connect();
    client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } }));
    const result = await client.callTool({ name: 'test_input_required_result_elicitation', arguments: {} });
    expect(result.content).toEqual([{ type: 'text', text: 'Hello, Ada!' }]);
  });

  it('reports progress to whoever wants it', async () => {
    const client = await connect();
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }) => seen.push(progress);
    await client.callTool({ name: 'test_tool_with_progress', arguments: {} }, { onprogress });
    expect(seen).toEqual([0, 50, 100]);
  });
});

describe('the proxy that adds a token', () => {
  async function startBehindProxy(answer: (request: IncomingMessage, response: ServerResponse) => void) {
    const server = createServer(answer);
    const port = await listen(server, 0);
    const proxy = await startAddTokenProxy(port, 'a-token');
    onTestFinished(async () => {
      await proxy.stop();
      server.closeAllConnections();
      server.close();
    });
    return proxy.port;
  }

  it('keeps Host and Origin as sent, and puts its token over another', async () => {
    let arrived: IncomingMessage['headers'] = {};
    const port = await startBehindProxy((incoming, response) => {
      arrived = incoming.headers;
      response.end();
    });
    const headers = { host: 'evil.example.com', origin: 'http://evil.example.com', authorization: 'Basic x' };
    const sent = Promise.withResolvers<void>();
    request({ host: '127.0.0.1', port, headers }, (response) => response.resume().on('end', sent.resolve)).end();
    await sent.promise;
    expect(arrived).toMatchObject({ ...headers, authorization: 'Bearer a-token' });
  });

  it('passes an answer on while it is still being made, and a client that goes away', async () => {
    const gone = Promise.withResolvers<void>();
    const port = await startBehindProxy((_incoming, response) => {
      response.on('close', gone.resolve);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
    });
    const aborted = new AbortController();
    const response = await fetch(`http://127.0.0.1:${port}/`, { signal: aborted.signal });
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).toBe('data: first\n\n');
    aborted.abort();
    await gone.promise;
  });
});
