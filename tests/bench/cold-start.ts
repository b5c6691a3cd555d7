/**
 * Cold start: from the start of an instance's process to the first answered call, with the built bundle and everything
 * else running and warm, ten times, and what it consists of. Queue and timer triggers are switched off: their listeners
 * and schedules belong to the host, which is another process on Azure and this very one here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { quantile } from './quantile.ts';

export interface ColdStartFigures {
  readonly runs: number;
  /** Node, and the modules of the stand-in for host and worker, read from their sources. */
  readonly hostMs: Spread;
  /** Every module that is loaded at the start. */
  readonly modulesMs: Spread;
  /** Settings, configuration and policies, read, checked and compiled. */
  readonly configMs: Spread;
  /** The other functions, and the library's own server. */
  readonly readyMs: Spread;
  /** Keyring, blocks and drift notes, the writer's endorsement, the upstream's credential, the call itself. */
  readonly callMs: Spread;
  readonly totalMs: Spread;
  /** All but the stand-in's own share. */
  readonly appMs: Spread;
}

interface Spread {
  readonly p50: number;
  readonly most: number;
}

/** Where the configuration is read: `functions/app-setup.ts`. */
const SETUP = 'dist/functions/app-setup.js';
const QUEUE_FUNCTIONS = ['approval-notices', 'approver', 'dead-decisions', 'dead-notices'];
const TIMER_FUNCTIONS = ['build-reviews', 'expire-transcripts', 'seal-transcripts', 'sweep-approvals'];
const onlyHttp = Object.fromEntries(
  [...QUEUE_FUNCTIONS, ...TIMER_FUNCTIONS].map((name) => [`AzureWebJobs.${name}.Disabled`, '1']),
);

const RUNS = 10;
const AGAIN_MS = 5;

export async function measureColdStart(appDir: string, configDir: string): Promise<ColdStartFigures> {
  const stack = await startStack({ appDir, configDir, port: 0, instances: 1, gateway: false });
  try {
    const token = await stack.entra.issueToken({ user: 'alice' });
    // The very first makes the keyring, once in a deployment's life.
    await startOnce(stack, appDir, token);
    const runs: Start[] = [];
    for (let run = 0; run < RUNS; run += 1) runs.push(await startOnce(stack, appDir, token));
    return {
      runs: RUNS,
      hostMs: spread(runs.map(({ host }) => host)),
      modulesMs: spread(runs.map(({ modules }) => modules)),
      configMs: spread(runs.map(({ config }) => config)),
      readyMs: spread(runs.map(({ host, modules, config, ready }) => ready - host - modules - config)),
      callMs: spread(runs.map(({ ready, answered }) => answered - ready)),
      totalMs: spread(runs.map(({ answered }) => answered)),
      appMs: spread(runs.map(({ answered, host }) => answered - host)),
    };
  } finally {
    await stack.stop();
  }
}

interface Start {
  readonly host: number;
  readonly modules: number;
  readonly config: number;
  readonly ready: number;
  readonly answered: number;
}

async function startOnce(stack: Stack, appDir: string, token: string): Promise<Start> {
  const env = { ...stack.appEnvironment, ...onlyHttp };
  const startedMs = performance.now();
  const host = await startFunctionHost({ appDir, port: stack.port, instances: 1, env });
  try {
    const ready = performance.now() - startedMs;
    await callUntilAnswered(`${stack.url}/mcp/crm`, token);
    const answered = performance.now() - startedMs;
    const [loading] = host.loading;
    const [[, modules = 0] = []] = Object.entries(loading?.entriesMs ?? {});
    const config = loading?.entriesMs[SETUP] ?? 0;
    return { host: loading?.beforeMs ?? 0, modules, config, ready, answered };
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

export function printColdStart({ runs, ...figures }: ColdStartFigures): void {
  console.log(`cold start, ${runs} runs, ms`);
  console.table({
    'Node and the stand-in host': figures.hostMs,
    'modules of the app': figures.modulesMs,
    'configuration and policies': figures.configMs,
    'functions registered, ready': figures.readyMs,
    'first call answered': figures.callMs,
    total: figures.totalMs,
    'without the stand-in host': figures.appMs,
  });
}
