/**
 * `npm run stand-ins`, black box: beside an Azurite and a Service Bus that run already, what it makes there, what it writes
 * and never writes over, and what it leaves. That the app runs on what it writes, package.test.ts shows.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { approvalQueues } from '../../infra/local/queues.ts';
import { type ServiceBus, startServiceBus } from '../../infra/local/service-bus/start.ts';
import { readStackFile } from '../../infra/local/stack-file.ts';
import { tableNames } from '../../infra/local/storage.ts';
import { proves } from '../requirements.ts';
import { runStandIns, type StartProcess, survivors } from './start-process.ts';

const root = join(import.meta.dirname, '../..');
const issued = z.object({ iss: z.string() });
const written = z.object({ Values: z.record(z.string(), z.string()) });

let azurite: Azurite;
let serviceBus: ServiceBus;
let folder: string;
let data: string;
let settings: string;
let running: StartProcess[];

beforeAll(async () => {
  [azurite, serviceBus] = await Promise.all([startAzurite(), startServiceBus({ port: 0, queues: approvalQueues })]);
});
afterAll(() => Promise.all([azurite.stop(), serviceBus.stop()]));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-stand-ins-'));
  data = join(folder, 'data');
  settings = join(folder, 'local.settings.json');
  running = [];
});
afterEach(async () => {
  for (const each of running) each.signal('SIGKILL');
  expect(
    await survivors(
      running.map(({ pid }) => pid),
      5_000,
    ),
  ).toEqual([]);
  await rm(folder, { recursive: true });
});

function start(...args: string[]): StartProcess {
  const beside = ['--azurite', azurite.connectionString, '--service-bus', serviceBus.connectionString];
  const started = runStandIns('--data', data, '--settings', settings, '--port', '0', ...beside, ...args);
  running.push(started);
  return started;
}

async function readValues(): Promise<Record<string, string>> {
  return written.parse(JSON.parse(await readFile(settings, 'utf8'))).Values;
}

async function expectRefusal(refused: StartProcess, line: unknown): Promise<void> {
  expect(await refused.ended()).toBe(1);
  expect(refused.stderr).toEqual([line]);
  expect(refused.stdout).toEqual([]);
  expect((await readStackFile(data)).ok).toBe(false);
}

describe('npm run stand-ins', () => {
  it(
    proves('deploy.func-start', 'uses what runs already, makes there what the deployment makes, and starts no other'),
    async () => {
      const standIns = start();
      await standIns.ready();
      expect(standIns.stderr).toEqual([]);
      // Neither gateway nor Azurite nor a Service Bus of its own.
      expect(await standIns.descendants()).toEqual([]);
      const values = await readValues();
      expect(values).toMatchObject({
        AzureWebJobsStorage: azurite.connectionString,
        TRANSCRIPTS_STORAGE: azurite.connectionString,
        STATE_STORAGE: azurite.connectionString,
        SERVICE_BUS: serviceBus.connectionString,
      });
      expect((await stat(settings)).mode & 0o777).toBe(0o600);

      const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
      const containers = (await Array.fromAsync(blobs.listContainers())).map(({ name }) => name);
      expect(containers).toEqual(expect.arrayContaining(['sealed', 'seals', 'transcripts-standard']));
      const tables = TableServiceClient.fromConnectionString(azurite.connectionString, {
        allowInsecureConnection: true,
      });
      const names = (await Array.fromAsync(tables.listTables())).map(({ name }) => name);
      expect(names.toSorted()).toEqual(tableNames.toSorted());

      const said = standIns.stdout.join('\n');
      for (const name of ['crm', 'entra', 'key vault', 'graph', 'teams']) {
        expect(said).toMatch(new RegExp(`^  ${name} +http://127\\.0\\.0\\.1:\\d+`, 'm'));
      }
      expect(said).toMatch(/^ {2}azurite +http:\S+ +yours$/m);
      expect(said).toMatch(/^ {2}service bus +sb:\S+ +yours$/m);
      expect(said).toContain(`cd ${folder} && func start`);
      expect(said).toContain('npm run --silent token -- --user alice');
      expect(said).not.toMatch(/SharedAccessKey=|AccountKey=|gateway +http/);
    },
  );

  it(
    proves('deploy.func-start', 'gives tokens as npm start does, and ends with the settings; yours run on'),
    async () => {
      const standIns = start('--quiet');
      await standIns.ready();
      const { KEY_VAULT_URL = '', ENTRA_AUTHORITY_HOST = '-' } = await readValues();
      const token = [join(root, 'infra/local/token.ts'), '--user', 'alice', '--data', data];
      const { stdout } = await promisify(execFile)(process.execPath, token, { cwd: root });
      const { iss } = issued.parse(JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString()));
      expect(iss.startsWith(ENTRA_AUTHORITY_HOST)).toBe(true);

      standIns.signal('SIGINT');
      expect(await standIns.ended()).toBe(0);
      expect(existsSync(settings)).toBe(false);
      expect((await readStackFile(data)).ok).toBe(false);
      await expect(fetch(KEY_VAULT_URL)).rejects.toThrow('fetch failed');
      expect((await fetch(azurite.blobUrl)).status).toBeGreaterThan(0);
    },
  );
});

describe('the settings', () => {
  const own = '{"Values":{"MINE":"1"}}';

  it(
    proves('deploy.func-start', 'are not written over a file of somebody’s own, unless that is asked for'),
    async () => {
      await writeFile(settings, own);
      await expectRefusal(
        start(),
        expect.stringMatching(/local\.settings\.json is not what this command wrote: .*--overwrite$/),
      );
      expect(await readFile(settings, 'utf8')).toBe(own);

      await start('--quiet', '--overwrite').ready();
      expect(await readValues()).not.toHaveProperty('MINE');
    },
  );

  it(proves('deploy.func-start', 'that were changed meanwhile stay, and are somebody’s own from then on'), async () => {
    const standIns = start('--quiet');
    await standIns.ready();
    await writeFile(settings, own);
    standIns.signal('SIGTERM');
    expect(await standIns.ended()).toBe(0);
    expect(await readFile(settings, 'utf8')).toBe(own);
    await expectRefusal(start(), expect.stringContaining('is not what this command wrote'));
  });

  it(proves('deploy.func-start', 'of a run that was killed are replaced, and lead to the same vault'), async () => {
    const killed = start('--quiet');
    await killed.ready();
    const before = await readValues();
    killed.signal('SIGKILL');
    await killed.ended();
    expect(await readValues()).toEqual(before);
    await start('--quiet').ready();
    const after = await readValues();
    expect(after).not.toEqual(before);
    // What lies in Azurite was wrapped by a key of that vault, under that address.
    expect(after.KEY_VAULT_URL).toBe(before.KEY_VAULT_URL);
  });
});

describe('an emulator that is not there', () => {
  const nowhere = '127.0.0.1:9';

  it(proves('deploy.func-start', 'is named in one line, Azurite with how to have it'), async () => {
    const [blob, queue, table] = ['Blob', 'Queue', 'Table'].map(
      (name) => `${name}Endpoint=http://${nowhere}/devstoreaccount1`,
    );
    await expectRefusal(
      start('--azurite', `AccountName=devstoreaccount1;AccountKey=YQ==;${blob};${queue};${table}`),
      `azurite: nothing listens on ${nowhere}: start it first, or have it started by --azurite own`,
    );
  });

  it(proves('deploy.func-start', 'is named in one line, Service Bus with how to have it'), async () => {
    await expectRefusal(
      start(
        '--service-bus',
        `Endpoint=sb://${nowhere};SharedAccessKeyName=a;SharedAccessKey=Yg==;UseDevelopmentEmulator=true`,
      ),
      `service bus: nothing listens on ${nowhere}: start the emulator first, or say --service-bus own`,
    );
  });

  it(proves('deploy.func-start', 'or has not got the app’s queues, is told from one that has'), async () => {
    const other = await startServiceBus({ port: 0, queues: approvalQueues.slice(1) });
    try {
      await expectRefusal(
        start('--service-bus', other.connectionString),
        expect.stringMatching(/^service bus: what listens on \S+ does not open the queues of the app: .*Config\.json/),
      );
    } finally {
      await other.stop();
    }
  });
});
