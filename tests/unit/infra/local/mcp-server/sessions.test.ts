/** Legacy sessions: bounded, the one unused for longest makes room, and the end frees all. */
import { McpServer } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { createLegacySessions, type LegacySessions } from '../../../../../infra/local/mcp-server/sessions.ts';

const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'tests', version: '1.0.0' } },
};

let sessions: LegacySessions;
afterEach(() => sessions.close());

function make(most: number): void {
  sessions = createLegacySessions(() => new McpServer({ name: 'test', version: '1.0.0' }), most);
}

async function send(body: unknown, session?: string): Promise<Response> {
  const request = new Request('http://127.0.0.1/mcp', {
    method: 'POST',
    headers: session === undefined ? headers : { ...headers, 'mcp-session-id': session },
    body: JSON.stringify(body),
  });
  return sessions.handle(request, body);
}

async function open(): Promise<string> {
  const response = await send(initialize);
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

describe('legacy sessions', () => {
  it('never give the same id twice', async () => {
    make(10);
    expect(await open()).not.toBe(await open());
  });

  it('at their bound, the one unused for longest makes room', async () => {
    make(2);
    const first = await open();
    const second = await open();
    await (await send(ping, first)).text();
    const third = await open();
    expect((await send(ping, second)).status).toBe(404);
    expect((await send(ping, first)).status).toBe(200);
    expect((await send(ping, third)).status).toBe(200);
  });

  it('are not found after their end', async () => {
    make(2);
    const session = await open();
    await sessions.close();
    expect((await send(ping, session)).status).toBe(404);
  });
});
