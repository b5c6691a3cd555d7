/**
 * `npm start`, black box: the process, what it prints, what it leaves. Every test has a data folder of its own.
 */

import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceBusClient } from '@azure/service-bus';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readStackFile, type Stack } from '../../infra/local/stack-file.ts';
import { proves } from '../requirements.ts';
import { runNpmStart, runStart, type StartProcess, survivors } from './start-process.ts';

const sampleConfig = new URL('../../infra/config', import.meta.url).pathname;
const azuriteKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

let folder: string;
let data: string;
let running: StartProcess[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-start-'));
  data = join(folder, 'data');
  running = [];
});
afterEach(async () => {
  for (const each of running) {
    const pids = [each.pid, ...(await each.descendants())];
    each.signal('SIGKILL');
    expect(await survivors(pids, 5_000)).toEqual([]);
  }
  await rm(folder, { recursive: true });
});

function start(...args: string[]): StartProcess {
  const started = runStart('--data', data, ...args);
  running.push(started);
  return started;
}

async function addresses(): Promise<Stack> {
  const read = await readStackFile(data);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** Ended with an error: nothing on stdout but what the build said, no process, and the folder can be claimed again. */
async function expectRefusal(refused: StartProcess, lines: readonly unknown[]): Promise<void> {
  expect(await refused.ended()).toBe(1);
  expect(refused.stderr).toEqual(lines);
  expect(refused.stdout.filter((line) => !line.startsWith('built '))).toEqual([]);
  expect(await refused.descendants()).toEqual([]);
}

/** Only the data folder knows the key. */
async function bus({ serviceBus }: Stack): Promise<ServiceBusClient> {
  const database = new DatabaseSync(join(data, 'service-bus/service-bus.sqlite'), { readOnly: true });
  const row = database.prepare("select value from settings where name = 'key'").get();
  database.close();
  const credential = `SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=${String(row?.value)}`;
  return new ServiceBusClient(`Endpoint=${serviceBus};${credential};UseDevelopmentEmulator=true`);
}

function blobs({ blob }: Stack): BlobServiceClient {
  return BlobServiceClient.fromConnectionString(
    `DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=${azuriteKey};BlobEndpoint=${blob}`,
  );
}

async function signingKeyId({ entra }: Stack): Promise<string> {
  const tenant = '5a11e000-0000-4000-8000-000000000001';
  const response = await fetch(`${entra}/${tenant}/discovery/v2.0/keys`);
  const { keys } = z.object({ keys: z.array(z.object({ kid: z.string() })) }).parse(await response.json());
  return keys.map((key) => key.kid).join();
}

describe('start', () => {
  it(
    proves('stack.start', 'builds, starts everything on this machine only, says what runs where, and is ready'),
    async () => {
      const stack = start('--port', '0');
      const url = await stack.ready();
      expect(stack.stdout.at(-1)).toBe(`ready ${url}`);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(stack.stdout[0]).toMatch(/^built \d+ functions, \d+ KiB, in \d/);
      expect(stack.stdout[1]).toMatch(/^started in \d+\.\d s \(/);
      const said = stack.stdout.join('\n');
      for (const name of ['gateway', 'crm', 'entra', 'key vault', 'graph', 'service bus', 'teams', 'azurite'])
        expect(said).toMatch(new RegExp(`^  ${name} +(http|sb)://`, 'm'));
      for (const command of [
        'npm run --silent token',
        `curl -s ${url}/mcp/crm`,
        `npx mcp-inspector --cli ${url}/mcp/crm`,
        `${url}/ui/approvals`,
        'npx sallyport approvals list --local --user bob',
        'npm run demo',
        'npx sallyport verify --local',
      ]) {
        expect(said).toContain(command);
      }
      expect(stack.stderr).toEqual([]);

      const written = await addresses();
      expect(written).toMatchObject({ gateway: url, pid: stack.pid });
      expect(said).toContain(`in the Teams channel on ${written.teams}`);
      const urls = Object.values(written).filter((value) => typeof value === 'string');
      expect(urls.every((each) => new URL(each).hostname === '127.0.0.1')).toBe(true);
      for (const each of urls) expect(await reachableFromOutside(Number(new URL(each).port))).toEqual([]);
      expect((await fetch(`${url}/health`)).status).toBe(200);
    },
  );

  it(
    proves('stack.flags', '--quiet prints the ready line and nothing else; --port and --instances are honoured'),
    async () => {
      const port = await freePort();
      const stack = start('--port', String(port), '--quiet', '--instances', '2', '--ephemeral');
      expect(await stack.ready()).toBe(`http://127.0.0.1:${port}`);
      expect(stack.stdout).toEqual([`ready http://127.0.0.1:${port}`]);
      expect(stack.stderr).toEqual([]);
      // Azurite and two gateways.
      expect(await stack.descendants()).toHaveLength(3);
    },
  );

  it(proves('stack.flags', '--config takes another folder'), async () => {
    const config = await copyConfig((text) => text.replaceAll(/\bstandard\b/g, 'seven-years'));
    const stack = start('--port', '0', '--quiet', '--ephemeral', '--config', config);
    await stack.ready();
    expect(
      await blobs(await addresses())
        .getContainerClient('transcripts-seven-years')
        .exists(),
    ).toBe(true);
  });

  it(proves('stack.flags', 'an unknown flag is one line and exit code 2'), async () => {
    const stack = start('--no-such-flag');
    expect(await stack.ended()).toBe(2);
    expect(stack.stderr).toEqual(["unknown option '--no-such-flag' (--help lists the flags)"]);
  });

  it('refuses a data folder that a running stack uses', async () => {
    await start('--port', '0', '--quiet', '--ephemeral').ready();
    await expectRefusal(start('--port', '0'), [`the data folder ${data} is in use by a running stack`]);
  });
});

describe('refusals', () => {
  it(proves('stack.port-in-use', 'a port in use is one line'), async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = (other.address() as { port: number }).port;
    await expectRefusal(start('--port', String(port)), [`port ${port} is in use`]);
    other.close();
  });

  it(proves('stack.bad-config', 'each mistake in the configuration is one line, with its place'), async () => {
    const config = await copyConfig((text) =>
      text.replace('retention: standard', 'retention: standart\n    colour: blue'),
    );
    await expectRefusal(start('--port', '0', '--config', config), [
      expect.stringMatching(/^gateway\.yaml:\d+:\d+ servers\.crm\.(retention|colour): .+$/),
      expect.stringMatching(/^gateway\.yaml:\d+:\d+ servers\.crm\.(retention|colour): .+$/),
    ]);
  });

  it(proves('stack.bad-config', 'a mistake in a policy is one line, with its place'), async () => {
    const config = await copyConfig((text) => text);
    const policies = join(config, 'policies.cedar');
    const text = await readFile(policies, 'utf8');
    await writeFile(policies, text.replace('Group::"support"', 'Group::"suport"'));
    await expectRefusal(start('--port', '0', '--config', config), [
      expect.stringMatching(/^policies\.cedar:\d+(:\d+)? .+$/),
    ]);
  });

  it(proves('stack.missing-file', 'a missing file is one line that names it'), async () => {
    const config = await copyConfig((text) => text);
    await rm(join(config, 'policies.cedar'));
    await expectRefusal(start('--port', '0', '--config', config), [
      expect.stringMatching(/^policies\.cedar: not found: .*policies\.cedar$/),
    ]);
  });

  it(proves('stack.missing-file', 'a missing folder is one line too'), async () => {
    const config = join(folder, 'nowhere');
    await expectRefusal(start('--port', '0', '--config', config), [`there is no configuration folder ${config}`]);
  });
});

describe('stop', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    proves('stack.stop', '%s ends every process within 3 s, with exit code 0 and no stack.json'),
    async (signal) => {
      const stack = start('--port', '0', '--quiet', '--instances', '2');
      await stack.ready();
      const pids = [stack.pid, ...(await stack.descendants())];
      const askedMs = performance.now();
      stack.signal(signal);
      expect(await stack.ended()).toBe(0);
      expect(await survivors(pids, 0)).toEqual([]);
      expect(performance.now() - askedMs).toBeLessThan(3_000);
      expect((await readStackFile(data)).ok).toBe(false);
      expect(stack.stderr).toEqual([]);
    },
  );

  it(proves('stack.stop', 'a call that its upstream never answers does not hold up the end'), async () => {
    const stack = start('--port', '0', '--quiet', '--instances', '2');
    const url = await stack.ready();
    const { crm, entra } = await addresses();
    const fault = { does: 'hang', method: 'POST', path: '^/mcp' };
    await fetch(new URL('/_faults', crm), { method: 'POST', body: JSON.stringify(fault) });
    const call = callTool(url, await tokenOf({ entra })).catch(() => undefined);
    await until(async () => (await listFaults(crm)).length === 0);
    const pids = [stack.pid, ...(await stack.descendants())];
    const askedMs = performance.now();
    stack.signal('SIGTERM');
    expect(await stack.ended()).toBe(0);
    expect(performance.now() - askedMs).toBeLessThan(3_000);
    expect(await survivors(pids, 0)).toEqual([]);
    await call;
  });

  it('a SIGTERM that only npm hears ends everything all the same', async () => {
    const stack = runNpmStart('--data', data, '--port', '0', '--quiet', '--ephemeral');
    running.push(stack);
    await stack.ready();
    const pids = await stack.descendants();
    expect(pids.length).toBeGreaterThan(2);
    stack.signal('SIGTERM');
    expect(await survivors(pids, 3_000)).toEqual([]);
    expect((await readStackFile(data)).ok).toBe(false);
  });

  it('a second signal ends it at once', async () => {
    const stack = start('--port', '0', '--quiet', '--ephemeral');
    await stack.ready();
    const pids = [stack.pid, ...(await stack.descendants())];
    stack.signal('SIGINT');
    stack.signal('SIGTERM');
    expect([0, 130]).toContain(await stack.ended());
    expect(await survivors(pids, 500)).toEqual([]);
  });

  it('when it is killed, its children end by themselves', async () => {
    const stack = start('--port', '0', '--quiet', '--ephemeral');
    await stack.ready();
    const pids = await stack.descendants();
    expect(pids.length).toBeGreaterThan(1);
    stack.signal('SIGKILL');
    await stack.ended();
    expect(await survivors(pids, 5_000)).toEqual([]);
  });

  it('a child that crashes is told in one line, and the rest ends with exit code 1', async () => {
    const stack = start('--port', '0', '--quiet', '--ephemeral');
    await stack.ready();
    const pids = await stack.descendants();
    process.kill(pids.at(-1) ?? 0, 'SIGKILL');
    expect(await stack.ended()).toBe(1);
    expect(stack.stderr).toEqual([expect.stringMatching(/^(azurite|gateway) \(process \d+\) ended by itself/)]);
    expect(await survivors(pids, 0)).toEqual([]);
  });
});

