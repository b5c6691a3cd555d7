/** The function host over the wire: a fixture app, built and loaded through the real library, in processes of its own. */

import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FunctionHost, startFunctionHost } from '../../infra/local/function-host/start.ts';
import { proves } from '../requirements.ts';
import { type BuiltApp, buildApp, eventually } from './fixtures/build-app.ts';

const settings = {
  'local.settings.json': { IsEncrypted: false, Values: { EVERY_SECOND: '* * * * * *', GIVEN: 'file' } },
};

interface Echo {
  readonly name: string;
  readonly id: string;
  readonly pid: number;
  readonly method: string;
  readonly url: string;
  readonly params: Record<string, string>;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function readEcho(response: Response): Promise<Echo> {
  expect(response.status).toBe(200);
  return (await response.json()) as Echo;
}

/** fetch refuses some headers and joins others: this sends a raw list. */
async function getRaw(url: string, headers: string[]): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const { host } = new URL(url);
  request(url, { headers: ['host', host, ...headers] }, async (answer) => {
    const chunks = await Array.fromAsync(answer as AsyncIterable<Buffer>);
    resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
  })
    .on('error', reject)
    .end();
  return await promise;
}

describe.each(['on', 'off'])('with streaming %s', (stream) => {
  let app: BuiltApp;
  let host: FunctionHost;
  const lines: string[] = [];

  beforeAll(async () => {
    app = await buildApp('host-app', settings);
    host = await startFunctionHost({
      appDir: app.appDir,
      port: 0,
      env: {
        ...app.env,
        FIXTURE_STREAM: stream,
        FUNCTION_HOST_KEY: 'function-key',
        FUNCTION_HOST_MASTER_KEY: 'master-key',
        'AzureWebJobs.switched-off.Disabled': 'true',
      },
      onLog: (line) => lines.push(line),
    });
  });
  afterAll(async () => {
    await host.stop();
    await app.remove();
  });

  it(proves('host.library', 'runs the built functions through the real library'), async () => {
    const echo = await readEcho(await fetch(`${host.url}/echo/x?q=1`, { method: 'POST', body: 'hello' }));
    expect(echo).toMatchObject({ name: 'echo', method: 'POST', url: `${host.url}/echo/x?q=1`, body: 'hello' });
    expect(echo.pid).toBe(host.pids[0]);
    expect(lines.join('\n')).toContain('listening on');
  });

  it(proves('host.routes', 'matches routes by constraint, option, rest and name'), async () => {
    const get = async (path: string) => await readEcho(await fetch(`${host.url}${path}`));
    expect(await get('/items/12')).toMatchObject({ name: 'item', params: { id: '12' } });
    expect(await get('/items/twelve%20b')).toMatchObject({ name: 'named-item', params: { name: 'twelve b' } });
    expect(await get('/PAGES')).toMatchObject({ name: 'page', params: {} });
    expect(await get('/pages/2/')).toMatchObject({ name: 'page', params: { page: '2' } });
    expect(await get('/echo/a/b/c')).toMatchObject({ name: 'echo', params: { rest: 'a/b/c' } });
    expect(await get('/plain')).toMatchObject({ name: 'plain' });
  });

  it('answers 404 to an unknown path, another method and a switched-off function', async () => {
    const statusOf = async (path: string, method = 'GET') => (await fetch(`${host.url}${path}`, { method })).status;
    expect(await statusOf('/nowhere')).toBe(404);
    expect(await statusOf('/plain', 'PUT')).toBe(404);
    expect(await statusOf('/items/1/2')).toBe(404);
    expect(await statusOf('/switched-off')).toBe(404);
    expect(await statusOf('//evil.example/plain')).toBe(404);
  });

  it(proves('host.keys', 'asks for the key that a function’s level wants'), async () => {
    const statusOf = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${host.url}${path}`, { headers })).status;
    expect(await statusOf('/keyed')).toBe(401);
    expect(await statusOf('/keyed', { 'x-functions-key': 'wrong' })).toBe(401);
    expect(await statusOf('/keyed', { 'x-functions-key': 'function-key' })).toBe(200);
    expect(await statusOf('/keyed?code=function-key')).toBe(200);
    expect(await statusOf('/keyed?code=master-key')).toBe(200);
    expect(await statusOf('/master?code=function-key')).toBe(401);
    expect(await statusOf('/master', { 'x-functions-key': 'master-key' })).toBe(200);
  });

  it(proves('host.invocation-id', 'overwrites an invocation id that the client sent'), async () => {
    const spoofed = '00000000-0000-4000-8000-000000000bad';
    const answer = await getRaw(`${host.url}/plain`, ['X-Ms-Invocation-Id', spoofed]);
    expect(answer.status).toBe(200);
    const echo = JSON.parse(answer.body) as Echo;
    expect(echo.id).not.toBe(spoofed);
    expect(echo.headers['x-ms-invocation-id']).toBe(echo.id);
  });

  it('refuses a Host that would change the path, and takes a target in absolute form', async () => {
    const { hostname, port } = new URL(host.url);
    const ask = async (path: string, hostHeader: string) => {
      const asked = request({ hostname, port, path, headers: { host: hostHeader } }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      const body = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>)).toString();
      return { status: answer.statusCode, body };
    };
    expect((await ask('/plain', '127.0.0.1/items')).status).toBe(400);
    expect((await ask('/plain', 'user@127.0.0.1')).status).toBe(400);
    const absolute = await ask('http://gateway.example/plain?a=1', '127.0.0.1');
    expect(absolute.status).toBe(200);
    expect((JSON.parse(absolute.body) as Echo).url).toBe('http://gateway.example/plain?a=1');
  });

  it('joins a repeated header by a comma and names the client’s address last', async () => {
    const answer = await getRaw(`${host.url}/plain`, ['X-Many', 'a', 'x-many', 'b', 'X-Forwarded-For', '203.0.113.9']);
    const { headers } = JSON.parse(answer.body) as Echo;
    expect(headers['x-many']).toBe('a,b');
    expect(headers['x-forwarded-for']).toMatch(/^203\.0\.113\.9, 127\.0\.0\.1:\d+$/);
  });

  it('passes status, headers, cookies and empty answers through', async () => {
    const cookies = await fetch(`${host.url}/cookies`);
    expect(cookies.status).toBe(201);
    expect(cookies.headers.getSetCookie()).toEqual([expect.stringMatching(/^a=1; Path=\/; HttpOnly; SameSite=Lax$/)]);
    expect(await cookies.text()).toBe('with cookies');
    expect((await fetch(`${host.url}/nothing`)).status).toBe(204);
  });

  it(proves('host.hooks', 'runs the hooks, and a post hook may replace an error'), async () => {
    const mended = await fetch(`${host.url}/mends`);
    expect([mended.status, await mended.text()]).toEqual([299, 'mended']);
    const trace = await app.logLines();
    expect(trace[0]).toBe('appStart');
    expect(trace).toContain('preInvocation');
    expect(trace).toContain('postInvocation Error: broken');
  });

  it('mirrors an upload', async () => {
    const body = Buffer.alloc(3_000_000, 'x');
    const response = await fetch(`${host.url}/mirror`, { method: 'POST', body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  it(proves('host.timers', 'runs timers by schedule and at start, with their retries'), async () => {
    const atStart = await eventually(async () => {
      const found = (await app.logLines()).filter((line) => line.startsWith('at-start'));
      return found.length === 3 ? found : undefined;
    });
    expect(atStart).toEqual([0, 1, 2].map((attempt) => `at-start isPastDue=false attempt=${attempt}`));
    await eventually(async () => {
      const found = (await app.logLines()).filter((line) => line.startsWith('every-second'));
      return found.length >= 2 ? found : undefined;
    });
  });
});

describe('streams', () => {
  let app: BuiltApp;
  let host: FunctionHost;
  beforeAll(async () => {
    app = await buildApp('host-app', settings);
    host = await startFunctionHost({ appDir: app.appDir, port: 0, env: app.env });
  });
  afterAll(async () => {
    await host.stop();
    await app.remove();
  });

  it(proves('host.streaming', 'hands an event on when it is written, not when the answer ends'), async () => {
    const response = await fetch(`${host.url}/ticks`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const arrivals: number[] = [];
    let text = '';
    for await (const chunk of response.body ?? []) {
      arrivals.push(performance.now());
      text += Buffer.from(chunk).toString();
    }
    expect(text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect((arrivals[2] ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(200);
  });

  it('leaves the client of a function that throws waiting, as on Azure: the cure is the app’s', async () => {
    const waited = fetch(`${host.url}/fails`, { signal: AbortSignal.timeout(400) });
    await expect(waited).rejects.toThrow(/timeout/i);
  });
});

describe('life of a host', () => {
  it(proves('host.drain', 'lets a running invocation finish, then ends the app'), async () => {
    const app = await buildApp('host-app', settings);
    const env = { ...app.env, FUNCTION_HOST_DRAIN_MS: '20000' };
    const host = await startFunctionHost({ appDir: app.appDir, port: 0, env });
    const slow = fetch(`${host.url}/slow`).then((response) => response.text());
    await eventually(async () => ((await app.logLines()).includes('slow began') ? true : undefined));
    const stopped = host.stop();
    await sleep(100);
    await expect(fetch(`${host.url}/plain`)).rejects.toThrow();
    expect(await slow).toBe('done');
    await stopped;
    const trace = await app.logLines();
    expect(trace.indexOf('slow ended')).toBeLessThan(trace.indexOf('appTerminate'));
    expect(trace.at(-1)).toBe('appTerminate');
    for (const pid of host.pids) expect(() => process.kill(pid, 0)).toThrow();
    await app.remove();
  });

  it('cuts what outlives the drain', async () => {
    const app = await buildApp('host-app', settings);
    const env = { ...app.env, FUNCTION_HOST_DRAIN_MS: '100' };
    const host = await startFunctionHost({ appDir: app.appDir, port: 0, env });
    const slow = fetch(`${host.url}/slow`);
    slow.catch(() => undefined);
    await eventually(async () => ((await app.logLines()).includes('slow began') ? true : undefined));
    await host.stop();
    await expect(slow).rejects.toThrow();
    expect(await app.logLines()).not.toContain('slow ended');
    await app.remove();
  });

  it('runs a missed occurrence at start, marked as past due', async () => {
    const app = await buildApp('host-app', settings);
    const data = join(app.appDir, 'data');
    await mkdir(join(data, 'timers'), { recursive: true });
    const missed = { Last: '2020-01-01T00:00:00.000Z', Next: '2020-01-01T01:00:00.000Z' };
    await writeFile(join(data, 'timers/hourly.json'), JSON.stringify(missed));
    const env = { ...app.env, FUNCTION_HOST_DATA: data };
    const first = await startFunctionHost({ appDir: app.appDir, port: 0, env });
    const hourly = async () => (await app.logLines()).filter((line) => line.startsWith('hourly'));
    await eventually(async () => ((await hourly()).length > 0 ? true : undefined));
    expect((await hourly())[0]).toMatch(/^hourly isPastDue=true next=\d{4}-/);
    await first.stop();

    const second = await startFunctionHost({ appDir: app.appDir, port: 0, env });
    await sleep(200);
    await second.stop();
    expect(await hourly()).toHaveLength(1);
    await app.remove();
  });

  it(proves('host.instances', 'has instances take turns behind one port, with timers in the first only'), async () => {
    const app = await buildApp('host-app', settings);
    const host = await startFunctionHost({ appDir: app.appDir, port: 0, instances: 3, env: app.env });
    const echoes: Echo[] = [];
    for (let n = 0; n < 6; n += 1) echoes.push(await readEcho(await fetch(`${host.url}/plain`)));
    const counts = Map.groupBy(echoes, (echo) => echo.pid);
    expect([...counts.keys()].toSorted()).toEqual([...host.pids].toSorted());
    expect([...counts.values()].map((group) => group.length)).toEqual([2, 2, 2]);
    expect(echoes[0]?.url).toBe(`${host.url}/plain`);
    expect(echoes[0]?.headers['x-forwarded-for']).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await (await fetch(`${host.url}/ticks`)).text()).toContain('data: 3');

    const timers = await eventually(async () => {
      const found = (await app.logLines()).filter((line) => line.startsWith('every-second'));
      return found.length >= 2 ? found : undefined;
    });
    expect(new Set(timers)).toEqual(new Set([`every-second ${host.pids[0]}`]));

    process.kill(host.pids[1] ?? 0, 'SIGKILL');
    await eventually(async () => {
      const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await fetch(`${host.url}/plain`)).status));
      return statuses.every((status) => status === 200) ? true : undefined;
    });
    await host.stop();
    for (const pid of host.pids) expect(() => process.kill(pid, 0)).toThrow();
    await app.remove();
  });
});
