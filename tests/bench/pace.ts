/**
 * `npm run bench -- --long`: 200 MB of events, 1 MB each, to a reader of 5 MB/s, and what that costs the process; and how
 * soon an upstream hears that the client left.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startStack } from '../../infra/local/stack.ts';
import { startRecordingUpstream } from '../flows/support/recording-upstream.ts';
import { modernCall } from '../flows/support/tools.ts';
import { residentMb } from './resident.ts';

export interface PaceFigures {
  readonly streamedMb: number;
  readonly seconds: number;
  readonly memoryBeforeMb: number;
  readonly memoryPeakMb: number;
  readonly disconnectP50Ms: number;
  readonly disconnectMaxMs: number;
}

const EVENTS = 200;
const EVENT_BYTES = 1_000_000;
const READER_BYTES_PER_SECOND = 5_000_000;
const LEAVES = 30;
const END = 'data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}\n\n';

export async function measurePace(appDir: string, configDir: string): Promise<PaceFigures> {
  const upstream = await startRecordingUpstream();
  const stack = await startStack({ appDir, configDir, port: 0, instances: 1, env: { CRM_URL: upstream.url } });
  const pid = stack.gateway?.pids[0];
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
  const call = (signal?: AbortSignal) =>
    fetch(`${stack.url}/mcp/crm`, {
      method: 'POST',
      body,
      headers: { ...base, ...headers },
      ...(signal ? { signal } : {}),
    });
  const note = (data: string) =>
    `data: ${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data } })}\n\n`;

  upstream.script = (_arrived, response) =>
    void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(END);
  for (let round = 0; round < 50; round += 1) await (await call()).text();

  const leaves: number[] = [];
  for (let round = 0; round < LEAVES; round += 1) {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(note('begun'));
      response.once('close', () => resolve());
    };
    const leave = new AbortController();
    await (await call(leave.signal)).body?.getReader().read();
    const leftMs = performance.now();
    leave.abort();
    await gone;
    leaves.push(performance.now() - leftMs);
  }

  upstream.script = async (_arrived, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let sent = 0; sent < EVENTS && !response.destroyed; sent += 1) {
      if (!response.write(note('x'.repeat(EVENT_BYTES))))
        await new Promise((resolve) => response.once('drain', resolve));
    }
    response.end(END);
  };
  const memoryBeforeMb = (await residentMb(pid)) ?? 0;
  let memoryPeakMb = memoryBeforeMb;
  let received = 0;
  const startedMs = performance.now();
  const reader = (await call()).body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) break;
    received += value?.byteLength ?? 0;
    memoryPeakMb = Math.max(memoryPeakMb, (await residentMb(pid)) ?? 0);
    const aheadMs = (received / READER_BYTES_PER_SECOND) * 1_000 - (performance.now() - startedMs);
    if (aheadMs > 0) await pause(aheadMs);
  }
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  await stack.stop();
  await upstream.stop();
  leaves.sort((left, right) => left - right);
  return {
    streamedMb: Math.round(received / 1_000_000),
    seconds,
    memoryBeforeMb,
    memoryPeakMb,
    disconnectP50Ms: Math.round(leaves[Math.floor(LEAVES / 2)] ?? 0),
    disconnectMaxMs: Math.round(leaves.at(-1) ?? 0),
  };
}
