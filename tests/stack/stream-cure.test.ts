/** The cure for stream mode over the wire: a fixture app that misbehaves in each way, in the local function host. */

import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FunctionHost, startFunctionHost } from '../../infra/local/function-host/start.ts';
import { sendRaw } from '../adversarial/support/raw-http.ts';
import { proves } from '../requirements.ts';
import { type BuiltApp, buildApp, eventually } from './fixtures/build-app.ts';

interface State {
  readonly openRequests: number;
  readonly producedBytes: number;
  readonly rss: number;
  readonly port: number;
}

let app: BuiltApp;
let host: FunctionHost;

async function start(stream: 'on' | 'off'): Promise<void> {
  app = await buildApp('cure-app');
  host = await startFunctionHost({ appDir: app.appDir, port: 0, env: { ...app.env, FIXTURE_STREAM: stream } });
}

async function stop(): Promise<void> {
  await host.stop();
  await app.remove();
}

async function readState(): Promise<State> {
  return (await (await fetch(`${host.url}/state`)).json()) as State;
}

async function untilLogged(line: string): Promise<void> {
  await eventually(async () => ((await app.logLines()).includes(line) ? true : undefined));
}

/** Nothing is open but the request that asks. */
async function untilNothingIsOpen(): Promise<void> {
  await eventually(async () => ((await readState()).openRequests === 1 ? true : undefined));
}

/** Straight to the library's own server, past the host. */
async function askLibrary(headers: Record<string, string>): Promise<IncomingMessage> {
  const { port } = await readState();
  const asked: ClientRequest = request({ host: '127.0.0.1', port, path: '/state', headers, agent: false }).end();
  const [answer] = (await once(asked, 'response', { signal: AbortSignal.timeout(3_000) })) as [IncomingMessage];
  answer.resume();
  return answer;
}

