/**
 * `npm run bench [-- --long] [--approvals] [--records] [--reviews] [--cold] [--json FILE]`: start to ready, a call through the gateway against the same call made directly,
 * storage operations per call, memory, bundle size and load time, decision time. Everything on this machine, in one run.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { SecretClient } from '@azure/keyvault-secrets';
import { buildApp } from '../../infra/build.ts';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { startStack } from '../../infra/local/stack.ts';
import { measureApprovals, printApprovals } from './approvals.ts';
import { measureColdStart, printColdStart } from './cold-start.ts';
import { makeBenchConfig } from './config.ts';
import { startStorageCounter } from './count-storage.ts';
import { measureDecisions } from './decide.ts';
import { measureInProcess } from './in-process.ts';
import { type LoadResult, runLoad, type Target } from './load.ts';
import { measurePace } from './pace.ts';
import { measureRecords, printRecords } from './records.ts';
import { residentMb } from './resident.ts';
import { measureReviews, printReviews } from './reviews.ts';
import { measureStreams } from './streams.ts';

const appDir = join(import.meta.dirname, '../..');
const CALLS = 500;
const WARM_UP = 100;
const CLIENTS = [1, 16, 32];

const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: { json: { type: 'string' }, long: flag, approvals: flag, records: flag, reviews: flag, cold: flag },
});
const built = await buildApp(appDir);
if (!built.ok) throw new Error(built.error.join('\n'));

const decisions = await measureDecisions(appDir);
const inProcess = await measureInProcess(appDir);
const bundleLoadMs = await measureBundleLoad();
const config = await makeBenchConfig(appDir);
const streams = await measureStreams(appDir, config.configDir);
const approvals = values.approvals ? await measureApprovals(appDir, config.configDir) : undefined;
const cold = values.cold ? await measureColdStart(appDir, config.configDir) : undefined;
const records = values.records ? await measureRecords() : undefined;
const reviews = values.reviews ? await measureReviews(appDir) : undefined;
const pace = values.long ? await measurePace(appDir, config.configDir) : undefined;

const stackStartedMs = performance.now();
const stack = await startStack({
  appDir,
  configDir: config.configDir,
  port: 0,
  instances: 1,
  gateway: false,
});
const counter = await startStorageCounter(new URL(stack.azurite.blobUrl).origin);
const countedStorage = stack.azurite.connectionString.replace(
  /BlobEndpoint=[^;]+/,
  `BlobEndpoint=${counter.url}/devstoreaccount1`,
);
const hostStartedMs = performance.now();
const host = await startFunctionHost({
  appDir,
  port: stack.port,
  instances: 1,
  env: { ...stack.appEnvironment },
});
const readyMs = Math.round(performance.now() - stackStartedMs);
const hostReadyMs = Math.round(performance.now() - hostStartedMs);

const token = await stack.entra.issueToken({ user: 'alice' });
const through = target(`${stack.url}/mcp/crm`, { authorization: `Bearer ${token}` });
const apiKey = await readApiKey();
const direct = target(stack.crm.url, { 'x-api-key': apiKey });

const results: { readonly name: string; readonly load: LoadResult }[] = [];
for (const clients of CLIENTS) {
  results.push({ name: 'direct', load: await runLoad(direct, clients, CALLS, WARM_UP) });
  results.push({ name: 'through', load: await runLoad(through, clients, CALLS, WARM_UP) });
}
const memoryMb = await residentMb(host.pids[0]);
await host.stop();

// Counted in a second run behind a proxy, so that the proxy slows nothing that is timed above.
const countedHost = await startFunctionHost({
  appDir,
  port: stack.port,
  instances: 1,
  env: { ...stack.appEnvironment, TRANSCRIPTS_STORAGE: countedStorage },
});
await runLoad(through, 1, 1, 10);
counter.counts.clear();
await runLoad(through, 1, 100, 0);
const operationsPerCall = [...counter.counts.values()].reduce((sum, count) => sum + count, 0) / 100;
await countedHost.stop();
await counter.stop();
await stack.stop();
await config.remove();

const report = {
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`,
  start: { toReadyMs: readyMs, hostToReadyMs: hostReadyMs, partsMs: stack.timings },
  search_customers: results.map(({ name, load }) => ({ name, ...load })),
  storageOperationsPerCall: operationsPerCall,
  storageOperationsByKind: Object.fromEntries(counter.counts),
  hostMemoryMb: memoryMb,
  bundle: { kib: Math.round(built.value.bytes / 1_024), loadMs: bundleLoadMs },
  decisions,
  inProcess,
  streams,
  ...(approvals === undefined ? {} : { approvals }),
  ...(cold === undefined ? {} : { cold }),
  ...(records === undefined ? {} : { records }),
  ...(reviews === undefined ? {} : { reviews }),
  ...(pace === undefined ? {} : { pace }),
};
printReport();
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);

function target(url: string, headers: Record<string, string>): Target {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: 'search_customers', arguments: { query: 'a' }, _meta };
  return {
    url,
    headers: {
      ...headers,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'search_customers',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  };
}

/** The bundle alone in a fresh process: imports of every function file, without a configuration. */
async function measureBundleLoad(): Promise<number> {
  const file = JSON.stringify(join(appDir, 'dist/functions/mcp.js'));
  const script = `const t = performance.now(); await import(${file}); console.log(performance.now() - t); process.exit(0)`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  return Math.round(Number(stdout.trim().split('\n').at(-1)));
}

/** From the vault, as the gateway reads it. */
async function readApiKey(): Promise<string> {
  const accessToken = await stack.entra.issueToken({ app: 'reporting-bot', audience: 'https://vault.azure.net' });
  const credential = { getToken: async () => ({ token: accessToken, expiresOnTimestamp: Date.now() + 600_000 }) };
  const options = { allowInsecureConnection: true, disableChallengeResourceVerification: true };
  const { value = '' } = await new SecretClient(stack.keyVault.url, credential, options).getSecret('crm-api-key');
  return value;
}

function printReport(): void {
  console.log(report.machine);
  console.log(`start to ready ${readyMs} ms, of it the function host ${hostReadyMs} ms`);
  console.table(report.search_customers);
  console.log(`storage operations per call: ${operationsPerCall}`, report.storageOperationsByKind);
  console.log(`host memory after: ${memoryMb} MiB`);
  console.log(`bundle: ${report.bundle.kib} KiB, loads in ${bundleLoadMs} ms`);
  console.log(
    `policy: loads in ${decisions.loadMs} ms; allow ${decisions.allowUs} µs, hold ${decisions.holdUs} µs, list ${decisions.listUs} µs`,
  );
  console.log(
    `added in process (read, decide, mask ${inProcess.answerBytes} bytes, chain): p50 ${inProcess.p50Us} µs, p99 ${inProcess.p99Us} µs`,
  );
  const { idleStreams, memoryBeforeMb, memoryWithMb, eventsPerSecond } = streams;
  console.log(
    `${idleStreams} idle GET streams: ${memoryBeforeMb} → ${memoryWithMb} MiB; ${eventsPerSecond} events/s on one stream`,
  );
  if (approvals !== undefined) printApprovals(approvals);
  if (cold !== undefined) printColdStart(cold);
  if (records !== undefined) printRecords(records);
  if (reviews !== undefined) printReviews(reviews);
  if (pace !== undefined) console.log('paced stream and disconnects:', pace);
}
