/** `sallyport doctor` over the whole built stack: all well, then one thing after the other broken for real. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TableServiceClient } from '@azure/data-tables';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { vaultNames } from '../../infra/local/app-environment.ts';
import { writeStackFile } from '../../infra/local/stack-file.ts';
import { proves } from '../requirements.ts';
import { type Ended, runSallyport } from '../stack/sallyport-process.ts';
import { apiToken } from './support/held-calls.ts';
import { type RunningStack, startBuiltStack } from './support/stack.ts';

const reportSchema = z.object({
  ok: z.boolean(),
  totals: z.object({ ok: z.number(), warn: z.number(), fail: z.number() }),
  findings: z.array(
    z.object({ status: z.string(), name: z.string(), detail: z.string(), advice: z.string().optional() }),
  ),
});

let stack: RunningStack;
let data: string;

beforeAll(async () => {
  [stack, data] = await Promise.all([
    startBuiltStack({ env: { SEAL_SCHEDULE: '*/2 * * * * *' } }),
    mkdtemp(join(tmpdir(), 'sallyport-doctor-')),
  ]);
  await describeStack();
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  if (data !== undefined) await rm(data, { recursive: true, force: true });
});

function describeStack(more: { readonly crm?: string } = {}): Promise<void> {
  const { url, entra, keyVault, graph, serviceBus, teams, azurite, crm } = stack;
  return writeStackFile(data, {
    ...{ gateway: url, entra: entra.url, keyVault: keyVault.url, graph: graph.url, teams: teams.url, crm: crm.url },
    ...{ serviceBus: serviceBus.url, blob: azurite.blobUrl, table: azurite.tableUrl, queue: azurite.queueUrl },
    pid: process.pid,
    ...more,
  });
}

