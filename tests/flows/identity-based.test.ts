/**
 * The built app with the settings of its deployment: storage and Service Bus by their names in Azure, over TLS, opened by
 * tokens of the managed identity; no key, no connection string. A held call from its hold to its sealed record, and what
 * happens to those who come otherwise. What the services imitate stands in infra/local/access/by-identity.ts.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createLocalCredential } from '../../infra/cli/local-credential.ts';
import { routeSettings } from '../../infra/local/access/route-settings.ts';
import { refundSteps } from '../../infra/local/demo/refund-steps.ts';
import { describeStack } from '../../infra/local/describe-stack.ts';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { healthSchema } from '../../shared/api/routes/health-schema.ts';
import { APPROVALS_TABLE } from '../../shared/azure/approvals-table.ts';
import { proves } from '../requirements.ts';
import { apiToken } from './support/held-calls.ts';
import { startImpostor } from './support/impostor.ts';
import { appDir, type RunningStack, startBuiltStack } from './support/stack.ts';
import { callText, post } from './support/tools.ts';

const STORAGE = 'https://storage.azure.com';
const trusted = getCACertificates('default');

let stack: RunningStack;
let folder: string;

beforeAll(async () => {
  stack = await startBuiltStack({ access: 'identity', env: { SEAL_SCHEDULE: '*/2 * * * * *' } });
  folder = await mkdtemp(join(tmpdir(), 'sallyport-identity-'));
  // This process looks at storage itself, as the app's does.
  setDefaultCACertificates([...trusted, await readFile(stack.appEnvironment.NODE_EXTRA_CA_CERTS ?? '', 'utf8')]);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('an app with the settings of its deployment', () => {
  it(proves('access.identity', 'has no key and no connection string in its environment, and checks TLS'), async () => {
    const environment = await environmentOfApp();
    const given = Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
    const isAccess = (name: string) => /^(TRANSCRIPTS_STORAGE|STATE_STORAGE|SERVICE_BUS|AZURE_CLIENT_ID)/.test(name);
    const deployed = await readFile(join(appDir, 'infra/modules/function-app.bicep'), 'utf8');
    const names = [...deployed.matchAll(/^ {6}(\w+): /gm)].map(([, name]) => name ?? '').filter(isAccess);

    expect(names).toHaveLength(7);
    expect(
      given
        .map(([name]) => name)
        .filter(isAccess)
        .sort(),
    ).toEqual(names.sort());
    expect(environment).toMatchObject({
      TRANSCRIPTS_STORAGE__blobServiceUri: expect.stringMatching(/^https:\/\/\w+\.blob\.core\.windows\.net\/$/),
      STATE_STORAGE__blobServiceUri: expect.stringMatching(/^https:\/\/\w+\.blob\.core\.windows\.net\/$/),
      STATE_STORAGE__tableServiceUri: expect.stringMatching(/^https:\/\/\w+\.table\.core\.windows\.net\/$/),
      SERVICE_BUS__fullyQualifiedNamespace: expect.stringMatching(/^\w+\.servicebus\.windows\.net$/),
      SERVICE_BUS__credential: 'managedidentity',
    });
    const keys = [stack.azurite.connectionString, stack.serviceBus.connectionString].map(keyOf);
    const isSecret = (value: string) =>
      /(AccountKey|SharedAccessKey|SharedAccessSignature|UseDevelopment\w+)\b/i.test(value) ||
      keys.some((key) => value.includes(key));
    expect(given.filter(([, value]) => isSecret(value)).map(([name]) => name)).toEqual([]);
    expect(environment.NODE_TLS_REJECT_UNAUTHORIZED ?? '').toBe('');
  });

  it(
    proves('access.identity', 'holds a call, runs it once when it is approved, and hands over its answer'),
    async () => {
      const scene = { stack: describeStack(stack), appDir, dataDir: folder };
      for (const { told, play } of refundSteps(scene)) {
        const { isAsTold, shown } = await play();
        expect({ told, isAsTold, shown }).toMatchObject({ isAsTold: true });
      }
    },
  );

  it(proves('access.identity', 'seals what it recorded, and verify reads it over the same way'), async () => {
    const file = join(folder, 'seal-key.jwk');
    await writeFile(file, await sealKey());
    const found = await vi.waitFor(
      async () => {
        const report = verifyReport.parse(JSON.parse(await verify('--key', file)));
        expect(report).toMatchObject({ seals: { state: 'intact' }, totals: { unsealedLines: 0 } });
        return report;
      },
      { timeout: 40_000, interval: 500 },
    );
    expect(found).toMatchObject({ state: 'intact', totals: { tampered: 0, unreadable: 0 } });
    expect(found.totals.lines).toBeGreaterThan(5);
  });

  it(proves('access.identity', 'reaches every dependency'), async () => {
    const report = healthSchema.parse(await (await askHealth(stack.url)).json());
    expect(report.dependencies.filter(({ status }) => status !== 'ok')).toEqual([]);
  });

  it(proves('access.trust', 'says nothing to who answers for its services without a trusted certificate'), async () => {
    const namespace = stack.appEnvironment.SERVICE_BUS__fullyQualifiedNamespace ?? '';
    const hostOf = (name: string) => new URL(stack.appEnvironment[name] ?? '').host;
    const routes = z.record(z.string(), z.number()).parse(JSON.parse(stack.appEnvironment.LOCAL_ROUTES ?? ''));
    const hosts = Object.keys(routes).map((route) => route.replace(/:\d+$/, ''));
    const [first = '', ...others] = hosts;
    const impostor = await startImpostor(first, ...others);
    const log: string[] = [];
    const host = await startFunctionHost({
      appDir,
      port: 0,
      env: { ...stack.appEnvironment, ...routeSettings(mapValues(routes, () => impostor.port)) },
      onLog: (line) => log.push(line),
    });
    try {
      const answers = [await callTool(host.url), await askHealth(host.url)];
      expect(answers.map(({ status }) => status)).toEqual([503, 503]);
      // The app at the state's tables, without which it knows nobody; the host at the queues.
      await expect.poll(impostor.names).toEqual(new Set([hostOf('STATE_STORAGE__tableServiceUri'), namespace]));
      expect(impostor.heard().toString()).toBe('');
      expect(log.join('\n')).toMatch(/"RestError DEPTH_ZERO_SELF_SIGNED_CERT/);
      expect(log.join('\n')).toMatch(/^approver: Error: self-signed certificate/m);
    } finally {
      await host.stop();
      await impostor.stop();
    }
  });

  it('talks to nobody but its stack', async () => {
    const { NODE_OPTIONS, LOCAL_ROUTES } = stack.appEnvironment;
    const program = "fetch('https://login.microsoftonline.com').catch(({ cause }) => console.log(cause.message))";
    const said = await run(['--eval', program], { NODE_OPTIONS: NODE_OPTIONS ?? '', LOCAL_ROUTES: LOCAL_ROUTES ?? '' });
    expect(said).toContain('no route leads to login.microsoftonline.com:443');
  });
});

describe('storage as it is deployed', () => {
  type TokenRequest = Parameters<RunningStack['token']>[0];

  /** What it answers to a token like the app's but for this. */
  async function answers(request: TokenRequest): Promise<{ readonly blob: number; readonly table: number }> {
    const token = await stack.token({ app: 'gateway-identity', version: 1, audience: STORAGE, ...request });
    const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
    const blobs = new BlobServiceClient(urlOf('blob'), credential).getContainerClient('seals');
    const table = new TableClient(urlOf('table'), APPROVALS_TABLE, credential);
    return { blob: await statusOf(blobs.getProperties()), table: await statusOf(table.listEntities().next()) };
  }

  it(proves('access.refused', 'takes a token for it'), async () => {
    expect(await answers({})).toEqual({ blob: 200, table: 200 });
  });

  it(proves('access.refused', 'refuses who brings none, and who comes without TLS'), async () => {
    const { href } = new URL(`${urlOf('blob')}/seals?restype=container&comp=list`);
    expect([401, 403, 404]).toContain((await fetch(href)).status);
    const headers = { authorization: `Bearer ${await stack.token({ app: 'gateway-identity', audience: STORAGE })}` };
    await expect(fetch(href.replace('https:', 'http:'), { headers })).rejects.toThrow('fetch failed');
  });

  it.each<[string, TokenRequest]>([
    ['for Service Bus', { audience: 'https://servicebus.azure.net' }],
    ['that has expired', { ttlSeconds: -10 }],
    ['that is not valid yet', { validFromSeconds: 3_600 }],
    ['of an issuer that is not Entra', { issuer: 'https://login.example.com/' }],
  ])(proves('access.refused', 'refuses a token %s'), async (_what, request) => {
    const { blob, table } = await answers(request);
    expect([401, 403]).toContain(blob);
    expect([401, 403]).toContain(table);
  });
});

const verifyReport = z.looseObject({
  state: z.string(),
  seals: z.looseObject({ state: z.string() }),
  totals: z.looseObject({ lines: z.number(), unsealedLines: z.number() }),
});

/** What the system says the app's process was given, where it does; else what it was handed. */
async function environmentOfApp(): Promise<Readonly<Record<string, string | undefined>>> {
  const file = `/proc/${stack.gateway?.pids[0]}/environ`;
  if (!existsSync(file)) return { ...process.env, ...stack.appEnvironment };
  const entries = (await readFile(file, 'utf8')).split('\0').filter((entry) => entry !== '');
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}

function keyOf(connectionString: string): string {
  const [, key] = /(?:Account|SharedAccess)Key=([^;]+)/.exec(connectionString) ?? [];
  if (key === undefined) throw new Error('there is a key in every connection string');
  return key;
}

/** Transcripts' blobs, the state's tables. */
function urlOf(service: 'blob' | 'table'): string {
  const { blobUrl, tableUrl } = stack.azurite;
  return service === 'blob' ? blobUrl : tableUrl.replace(/[^/]+$/, 'sallyportstate');
}

async function statusOf(work: Promise<unknown>): Promise<number> {
  try {
    await work;
    return 200;
  } catch (error) {
    return z.looseObject({ statusCode: z.number() }).parse(error).statusCode;
  }
}

async function callTool(url: string): Promise<{ readonly status: number }> {
  const token = await stack.token({ user: 'alice' });
  return post(`${url}/mcp/crm`, token, callText('search_customers', '{"query":"a","limit":1}'));
}

async function askHealth(url: string): Promise<Response> {
  return fetch(`${url}/api/health`, { headers: { authorization: `Bearer ${await apiToken(stack, 'dave')}` } });
}

/** As a JWK, as an auditor keeps it. */
async function sealKey(): Promise<string> {
  const token = await createLocalCredential(stack.entra.url).getToken('https://vault.azure.net/.default');
  const headers = { authorization: `Bearer ${token?.token}` };
  const answer = await fetch(`${stack.keyVault.url}/keys/transcript-seal?api-version=7.6`, { headers });
  return JSON.stringify(z.object({ key: z.unknown() }).parse(await answer.json()).key);
}

/** `sallyport verify` on the account, in the environment that the app has. */
function verify(...flags: readonly string[]): Promise<string> {
  const account = stack.appEnvironment.TRANSCRIPTS_STORAGE__blobServiceUri ?? '';
  const command = [join(appDir, 'infra/cli/sallyport.mjs'), 'verify', '--account', account, '--json', ...flags];
  return run(command, stack.appEnvironment);
}

/** What a process of Node prints; rejects with what it complained of. */
function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      error === null ? resolve(stdout) : reject(new Error(`${stdout}${stderr}`, { cause: error })),
    );
  });
}

function mapValues<T>(from: Readonly<Record<string, T>>, map: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(from).map(([name, value]) => [name, map(value)]));
}