describe('data', () => {
  it(
    proves('stack.data', 'survives a restart: blobs, messages, keys and the CRM’s key; calls run as before'),
    async () => {
      const first = start('--port', '0', '--quiet');
      const firstUrl = await first.ready();
      const before = await addresses();
      expect((await callTool(firstUrl, await tokenOf(before))).status).toBe(200);
      await blobs(before).getContainerClient('kept').create();
      const messages = await bus(before);
      const tomorrow = new Date(Date.now() + 86_400_000);
      await messages.createSender('approval-notices').scheduleMessages({ body: 'kept' }, tomorrow);
      await messages.close();
      const keys = await signingKeyId(before);
      const crmKey = await readFile(join(data, 'crm-api-key'), 'utf8');
      first.signal('SIGTERM');
      expect(await first.ended()).toBe(0);

      const url = await start('--port', '0', '--quiet').ready();
      const after = await addresses();
      expect((await callTool(url, await tokenOf(after))).status).toBe(200);
      expect(await blobs(after).getContainerClient('kept').exists()).toBe(true);
      const kept = await bus(after);
      expect(await kept.createReceiver('approval-notices').peekMessages(10)).toMatchObject([{ body: 'kept' }]);
      await kept.close();
      expect(await signingKeyId(after)).toBe(keys);
      expect(await readFile(join(data, 'crm-api-key'), 'utf8')).toBe(crmKey);
    },
  );

  it(
    proves('stack.data', 'is gone with --ephemeral, which leaves a log and a lock behind and nothing else'),
    async () => {
      const first = start('--port', '0', '--quiet', '--ephemeral');
      await first.ready();
      const before = await addresses();
      await blobs(before).getContainerClient('kept').create();
      const keys = await signingKeyId(before);
      first.signal('SIGTERM');
      expect(await first.ended()).toBe(0);

      expect((await readdir(data)).sort()).toEqual(['gateway.log', 'lock.sqlite']);

      await start('--port', '0', '--quiet', '--ephemeral').ready();
      const after = await addresses();
      expect(await blobs(after).getContainerClient('kept').exists()).toBe(false);
      expect(await signingKeyId(after)).not.toBe(keys);
    },
  );
});

