/**
 * `npm run bench:cost [-- --minutes N]`: what the gateway asks of Azure's metered services, counted: for each call, in
 * each minute in which nobody calls, and for each run of its timers. Requests to tables and blobs are counted by a proxy
 * before each, the vault's by its stand-in. Prices and sums stand in docs/cost.md; held calls in `--approvals` of run.ts.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BlobServiceClient } from '@azure/storage-blob';
import { buildApp } from '../../infra/build.ts';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { makeBenchConfig } from './config.ts';
import { type NameRequest, startStorageCounter } from './count-storage.ts';

type Counts = ReadonlyMap<string, number>;

const appDir = join(import.meta.dirname, '../..');
const CALLS = 200;
/** As many as one person may have on their way. */
const AT_ONCE = 32;
const MINUTE_MS = 60_000;
/** What runs after an answer has ended by then. */
const QUIET_MS = 2_000;
/** Seals in a minute: ten of what a deployment does in fifty. */
const SEAL_EVERY_SECONDS = 6;
const TIMERS = ['sweep-approvals', 'seal-transcripts', 'expire-transcripts', 'build-reviews'];

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' } } });
const minutes = Number(values.minutes);

const built = await buildApp(appDir);
if (!built.ok) throw new Error(built.error.join('\n'));
const { configDir, remove } = await makeBenchConfig(appDir);
const stack = await startStack({ appDir, configDir, port: 0, instances: 1, gateway: false });
const { azurite } = stack;
const [blobs, tables] = await Promise.all([
  startStorageCounter(new URL(azurite.blobUrl).origin, nameBlobRequest),
  startStorageCounter(new URL(azurite.tableUrl).origin, nameTableRequest),
]);
const counted = azurite.connectionString
  .replace(azurite.blobUrl, `${blobs.url}/devstoreaccount1`)
  .replace(azurite.tableUrl, `${tables.url}/devstoreaccount1`);

try {
  const still = await withGateway(TIMERS, {}, async (call) => {
    const first = await count(call);
    const idle = perUnit(await count(() => pause(minutes * MINUTE_MS)), minutes);
    const oneByOne = perUnit(minus(await count(() => callOneByOne(call)), idle), CALLS);
    const kilobytes = (await transcriptBytes()) / (CALLS + 1) / 1_000;
    const atOnce = perUnit(minus(await count(() => callAtOnce(call)), idle), CALLS);
    return { first: minus(first, oneByOne), idle, oneByOne, atOnce, kilobytes };
  });
  const sweeps = await withGateway(without('sweep-approvals'), {}, () =>
    count(() => pause(minutes * MINUTE_MS)).then((counts) => minus(perUnit(counts, minutes), still.idle)),
  );
  const schedule = { SEAL_SCHEDULE: `*/${SEAL_EVERY_SECONDS} * * * * *` };
  const seals = await withGateway(without('seal-transcripts'), schedule, async (call) => {
    // The first runs find what the phases before left.
    await pause(5 * SEAL_EVERY_SECONDS * 1_000);
    const runs = MINUTE_MS / (SEAL_EVERY_SECONDS * 1_000);
    const nothing = perUnit(minus(await count(() => pause(MINUTE_MS)), still.idle), runs);
    const calling = Promise.all(
      Array.from({ length: runs }, (_, n) => pause(n * SEAL_EVERY_SECONDS * 1_000).then(call)),
    );
    const withCalls = await count(() => Promise.all([pause(MINUTE_MS), calling]));
    const changed = minus(minus(perUnit(minus(withCalls, still.idle), runs), nothing), still.oneByOne);
    return { nothing, changed };
  });
  print('a minute in which nobody calls', still.idle);
  print('a call, one after the other', still.oneByOne);
  console.log(`it leaves ${still.kilobytes.toFixed(1)} KB of transcript`);
  print('more, for the first of a session at an instance', still.first);
  print(`a call, ${AT_ONCE} of one session at once`, still.atOnce);
  print('a sweep of approvals, nothing open', sweeps);
  print('a run of the sealer, nothing changed', seals.nothing);
  print('more, for one session that changed', seals.changed);
} finally {
  await Promise.all([blobs.stop(), tables.stop()]);
  await stack.stop();
  await remove();
}

