/** Event streams through the built app: memory under 200 idle GET streams, and events a second on one stream. */
import { startStack } from '../../infra/local/stack.ts';
import { startRecordingUpstream } from '../flows/support/recording-upstream.ts';
import { modernCall } from '../flows/support/tools.ts';
import { residentMb } from './resident.ts';

export interface StreamFigures {
  readonly idleStreams: number;
  readonly memoryBeforeMb: number | undefined;
  readonly memoryWithMb: number | undefined;
  readonly eventsPerSecond: number;
}

const IDLE_STREAMS = 200;
const EVENTS = 500;

export async function measureStreams(appDir: string, configDir: string): Promise<StreamFigures> {
  const upstream = await startRecordingUpstream();
  try {
    const stack = await startStack({
      appDir,
      configDir,
      port: 0,
      instances: 1,
      env: { CRM_URL: upstream.url },
    });
    const token = await stack.entra.issueToken({ user: 'alice' });
    const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
    const url = `${stack.url}/mcp/crm`;
    upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    };
    await (await fetch(`${stack.url}/health`)).text();
    const memoryBeforeMb = await residentMb(stack.gateway?.pids[0]);
    const leave = new AbortController();
    const open = Array.from({ length: IDLE_STREAMS }, () => fetch(url, { headers, signal: leave.signal }));
    const statuses = (await Promise.all(open)).map(({ status }) => status);
    if (statuses.some((status) => status !== 200)) throw new Error(`not all streams opened: ${new Set(statuses).size}`);
    const memoryWithMb = await residentMb(stack.gateway?.pids[0]);
    leave.abort();

    const note =
      'data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"event"}}\n\n';
    upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(
        `${note.repeat(EVENTS)}data: {"jsonrpc":"2.0","id":1,"result":{"content":[],"resultType":"complete"}}\n\n`,
      );
    };
    const call = modernCall('tools/call', { name: 'search_customers', arguments: { query: 'a' } }, 'search_customers');
    const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const startedMs = performance.now();
    const answer = await fetch(url, {
      method: 'POST',
      body: call.body,
      headers: { ...headers, ...json, ...call.headers },
    });
    const events = (await answer.text()).split('event: message').length - 1;
    const eventsPerSecond = Math.round(events / ((performance.now() - startedMs) / 1_000));
    await stack.stop();
    return { idleStreams: IDLE_STREAMS, memoryBeforeMb, memoryWithMb, eventsPerSecond };
  } finally {
    await upstream.stop();
  }
}