/** Where nobody listens any more. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  await promisify(server.close.bind(server))();
  return `http://127.0.0.1:${port}/mcp`;
}

const run = (...more: string[]): Promise<Ended> =>
  runSallyport(['doctor', '--local', '--data', data, '--user', 'dave', ...more]);

async function examine(): Promise<{
  readonly code: number;
  readonly findings: z.output<typeof reportSchema>['findings'];
}> {
  const { code, stdout, stderr } = await run('--json');
  expect(stderr).toBe('');
  return { code, findings: reportSchema.parse(JSON.parse(stdout)).findings };
}

const failing = (findings: z.output<typeof reportSchema>['findings']) =>
  findings.filter(({ status }) => status === 'fail').map(({ name }) => name);

describe('sallyport doctor --local', () => {
  it(proves('doctor.checks', 'says that all is well, once the first seal stands'), async () => {
    const found = await vi.waitFor(
      async () => {
        const { code, findings } = await examine();
        const odd = findings.filter(({ status, name }) => status !== 'ok' && name !== 'people finance');
        expect({ code, odd }).toEqual({ code: 0, odd: [] });
        return findings;
      },
      { timeout: 50_000, interval: 500 },
    );
    // bob alone is finance in the sample: what he asked for, nobody could approve.
    expect(found.find(({ name }) => name === 'people finance')).toMatchObject({ status: 'warn' });
    expect(found.length).toBeGreaterThan(30);
  }, 60_000);

  it(proves('doctor.exit-codes', 'exits 0 with warnings, 1 with a failure, 2 where it can’t run'), async () => {
    const well = await run();
    expect(well).toMatchObject({ code: 0, stderr: '' });
    expect(well.stdout).toMatch(/^ok {4}gateway +http/);
    expect(well.stdout).toMatch(/\n\d+ lines: \d+ ok, 1 warn, 0 fail\n$/);

    const asCarol = await runSallyport(['doctor', '--local', '--data', data, '--user', 'carol']);
    expect(asCarol.code).toBe(1);
    expect(asCarol.stdout).toMatch(
      /\nfail {2}health .*administrators\.\n +→ Run this as somebody whom policy lets administer/,
    );

    for (const flags of [[], ['--local'], ['--local', '--user', 'dave', '--data', join(data, 'none')]]) {
      const { code, stdout } = await runSallyport(['doctor', ...flags]);
      expect([code, stdout]).toEqual([2, '']);
    }
  }, 60_000);

  it(proves(
    'doctor.advice',
    'names Graph, the vault’s key and the upstream’s secret while they are broken',
  ), async () => {
    stack.graph.faults.add({ does: 'fail', status: 500, times: 100 });
    stack.keyVault.faults.add({ does: 'fail', status: 403, path: '/keys/', times: 100 });
    stack.keyVault.faults.add({ does: 'fail', status: 403, path: `/secrets/${vaultNames.crmSecret}`, times: 100 });
    const { code, findings } = await examine();
    stack.graph.faults.clear();
    stack.keyVault.faults.clear();
    expect(code).toBe(1);
    expect(failing(findings)).toEqual(expect.arrayContaining(['key-vault', 'graph', 'upstream crm', 'seal verified']));
    for (const { status, advice } of findings) if (status !== 'ok') expect(advice).toMatch(/\w{3}/);
  }, 60_000);

  it(proves('doctor.secrets', 'prints nothing of what the vault holds, nor a token, well or broken'), async () => {
    const { stdout, stderr } = await run('--json', '--post-test-card');
    const printed = stdout + stderr;
    expect(printed).toContain('posted: look for it in the channel');
    const keys = stack.crm.requests.flatMap(({ headers }) => headers['x-api-key'] ?? []);
    expect(keys.length).toBeGreaterThan(0);
    for (const secret of [...keys, stack.teams.webhookUrl, stack.teams.replySecret]) {
      expect(secret).toMatch(/\S{16}/);
      expect(printed).not.toContain(secret);
    }
    expect(printed).not.toMatch(/eyJ[\w-]{10}/);
  }, 60_000);

  it(proves('doctor.advice', 'looks at a gateway by its address too, and doubts what it was not told'), async () => {
    const secret = stack.crm.requests.flatMap(({ headers }) => headers['x-api-key'] ?? [])[0] ?? '';
    const env = { DOCTOR_TOKEN: await apiToken(stack, 'dave'), CRM_KEY: secret, CRM_URL: stack.crm.url, PATH: '' };
    const flags = ['--url', stack.url, '--token-env', 'DOCTOR_TOKEN', '--json'];
    const [given, notGiven, unreached, refused] = await Promise.all([
      runSallyport(['doctor', ...flags, '--secret-env', 'crm=CRM_KEY'], env),
      runSallyport(['doctor', ...flags], env),
      runSallyport(['doctor', ...flags, '--secret-env', 'crm=CRM_KEY'], { ...env, CRM_URL: await closedAddress() }),
      runSallyport(['doctor', ...flags, '--secret-env', 'crm=CRM_KEY'], { ...env, CRM_KEY: 'another-key-of-somebody' }),
    ]);
    expect([given.code, notGiven.code, unreached.code, refused.code]).toEqual([0, 0, 0, 1]);
    const detailsOf = ({ stdout }: Ended) =>
      new Map(
        reportSchema.parse(JSON.parse(stdout)).findings.map(({ name, status, detail }) => [name, [status, detail]]),
      );
    const details = detailsOf(given);
    expect(details.get('entra')?.[0]).toBe('ok');
    expect(details.get('upstream crm')).toEqual(['ok', 'answers, and offers its 6 tools as pinned']);
    expect(details.get('people finance')).toEqual(['warn', 'not looked at: nobody is signed in with az or azd']);
    for (const name of ['seal verified', 'immutability', 'queues', 'teams webhook']) {
      expect(details.get(name)).toEqual(['warn', expect.stringContaining('not looked at')]);
    }
    expect(detailsOf(notGiven).get('upstream crm')).toEqual(['warn', 'not looked at: its credential was not given']);
    expect(detailsOf(unreached).get('upstream crm')).toEqual([
      'warn',
      'can’t be reached from this machine: ECONNREFUSED',
    ]);
    expect(detailsOf(refused).get('upstream crm')).toEqual([
      'fail',
      expect.stringMatching(/^refused, or answered as no MCP server does: HTTP 401\b/),
    ]);
    for (const { stdout, stderr } of [given, notGiven, unreached, refused]) {
      expect(stdout + stderr).not.toContain(env.DOCTOR_TOKEN);
      expect(stdout + stderr).not.toContain(secret);
      expect(stdout + stderr).not.toContain('another-key');
    }
  }, 60_000);

  it(proves('doctor.checks', 'names the table that is gone, and an upstream that is'), async () => {
    const tables = TableServiceClient.fromConnectionString(stack.azurite.connectionString, {
      allowInsecureConnection: true,
    });
    await Promise.all([tables.deleteTable('drift'), describeStack({ crm: await closedAddress() })]);
    const { code, findings } = await examine();
    expect(code).toBe(1);
    expect(failing(findings)).toEqual(expect.arrayContaining(['tables', 'upstream crm']));
    expect(findings.find(({ name }) => name === 'tables')?.detail).toBe('missing: drift');
    expect(findings.find(({ name }) => name === 'upstream crm')?.detail).toContain('ECONNREFUSED');
  }, 60_000);
});
