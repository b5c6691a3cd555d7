/** Azurite as our child: driven by the real storage clients, and watched while its parent dies. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { TableClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { proves } from '../requirements.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options?: Parameters<typeof startAzurite>[0]): Promise<Azurite> {
  const azurite = await startAzurite(options);
  cleanups.push(() => azurite.stop());
  return azurite;
}

describe('Azurite as a child process', () => {
  it(proves('azurite.child', 'serves blobs and tables on free ports as soon as it says so'), async () => {
    const azurite = await start();
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('things');
    const table = TableClient.fromConnectionString(azurite.connectionString, 'things', {
      allowInsecureConnection: true,
    });
    await Promise.all([container.create(), table.createTable()]);

    const blob = container.getAppendBlobClient('log');
    await blob.create();
    await blob.appendBlock('one', 3, { conditions: { appendPosition: 0 } });
    await expect(blob.appendBlock('two', 3, { conditions: { appendPosition: 0 } })).rejects.toMatchObject({
      statusCode: 412,
    });
    await table.createEntity({ partitionKey: 'a', rowKey: 'b', value: 7 });

    expect((await blob.downloadToBuffer()).toString()).toBe('one');
    expect(await table.getEntity('a', 'b')).toMatchObject({ value: 7 });
    expect(azurite.blobUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/);
  });

  it('keeps a folder across a restart on the same ports', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const first = await start({ folder });
    await BlobServiceClient.fromConnectionString(first.connectionString).createContainer('kept');
    await first.stop();

    const ports = { blob: portOf(first.blobUrl), queue: portOf(first.queueUrl), table: portOf(first.tableUrl) };
    const second = await start({ folder, ports });

    expect(second.connectionString).toBe(first.connectionString);
    const service = BlobServiceClient.fromConnectionString(second.connectionString);
    expect(await service.getContainerClient('kept').exists()).toBe(true);
  });

  it('rejects with one clear line when a port is in use, and leaves nothing running', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(async () => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;

    await expect(startAzurite({ ports: { blob: 0, queue: 0, table: port } })).rejects.toThrow(
      new Error(`azurite: port ${port} is in use`),
    );
  });

  it(proves('azurite.child', 'ends with its parent, even one that is killed'), async () => {
    const program = `
      const { startAzurite } = await import(${JSON.stringify(urlOf('../../infra/local/azurite.ts'))});
      const azurite = await startAzurite();
      console.log(azurite.pid);
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(async () => parent.kill('SIGKILL'));
    const pid = Number(await firstLine(parent));
    expect(isRunning(pid)).toBe(true);

    parent.kill('SIGKILL');

    await expect.poll(() => isRunning(pid), { timeout: 5_000, interval: 50 }).toBe(false);
  });

  it('flushes its folder when its parent was killed: nothing that was acknowledged is lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'azurite-'));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    const program = `
      import { BlobServiceClient } from '@azure/storage-blob';
      const { startAzurite } = await import(${JSON.stringify(urlOf('../../infra/local/azurite.ts'))});
      const azurite = await startAzurite({ folder: ${JSON.stringify(folder)} });
      const { containerClient } = await BlobServiceClient
        .fromConnectionString(azurite.connectionString).createContainer('kept');
      await containerClient.getAppendBlobClient('log').create();
      console.log(azurite.pid);
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: urlOf('../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanups.push(async () => parent.kill('SIGKILL'));
    const pid = Number(await firstLine(parent));
    parent.kill('SIGKILL');
    await expect.poll(() => isRunning(pid), { timeout: 5_000, interval: 50 }).toBe(false);

    const service = BlobServiceClient.fromConnectionString((await start({ folder })).connectionString);
    expect(await service.getContainerClient('kept').getAppendBlobClient('log').exists()).toBe(true);
  });

  it('stands in a process group of its own: Ctrl-C reaches only the gateway, which still has records to write', async () => {
    const azurite = await start();
    // Signal 0 to a group succeeds only where a group of that number exists.
    expect(() => process.kill(-azurite.pid, 0)).not.toThrow();
  });
});

function urlOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no stdout');
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error('ended without a line');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
