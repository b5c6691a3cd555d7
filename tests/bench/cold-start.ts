/**
 * Cold start: from the start of an instance's process to the first answered call, with the built bundle and everything
 * else running and warm, ten times. What the process of a real worker does before the app is loaded is not in it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { quantile } from './quantile.ts';

export interface ColdStartFigures {
  readonly runs: number;
  /** Node, the host, the app's modules, configuration and policies. */
  readonly processToReadyMs: Spread;
  /** Keyring, blocks and drift notes, the writer's endorsement, the upstream's credential, the call itself. */
  readonly readyToAnswerMs: Spread;
  readonly totalMs: Spread;
}

interface Spread {
  readonly p50: number;
  readonly most: number;
}

const RUNS = 10;
const AGAIN_MS = 5;

export async function measureColdStart(appDir: string, configDir: string): Promise<ColdStartFigures> {
  const stack = await startStack({ appDir, configDir, port: 0, instances: 1, gateway: false });
  try {
    const token = await stack.entra.issueToken({ user: 'alice' });
    const runs: { ready: number; answered: number }[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await startOnce(stack, appDir, token));
    return {
      runs: RUNS,
      processToReadyMs: spread(runs.map(({ ready }) => ready)),
      readyToAnswerMs: spread(runs.map(({ ready, answered }) => answered - ready)),
      totalMs: spread(runs.map(({ answered }) => answered)),
    };
  } finally {
    await stack.stop();
  }
}

async function startOnce(stack: Stack, appDir: string, token: string): Promise<{ ready: number; answered: number }> {
  const startedMs = performance.now();
  const host = await startFunctionHost({ appDir, port: stack.port, instances: 1, env: { ...stack.appEnvironment } });
  try {
    const ready = performance.now() - startedMs;
    await callUntilAnswered(`${stack.url}/mcp/crm`, token);
    return { ready, answered: performance.now() - startedMs };
  } finally {
    await host.stop();
  }
}

/** As a client would: a 503 says to come again. */
async function callUntilAnswered(url: string, token: string): Promise<void> {
  for (;;) {
    const answer = await fetch(url, { method: 'POST', headers: headersFor(token), body: BODY });
    await answer.text();
    if (answer.status === 200) return;
    if (answer.status !== 503) throw new Error(`a cold call was answered with ${answer.status}`);
    await pause(AGAIN_MS);
  }
}

const headersFor = (token: string) => ({
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'search_customers',
});

const BODY = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'search_customers',
    arguments: { query: 'a' },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right);
  return { p50: Math.round(quantile(sorted, 0.5)), most: Math.round(sorted.at(-1) ?? 0) };
}

export function printColdStart({ runs, processToReadyMs, readyToAnswerMs, totalMs }: ColdStartFigures): void {
  console.log(`cold start, ${runs} runs, ms`);
  console.table({ 'process to ready': processToReadyMs, 'ready to answered': readyToAnswerMs, total: totalMs });
}
