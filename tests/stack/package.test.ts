/**
 * The package away from the repository, as `func start` would run it: unzipped, with `local.settings.json` beside it from
 * `npm run stand-ins` and nothing else of this machine's environment. Calls are answered, held, approved and released.
 * Core Tools can't be part of a test: our function host reads the same file and loads the same library.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { refundSteps } from '../../infra/local/demo/refund-steps.ts';
import { workSteps } from '../../infra/local/demo/work-steps.ts';
import { readStackFile, type Stack } from '../../infra/local/stack-file.ts';
import { packageApp } from '../../infra/package.ts';
import { readEnvironment, settingNames } from '../../shared/azure/environment.ts';
import { proves } from '../requirements.ts';
import { runStandIns, type StartProcess, survivors } from './start-process.ts';

const root = join(import.meta.dirname, '../..');
const settingsFile = z.strictObject({
  IsEncrypted: z.literal(false),
  Values: z.record(z.string(), z.string().min(1)),
  Host: z.strictObject({ LocalHttpPort: z.number() }),
});
type Settings = z.infer<typeof settingsFile>;

describe('the package', () => {
  // Under the repository, node_modules would be found further up.
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-package-'));
  const [appDir, dataDir] = [join(folder, 'app'), join(folder, 'data')];
  const log: string[] = [];
  let standIns: StartProcess;
  let settings: Settings;
  let host: ChildProcess;
  let stack: Stack;

  beforeAll(async () => {
    const packaged = await packageApp(root);
    if (!packaged.ok) throw new Error(packaged.error.join('\n'));
    unzip(packaged.value.archive, appDir);
    const file = join(appDir, 'local.settings.json');
    standIns = runStandIns(
      ...['--azurite', 'own', '--service-bus', 'own', '--port', '0', '--quiet'],
      ...['--config', join(appDir, 'infra/config'), '--data', dataDir, '--settings', file],
    );
    await standIns.ready();
    settings = settingsFile.parse(JSON.parse(readFileSync(file, 'utf8')));
    stack = await readStack(dataDir);
    host = await startHost(appDir, settings, log);
  }, 120_000);

  afterAll(async () => {
    const pids = [standIns.pid, ...(await standIns.descendants())];
    host?.kill('SIGKILL');
    standIns.signal('SIGTERM');
    expect(await standIns.ended()).toBe(0);
    expect(await survivors(pids, 3_000)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it(proves('deploy.func-start', 'is told by the file all that it reads, and nothing that nobody reads'), () => {
    const { Values } = settings;
    expect(readEnvironment(Values).ok).toBe(true);
    // The host's own, the managed identity's, and what gateway.yaml names.
    const others = [
      ...['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage', 'languageWorkers__node__arguments'],
      ...['IDENTITY_ENDPOINT', 'IDENTITY_HEADER', 'CRM_URL'],
    ];
    expect(
      Object.keys(Values)
        .filter((name) => !settingNames.includes(name))
        .toSorted(),
    ).toEqual(others.toSorted());
    for (const value of Object.values(Values).filter((each) => /^\w+:\/\//.test(each)))
      expect(value).toMatch(/^(http:\/\/127\.0\.0\.1:\d+(\/|$)|https:\/\/sts\.windows\.net\/)/);
    expect(settings.Host.LocalHttpPort).toBe(Number(new URL(Values.SALLYPORT_PUBLIC_URL ?? '').port));
  });

  it(
    proves('deploy.package', 'starts by itself: its configuration is read, its policies are compiled, and it answers'),
    async () => {
      const { gateway } = stack;
      expect((await fetch(`${gateway}/health`)).status, log.join('\n')).toBe(200);
      // Of a server that only gateway.yaml names.
      const metadata = await fetch(`${gateway}/.well-known/oauth-protected-resource/mcp/crm`);
      expect(await metadata.json()).toMatchObject({ resource: `${gateway}/mcp/crm` });
    },
  );

  it(proves('deploy.package', 'answers calls: masked, denied, held, approved, and run once'), async () => {
    const scene = { stack, appDir, dataDir };
    for (const { told, play } of [...workSteps(scene), ...refundSteps(scene)]) {
      const { isAsTold, shown } = await play();
      expect({ told, isAsTold, shown }, log.join('\n')).toMatchObject({ isAsTold: true });
    }
  });
});

function unzip(archive: string, folder: string): void {
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(archive)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
}

async function readStack(dataDir: string): Promise<Stack> {
  const read = await readStackFile(dataDir);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

/** On what the file says alone: the environment is what any process needs to run at all. */
async function startHost(appDir: string, { Values, Host }: Settings, log: string[]): Promise<ChildProcess> {
  const script = join(root, 'infra/local/function-host/process.ts');
  const workerArguments = (Values.languageWorkers__node__arguments ?? '').split(' ');
  const child = spawn(
    process.execPath,
    [...workerArguments, script, '--app', appDir, '--port', String(Host.LocalHttpPort)],
    { cwd: appDir, env: { PATH: process.env.PATH, TMPDIR: tmpdir() }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const { promise, resolve, reject } = Promise.withResolvers<ChildProcess>();
  createInterface({ input: child.stderr }).on('line', (line) => log.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.push(line);
    if (line.startsWith('listening on')) resolve(child);
  });
  once(child, 'exit').then(() => reject(new Error(log.join('\n'))));
  return promise;
}
