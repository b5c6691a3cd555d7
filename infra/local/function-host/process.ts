/**
 * The process of one function host instance: `node process.ts --app DIR --port N [--instance I] [--behind-front]`.
 * Loads an app's built files through the real `@azure/functions` library and answers on 127.0.0.1. Ends with its parent.
 *
 * What it does not imitate of Azure: admin endpoints, the home page, CORS and EasyAuth; key management (two keys from
 * the environment, no query for others); functionTimeout, scaling and restart after a crash; blob leases (timers run on
 * instance 0); time zones other than UTC; bindings other than HTTP, timer and queue triggers; TLS; Application Insights.
 * As on Azure, a streamed function that fails without an answer leaves its client waiting: the cure is in the app.
 *
 * Environment: FUNCTION_HOST_KEY, FUNCTION_HOST_MASTER_KEY, FUNCTION_HOST_DATA (folder; timers remember there),
 * FUNCTION_HOST_DRAIN_MS. They are taken out of the environment before the app loads.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Host, startHost } from './host.ts';
import { HostProblem } from './settings.ts';

const DRAIN_MS = 1_500;

const { values } = parseArgs({
  options: {
    app: { type: 'string', default: '.' },
    port: { type: 'string', default: '7071' },
    instance: { type: 'string', default: '0' },
    'behind-front': { type: 'boolean', default: false },
  },
});

const log = (line: string) => process.stdout.write(`${line}\n`);
let host: Host | undefined;
let isStopping = false;

function take(name: string): string | undefined {
  const value = process.env[name];
  delete process.env[name];
  return value;
}

async function start(): Promise<Host> {
  const appDir = resolve(values.app);
  const keys = { functionKey: take('FUNCTION_HOST_KEY'), masterKey: take('FUNCTION_HOST_MASTER_KEY') };
  const data = take('FUNCTION_HOST_DATA');
  const drainMs = Number(take('FUNCTION_HOST_DRAIN_MS') ?? DRAIN_MS);
  process.env.FUNCTIONS_WORKER_RUNTIME ??= 'node';
  process.env.AZURE_FUNCTIONS_ENVIRONMENT ??= 'Development';
  process.chdir(appDir);
  return await startHost({
    appDir,
    port: Number(values.port),
    instance: Number(values.instance),
    isOutermost: !values['behind-front'],
    keys,
    environment: process.env,
    timerFolder: data === undefined ? undefined : join(data, 'timers'),
    drainMs,
    log,
  });
}

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  await host?.stop();
  process.exit(0);
}

process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('disconnect', stop);
process.on('uncaughtException', (error) => {
  process.stderr.write(`The app crashed: ${error.stack ?? error.message}\n`);
  process.exit(1);
});

try {
  host = await start();
  log(`listening on http://127.0.0.1:${host.port}`);
  process.send?.({ kind: 'ready', port: host.port, loading: host.loading });
} catch (error) {
  const message = error instanceof HostProblem ? error.message : `The host failed: ${describe(error)}`;
  if (process.send === undefined) process.stderr.write(`${message}\n`);
  else await new Promise((sent) => process.send?.({ kind: 'failed', message }, sent));
  process.exit(1);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
