/** When the function host cannot start, it says why in one line and leaves nothing running; and it ends with its parent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startFunctionHost } from '../../infra/local/function-host/start.ts';
import { proves } from '../requirements.ts';
import { buildApp, eventually } from './fixtures/build-app.ts';

const local = fileURLToPath(new URL('../../.local/', import.meta.url));
const script = fileURLToPath(new URL('../../infra/local/function-host/process.ts', import.meta.url));

let appDir: string;

/** An app folder with these files; the entry file is plain JavaScript. */
async function writeApp(entry: string | undefined, files: Readonly<Record<string, string>> = {}): Promise<void> {
  await mkdir(join(appDir, 'dist/functions'), { recursive: true });
  const written = {
    'package.json': '{"type":"module","main":"dist/functions/*.js"}',
    ...(entry === undefined ? {} : { 'dist/functions/entry.js': entry }),
    ...files,
  };
  for (const [name, content] of Object.entries(written)) await writeFile(join(appDir, name), content);
}

const start = (port = 0) => startFunctionHost({ appDir, port });

async function failure(): Promise<string> {
  try {
    const host = await start();
    await host.stop();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'started';
}

beforeAll(() => mkdir(local, { recursive: true }));

describe('a host that cannot start', () => {
  beforeAll(async () => {
    appDir = await mkdtemp(join(local, 'test-start-'));
  });
  afterEach(() => rm(appDir, { recursive: true }).then(() => mkdir(appDir)));
  afterAll(() => rm(appDir, { recursive: true }));

  const register = (options: string, method = 'http') =>
    `import { app } from '@azure/functions'; app.${method}('f', ${options});`;

  it(proves('host.nothing-registered', 'says that the app registered no function'), async () => {
    await writeApp('export const nothing = true;');
    expect(await failure()).toMatch(/^The app registered no function/);
  });

  it('says that nothing was built', async () => {
    await writeApp(undefined);
    expect(await failure()).toBe('No file matches "dist/functions/*.js" (package.json main): build the app first');
  });

  it('shows an app’s own message whole, without a stack', async () => {
    const message = 'gateway.yaml: servers.crm: unknown key "polcy"\\ngateway.yaml: groups: missing';
    await writeApp(`throw new Error(${JSON.stringify(message)});`.replace('\\\\n', '\\n'));
    expect(await failure()).toBe(message.replace('\\n', '\n'));
  });

  it('names the file and the kind of a slip in the code', async () => {
    await writeApp('undefined.x;');
    expect(await failure()).toMatch(/^dist\/functions\/entry\.js: TypeError: Cannot read properties of undefined/);
  });

  it.each([
    [
      'an unknown trigger',
      register("{ queueName: 'q', connection: 'c', handler() {} }", 'storageQueue'),
      /does not know the trigger "queueTrigger"/,
    ],
    [
      'a bad schedule',
      register("{ schedule: 'hourly', handler() {} }", 'timer'),
      /^Function "f": schedule "hourly" is not an NCRONTAB/,
    ],
    [
      'an unset setting',
      register("{ schedule: '%NOT_SET%', handler() {} }", 'timer'),
      /^Function "f": %NOT_SET% is not set$/,
    ],
    ['a bad route', register("{ route: '{a', handler() {} }"), /^Function "f": route ".*\{a"/],
    [
      'a repeated name',
      `${register('{ handler() {} }')} app.http('f', { handler() {} });`,
      /"f" has already been registered/,
    ],
  ])('refuses %s by name', async (_, entry, expected) => {
    await writeApp(entry);
    const message = await failure();
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });

  it('refuses a route that belongs to the host', async () => {
    await writeApp(register("{ route: 'admin/x', handler() {} }"), {
      'host.json': '{"version":"2.0","extensions":{"http":{"routePrefix":""}}}',
    });
    expect(await failure()).toMatch(/belong to the host/);
  });

  it.each([
    ['host.json', '{', /^host\.json in .* is not JSON$/],
    ['local.settings.json', '{"IsEncrypted":true}', /^local\.settings\.json is encrypted/],
    ['local.settings.json', '{"Values":{"A":1}}', /^local\.settings\.json: Values\.A must be a string$/],
  ])('names a bad %s', async (name, content, expected) => {
    await writeApp(register('{ handler() {} }'), { [name]: content });
    expect(await failure()).toMatch(expected);
  });

  it('says that the port is in use, before the app is loaded', async () => {
    const taken: Server = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await writeApp("throw new Error('the app was loaded');");
    const line = `Port ${port} on 127.0.0.1 is in use`;
    await expect(start(port)).rejects.toThrow(line);

    await writeApp(register('{ handler() {} }'));
    await expect(startFunctionHost({ appDir, port, instances: 2 })).rejects.toThrow(line);
    taken.close();
  });

  it('exits with 1 and the line on stderr when it is run by hand', async () => {
    await writeApp(undefined);
    const child = spawn(process.execPath, [script, '--app', appDir, '--port', '0']);
    const [chunk] = await once(child.stderr, 'data');
    expect(String(chunk)).toMatch(/^No file matches .*\n$/);
    expect(await once(child, 'exit')).toEqual([1, null]);
  });
});

describe('settings', () => {
  it('fills the environment from local.settings.json, and the real environment wins', async () => {
    const app = await buildApp('host-app', {
      'local.settings.json': {
        Values: { EVERY_SECOND: '0 0 0 1 1 *', FIXTURE_STREAM: 'off', FIXTURE_LOG: '/nowhere/log' },
      },
      'host.json': undefined,
    });
    const host = await startFunctionHost({ appDir: app.appDir, port: 0, env: app.env });
    // FIXTURE_LOG came from the environment, FIXTURE_STREAM from the file; without host.json the prefix is api.
    expect((await fetch(`${host.url}/api/fails`)).status).toBe(500);
    expect((await fetch(`${host.url}/plain`)).status).toBe(404);
    expect(await app.logLines()).toContain('appStart');
    await host.stop();
    await app.remove();
  });
});

describe('the parent’s end', () => {
  it('ends the host, whose app still gets its end hooks', async () => {
    const app = await buildApp('host-app', { 'local.settings.json': { Values: { EVERY_SECOND: '* * * * * *' } } });
    const startUrl = new URL('../../infra/local/function-host/start.ts', import.meta.url).href;
    const program = `import { startFunctionHost } from ${JSON.stringify(startUrl)};
      const host = await startFunctionHost({ appDir: process.argv[1], port: 0, instances: 2 });
      console.log(host.pids.join(' '));`;
    const parent: ChildProcess = spawn(
      process.execPath,
      ['--input-type=module-typescript', '-e', program, app.appDir],
      {
        env: { ...process.env, ...app.env },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = parent.stdout === null ? [''] : await once(parent.stdout, 'data');
    const pids = String(line).trim().split(' ').map(Number);
    expect(pids).toHaveLength(2);
    parent.kill('SIGKILL');
    await eventually(() => (pids.some(isRunning) ? undefined : true));
    expect((await app.logLines()).filter((entry) => entry === 'appTerminate')).toHaveLength(2);
    await app.remove();
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