async function copyConfig(edit: (gateway: string) => string): Promise<string> {
  const config = join(folder, 'config');
  await cp(sampleConfig, config, { recursive: true });
  const gateway = join(config, 'gateway.yaml');
  await writeFile(gateway, edit(await readFile(gateway, 'utf8')));
  return config;
}

async function tokenOf({ entra }: Pick<Stack, 'entra'>): Promise<string> {
  const minted = await fetch(`${entra}/_token`, { method: 'POST', body: JSON.stringify({ user: 'alice' }) });
  return z.object({ access_token: z.string() }).parse(await minted.json()).access_token;
}

function callTool(url: string, token: string): Promise<Response> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const params = { name: 'get_customer', arguments: { customer_id: 'C-1001' }, _meta };
  return fetch(`${url}/mcp/crm`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'get_customer',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
}

async function listFaults(crm: string): Promise<unknown[]> {
  const response = await fetch(new URL('/_faults', crm));
  return z.array(z.unknown()).parse(await response.json());
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries === 200) throw new Error('waited 10 s in vain');
    await sleep(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** This machine's addresses but loopback at which the port answers. */
async function reachableFromOutside(port: number): Promise<string[]> {
  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((each) => !each.internal && each.family === 'IPv4');
  const answers = await Promise.all(
    outside.map(async ({ address }) => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const socket = connect({ host: address, port, timeout: 1_000 });
      socket
        .once('connect', () => resolve(true))
        .once('error', () => resolve(false))
        .once('timeout', () => resolve(false));
      const answered = await promise;
      socket.destroy();
      return answered ? [address] : [];
    }),
  );
  return answers.flat();
}
