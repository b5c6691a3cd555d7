/** Streams through the built app and the function host: pace, silence, and clients that leave (DESIGN §2.7; FACTS §1.8). */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildApp } from '../../infra/build.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { proves } from '../requirements.ts';
import { type RecordingUpstream, startRecordingUpstream } from './support/recording-upstream.ts';
import { appDir } from './support/stack.ts';
import { modernCall } from './support/tools.ts';

const MIB = 1_048_576;

let upstream: RecordingUpstream;
let stack: Stack;
let call: (signal?: AbortSignal) => Promise<Response>;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  const built = await buildApp(appDir);
  if (!built.ok) throw new Error(built.error.join('\n'));
  stack = await startStack({
    appDir,
    configDir: join(appDir, 'infra/config'),
    port: 0,
    instances: 1,
    // What one process spends on streams is measured: seals over the same records take memory of their own.
    env: { CRM_URL: upstream.url, SEAL_SCHEDULE: '0 0 0 1 1 *' },
  });
  const token = await stack.entra.issueToken({ user: 'alice' });
  const { body, headers } = modernCall(
    'tools/call',
    { name: 'search_customers', arguments: { query: 'a' } },
    'search_customers',
  );
  const base = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  call = (signal) =>
    fetch(`${stack.url}/mcp/crm`, {
      method: 'POST',
      body,
      headers: { ...base, ...headers },
      ...(signal ? { signal } : {}),
    });
});
afterAll(async () => {
  await stack?.stop();
  await upstream.stop();
});

/** Opens the stream and writes the first event. */
function begin(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(`data: ${note('begun')}\n\n`);
}
const note = (data: string) =>
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } });

describe('a stream', () => {
  it(proves('stream.flushed', 'flushes each event when it comes, before the next one is there'), async () => {
    const { promise, resolve } = Promise.withResolvers<ServerResponse>();
    upstream.script = (_arrived, response) => {
      begin(response);
      resolve(response);
    };
    const reader = (await call()).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('begun');
    (await promise).end(`data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}\n\n`);
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toContain('"result"');
    expect((await reader?.read())?.done).toBe(true);
  });

  it(proves('stream.disconnect', 'whose client leaves is cancelled upstream, through the function host'), async () => {
    const before = upstream.brokenOff();
    upstream.script = (_arrived, response) => begin(response);
    const leave = new AbortController();
    const reader = (await call(leave.signal)).body?.getReader();
    await reader?.read();
    leave.abort();
    await vi.waitFor(() => expect(upstream.brokenOff()).toBe(before + 1), { timeout: 5_000 });
  });

  it(proves('stream.disconnect', 'that has not begun is cancelled upstream too'), async () => {
    const before = upstream.brokenOff();
    const count = upstream.arrived.length;
    upstream.script = () => undefined;
    const leave = new AbortController();
    const answered = call(leave.signal).catch(() => 'gone');
    await vi.waitFor(() => expect(upstream.arrived.length).toBe(count + 1), { timeout: 5_000 });
    leave.abort();
    expect(await answered).toBe('gone');
    await vi.waitFor(() => expect(upstream.brokenOff()).toBe(before + 1), { timeout: 5_000 });
  });

  it(proves('stream.back-pressure', 'goes at the pace of a slow reader and costs the process little'), async () => {
    const events = 60;
    let written = 0;
    upstream.script = async (_arrived, response) => {
      begin(response);
      for (; written < events && !response.destroyed; written += 1) {
        if (!response.write(`data: ${note('x'.repeat(MIB))}\n\n`))
          await new Promise((resolve) => response.once('drain', resolve));
      }
      response.end(`data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}\n\n`);
    };
    const pid = stack.gateway?.pids[0];
    const before = await residentMib(pid);
    const reader = (await call()).body?.getReader();
    let received = 0;
    let most = before;
    let ahead = 0;
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done) break;
      received += value?.byteLength ?? 0;
      ahead = Math.max(ahead, written - received / MIB);
      most = Math.max(most, await residentMib(pid));
      await pause(20);
    }
    expect(received).toBeGreaterThan(events * MIB);
    // What is under way: sockets' buffers and the event in hand, far from the whole.
    expect(ahead).toBeLessThan(24);
    expect(most - before).toBeLessThan(100);
  });
});

/** Where the system tells (Linux); elsewhere 0, and only the events ahead are counted. */
async function residentMib(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024;
}
