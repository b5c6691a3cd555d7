/** The built app as the host runs it, with an OTLP endpoint among its settings: bundled, loaded late, sent over the wire. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { proves } from '../requirements.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';
import { modernCall, post } from './support/tools.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;

let stack: RunningStack;
let collector: Server;
const bodies: { path: string; text: string }[] = [];

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push({ path: request.url ?? '', text: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  stack = await startBuiltStack({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}/` } });
});
afterAll(async () => {
  await stack?.stop();
  collector?.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
});

describe('the built app', () => {
  it(proves(
    'telemetry.stages',
    'tells the collector of a call within the client’s trace, and of nobody’s data',
  ), async () => {
    const alice = await stack.token({ user: 'alice' });
    const params = { name: 'search_customers', arguments: { query: 'Ada' } };
    const { body, headers } = modernCall('tools/call', params, 'search_customers');
    await vi.waitFor(
      async () => {
        const answer = await post(`${stack.url}/mcp/crm`, alice, body, { ...headers, traceparent: PARENT });
        expect(answer.status).toBe(200);
        const traces = bodies.filter(({ path }) => path === '/v1/traces').map(({ text }) => text);
        expect(traces.join()).toContain('"name":"record-outcome"');
      },
      { timeout: 30_000, interval: 500 },
    );
    // What is measured is sent each minute, and at the end.
    await stack.stop();
    const all = bodies.map(({ text }) => text).join('\n');
    for (const name of ['sallyport.calls', 'sallyport.stage.duration', 'sallyport.storage.operations']) {
      expect(all).toContain(`"name":"${name}"`);
    }
    expect(all).toContain(`"traceId":"${TRACE}","spanId"`);
    expect(all).toContain('{"key":"tool","value":{"stringValue":"search_customers"}}');
    expect(all).not.toMatch(/alice|5a11e000|"Ada|@example|https?:\/\//);
  }, 60_000);
});