describe.each(['on', 'off'] as const)('with streaming %s', (stream) => {
  beforeAll(() => start(stream));
  afterAll(stop);

  it.each(['throws', 'throws-at-once', 'returns-nothing', 'bad-status', 'bad-header'])(
    proves('cure.throw', 'answers a bare 500 for a handler that goes wrong: %s'),
    async (name) => {
      const response = await fetch(`${host.url}/${name}`);
      expect([response.status, await response.text()]).toEqual([500, '']);
      const logged = (await app.logLines()).filter((line) => line.startsWith(`error http-handler-failed ${name}`));
      expect(logged).toHaveLength(1);
      if (name.startsWith('throws')) expect(logged[0]).toContain('a secret reason');
    },
  );

  it('lets go of a body that cannot be sent', async () => {
    await untilLogged('bad-header cancelled');
    expect((await fetch(`${host.url}/no-content`)).status).toBe(204);
    await untilLogged('no-content cancelled');
  });

  it(proves('cure.body-error', 'ends an answer whose body fails midway, and logs why'), async () => {
    const response = await fetch(`${host.url}/body-error`);
    expect(await response.text()).toBe('part 1;part 2;');
    await untilLogged('error http-body-failed body-error the upstream broke');
  });

  it('keeps status, headers and bytes as the handler gave them', async () => {
    const exact = await fetch(`${host.url}/exact?a=%20b`);
    expect(exact.status).toBe(203);
    expect(exact.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(exact.headers.get('x-url')).toBe(`${host.url}/exact?a=%20b`);
    expect(exact.headers.get('x-aborted')).toBe('false');
    expect(await exact.text()).toBe('grüße');
    expect((await fetch(`${host.url}/untyped`)).headers.has('content-type')).toBe(false);
  });

  it('hands an upload over', async () => {
    const body = Buffer.alloc(1_000_000, 'y');
    const response = await fetch(`${host.url}/mirror`, { method: 'POST', body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });
});

describe('the client of a stream', () => {
  beforeAll(() => start('on'));
  afterAll(stop);

  it.each(['endless', 'silent'])(
    proves('cure.disconnect', 'aborts the signal and cancels the body of a client that left: %s'),
    async (name) => {
      const leaving = new AbortController();
      const response = await fetch(`${host.url}/${name}`, { signal: leaving.signal });
      await response.body?.getReader().read();
      leaving.abort();
      await untilLogged(`${name} aborted`);
      await untilLogged(`${name} cancelled`);
      await untilNothingIsOpen();
    },
  );

  it('aborts the signal while the handler still thinks', async () => {
    const leaving = new AbortController();
    const response = fetch(`${host.url}/thinking`, { signal: leaving.signal });
    response.catch(() => undefined);
    await untilLogged('thinking began');
    leaving.abort();
    await untilLogged('thinking aborted');
    await untilNothingIsOpen();
  });

  it(proves('cure.back-pressure', 'slows the producer to the reader’s pace, then stops it'), async () => {
    const before = (await readState()).rss;
    const asked = request(`${host.url}/flood`).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.once('data', () => answer.pause());
    // Both hops' sockets fill up; then nothing more is produced.
    let paused = await readState();
    for (let isStill = false; !isStill; ) {
      await sleep(300);
      const now = await readState();
      isStill = now.producedBytes === paused.producedBytes;
      paused = now;
    }
    // Without the cure all 200 MB are there by now.
    expect(paused.producedBytes).toBeGreaterThan(0);
    expect(paused.producedBytes).toBeLessThan(40_000_000);
    expect(paused.rss - before).toBeLessThan(120_000_000);
    asked.destroy();
    await untilLogged('flood cancelled');
    await untilNothingIsOpen();
  });

  it('sends all of a large answer to a reader that keeps up', async () => {
    let bytes = 0;
    const response = await fetch(`${host.url}/flood`);
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
    expect(bytes).toBeGreaterThan(199_000_000);
    expect(bytes).toBeLessThanOrEqual(200_000_000);
  });

  it(proves('cure.reap', 'answers and forgets a request whose invocation never comes'), async () => {
    const unknown = '00000000-0000-4000-8000-000000000bad';
    const asked = performance.now();
    const answer = await askLibrary({
      'x-ms-invocation-id': unknown,
      'x-forwarded-host': 'h',
      'x-forwarded-proto': 'http',
    });
    expect(answer.statusCode).toBe(404);
    expect(performance.now() - asked).toBeGreaterThan(250);
    await untilNothingIsOpen();
    await untilLogged('warn stream-request-unclaimed');
  });

  it.each([undefined, 'error', '__proto__', 'not a guid'])(
    proves('cure.reap', 'refuses at once a request whose id is none: %s'),
    async (id) => {
      const answer = await askLibrary(id === undefined ? {} : { 'x-ms-invocation-id': id });
      expect(answer.statusCode).toBe(404);
      await untilNothingIsOpen();
    },
  );

  it.each(['host: ', 'host: h\r\nexpect: the impossible', 'x: no host at all'])(
    proves('cure.reap', 'leaves to Node what Node refuses itself, and lives on: %j'),
    async (headers) => {
      const { port } = await readState();
      const answer = await sendRaw(port, [`GET /state HTTP/1.1\r\n${headers}\r\nconnection: close\r\n\r\n`]);
      expect(answer.status).toBeOneOf([400, 404, 417]);
      expect((await fetch(`${host.url}/state`)).status).toBe(200);
      await untilNothingIsOpen();
    },
  );

  it('refuses a second request under the id of one that still runs', async () => {
    const leaving = new AbortController();
    const running = await fetch(`${host.url}/endless`, { signal: leaving.signal });
    const reader = running.body?.getReader();
    await reader?.read();
    const id = running.headers.get('x-ms-invocation-id') ?? '';
    expect((await askLibrary({ 'x-ms-invocation-id': id })).statusCode).toBe(404);
    expect((await reader?.read())?.done).toBe(false);
    leaving.abort();
    await untilNothingIsOpen();
  });

  it('holds nothing after many requests, finished and abandoned', async () => {
    await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const signal = AbortSignal.timeout(n % 2 === 0 ? 40 : 5_000);
        await fetch(`${host.url}/${n % 2 === 0 ? 'endless' : 'exact'}`, { signal })
          .then((response) => response.text())
          .catch(() => undefined);
      }),
    );
    await untilNothingIsOpen();
  });
});