async function withGateway<T>(
  disabled: readonly string[],
  env: Readonly<Record<string, string>>,
  work: (call: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const off = Object.fromEntries(disabled.map((name) => [`AzureWebJobs.${name}.Disabled`, 'true']));
  const settings = { ...stack.appEnvironment, TRANSCRIPTS_STORAGE: counted, STATE_STORAGE: counted, ...off, ...env };
  const host = await startFunctionHost({ appDir, port: stack.port, instances: 1, env: settings });
  try {
    return await work(await createCall(stack));
  } finally {
    await host.stop();
  }
}

/** A tool call of alice's; each is in the same session. */
async function createCall({ url, entra }: Stack): Promise<() => Promise<void>> {
  const token = await entra.issueToken({ user: 'alice', ttlSeconds: 86_400 });
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: 'search_customers', arguments: { query: 'Ada', limit: 1 }, _meta: meta };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': params.name,
  };
  return async () => {
    const answer = await fetch(`${url}/mcp/crm`, { method: 'POST', headers, body });
    const text = await answer.text();
    if (!answer.ok || !text.includes('"result"'))
      throw new Error(`the call was answered with ${answer.status}: ${text}`);
  };
}

async function callOneByOne(call: () => Promise<void>): Promise<void> {
  for (let n = 0; n < CALLS; n += 1) await call();
}

async function callAtOnce(call: () => Promise<void>): Promise<void> {
  let left = CALLS;
  const work = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await call();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** Operations of `work` and of what it sets off. */
async function count(work: () => Promise<unknown>): Promise<Counts> {
  await pause(QUIET_MS);
  const vault = watchVault();
  for (const { counts } of [blobs, tables]) counts.clear();
  await work();
  await pause(QUIET_MS);
  return new Map([...blobs.counts, ...tables.counts, ['vault', vault()]]);
}

async function transcriptBytes(): Promise<number> {
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  let bytes = 0;
  for await (const { properties } of service.getContainerClient('transcripts-standard').listBlobsFlat()) {
    bytes += properties.contentLength ?? 0;
  }
  return bytes;
}

/** A fault that does nothing is struck by every request: what is left of it says how many there were. */
function watchVault(): () => number {
  const times = 1_000_000;
  stack.keyVault.faults.clear();
  stack.keyVault.faults.add({ does: 'wait', ms: 0, times });
  return () => {
    const [rest] = stack.keyVault.faults.list();
    return times - (rest?.times ?? times);
  };
}

function without(timer: string): readonly string[] {
  return TIMERS.filter((name) => name !== timer);
}

function perUnit(counts: Counts, units: number): Counts {
  return new Map([...counts].map(([kind, count]) => [kind, count / units]));
}

function minus(whole: Counts, part: Counts): Counts {
  return new Map([...whole].map(([kind, count]) => [kind, count - (part.get(kind) ?? 0)]));
}

function print(title: string, counts: Counts): void {
  console.log(title);
  const rows = [...counts].map(([kind, count]) => [kind, Math.round(count * 100) / 100] as const);
  console.table(Object.fromEntries(rows.filter(([, count]) => count > 0).sort()));
}

function nameBlobRequest(...[method, { pathname, searchParams }]: Parameters<NameRequest>): string {
  const container = pathname.split('/')[2] ?? '';
  return `blob ${method} ${container} ${searchParams.get('comp') ?? ''}`.trim();
}

function nameTableRequest(...[method, { pathname }]: Parameters<NameRequest>): string {
  const [, table = '', keys = ''] = /^\/[^/]+\/(\$batch|[A-Za-z]+)(\(.*\))?/.exec(decodeURIComponent(pathname)) ?? [];
  return `table ${method} ${table}${keys === '()' ? ' (list)' : ''}`;
}
