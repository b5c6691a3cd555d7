/** Calls through pool, address guard and circuit, over real sockets; only the resolver is a test's own. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createSelfSigned } from '../../infra/local/access/self-signed.ts';
import type { LimitsConfig, ServerConfig } from '../../shared/config/config.ts';
import { createUpstreams, type Upstreams } from '../../shared/mcp/call-through.ts';
import type { Lookup } from '../../shared/mcp/guarded-connect.ts';
import type { UpstreamCall } from '../../shared/mcp/upstream.ts';
import { proves } from '../requirements.ts';

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const LIMITS: LimitsConfig = {
  requestBytes: 1_000_000,
  answerBytes: 1_000_000,
  eventBytes: 1_000_000,
  maskingMs: 2_000,
  depth: 64,
  firstByteMs: 300,
  deadlineMs: 10_000,
  streamMs: 10_000,
  headerBytes: 32_768,
  principal: { callsAtOnce: 32, streamsAtOnce: 8, callsPerMinute: 600 },
  server: { callsAtOnce: 8, streamsAtOnce: 8 },
};

interface Listening {
  readonly port: number;
  /** Connections so far. */
  readonly sockets: Set<Socket>;
  requests: number;
  stop(): Promise<void>;
}

async function listen(server: Server, port = 0): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  cleanups.push(stop);
  const listening = { port: (server.address() as AddressInfo).port, sockets, requests: 0, stop };
  server.on('request', () => {
    listening.requests += 1;
  });
  return listening;
}

/** A server that answers every message with the same one. */
function answering(): Server {
  return createServer((request, response) => {
    request.resume().on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }));
    });
  });
}

interface Guarded {
  readonly upstreams: Upstreams;
  readonly logged: string[];
  readonly asked: string[];
  call(url?: string): ReturnType<Upstreams['call']>;
}

interface GuardedOptions {
  readonly url: string;
  readonly privateAddresses?: ServerConfig['privateAddresses'];
  readonly addresses?: readonly string[];
  readonly openMs?: number;
}

function guard({ url, privateAddresses = 'allow', addresses = ['127.0.0.1'], openMs = 200 }: GuardedOptions): Guarded {
  const logged: string[] = [];
  const asked: string[] = [];
  const lookup: Lookup = async (hostname) => {
    asked.push(hostname);
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  const server: ServerConfig = {
    name: 'crm',
    url,
    privateAddresses,
    release: 'worker',
    retention: 'standard',
    notifications: 'off',
    uninspected: 'deny',
    allowMethods: [],
    drift: 'quarantine',
    protocol: 'auto',
    tools: new Map(),
  };
  const upstreams = createUpstreams({
    servers: new Map([['crm', server]]),
    limits: LIMITS,
    lookup,
    connectMs: 1_000,
    monotonicMs: () => performance.now(),
    log: (level, event) => logged.push(`${level} ${event}`),
    failuresToOpen: 3,
    openMs,
  });
  cleanups.push(() => upstreams.close());
  const call: Omit<UpstreamCall, 'signal'> = {
    url,
    verb: 'POST',
    era: 'legacy',
    message: { jsonrpc: '2.0', id: 1, method: 'ping' },
  };
  return {
    upstreams,
    logged,
    asked,
    call: (to = url) => upstreams.call(server, { ...call, url: to, signal: AbortSignal.timeout(10_000) }),
  };
}

describe('addresses', () => {
  for (const address of ['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fd12::1']) {
    it(proves('upstream.addresses', `refuses ${address}, though a public name leads there`), async () => {
      const upstream = await listen(answering());
      const { call, asked } = guard({
        url: `http://crm.example:${upstream.port}/mcp`,
        privateAddresses: 'refuse',
        addresses: [address],
      });
      await expect(call()).rejects.toMatchObject({ code: 'address-refused', mayHaveRun: false });
      expect(asked).toEqual(['crm.example']);
      expect(upstream.sockets.size).toBe(0);
    });
  }

  for (const host of ['127.0.0.1', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]']) {
    it(proves('upstream.addresses', `refuses http://${host}, where no name is looked up`), async () => {
      const upstream = await listen(answering());
      const { call, asked } = guard({ url: `http://${host}:${upstream.port}/mcp`, privateAddresses: 'refuse' });
      await expect(call()).rejects.toMatchObject({ code: 'address-refused', mayHaveRun: false });
      expect([asked, upstream.sockets.size]).toEqual([[], 0]);
    });
  }

  it(proves('upstream.addresses', 'connects to the address it judged: the name is looked up once'), async () => {
    const upstream = await listen(answering());
    const { call, asked } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    await expect(call()).resolves.toMatchObject({ kind: 'message' });
    expect([asked, upstream.requests]).toEqual([['crm.example'], 1]);
  });

  it('passes over the refused ones among a name’s addresses', async () => {
    const upstream = await listen(answering());
    const { call } = guard({
      url: `http://crm.example:${upstream.port}/mcp`,
      addresses: ['169.254.169.254', '0.0.0.0', '127.0.0.1'],
    });
    await expect(call()).resolves.toMatchObject({ kind: 'message' });
    expect(upstream.requests).toBe(1);
  });

  it('never reaches the cloud’s metadata, also where private addresses are allowed', async () => {
    const { call } = guard({ url: 'http://169.254.169.254/mcp' });
    await expect(call()).rejects.toMatchObject({ code: 'address-refused' });
  });

  it('a refused address is no sign that the upstream is down: the reason stays in every record', async () => {
    const { call, logged } = guard({
      url: 'http://crm.example/mcp',
      addresses: ['10.0.0.1'],
      privateAddresses: 'refuse',
    });
    for (let times = 0; times < 5; times += 1) await expect(call()).rejects.toMatchObject({ code: 'address-refused' });
    expect(logged).toEqual([]);
  });
});

describe('TLS', () => {
  async function listenTls(name: string) {
    const { key, cert } = createSelfSigned(name);
    const server = createTlsServer({ key, cert }, (request, response) => {
      request.resume().on('end', () => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }));
      });
    });
    return { upstream: await listen(server as unknown as Server), cert };
  }

  function trust(cert: string): void {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, cert]);
    cleanups.push(async () => setDefaultCACertificates(before));
  }

  it(
    proves('upstream.tls', 'refuses a certificate that nobody vouches for, whatever the environment says'),
    async () => {
      const { upstream } = await listenTls('crm.example');
      const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
      cleanups.push(async () => {
        if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
        else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
      });
      const { call } = guard({ url: `https://crm.example:${upstream.port}/mcp` });
      await expect(call()).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false });
      expect(upstream.requests).toBe(0);
    },
  );

  it(proves('upstream.tls', 'refuses a trusted certificate for another name'), async () => {
    const { upstream, cert } = await listenTls('other.example');
    trust(cert);
    const { call } = guard({ url: `https://crm.example:${upstream.port}/mcp` });
    await expect(call()).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false });
    expect(upstream.requests).toBe(0);
  });

  it('takes one that is trusted and for this name', async () => {
    const { upstream, cert } = await listenTls('crm.example');
    trust(cert);
    const { call } = guard({ url: `https://crm.example:${upstream.port}/mcp` });
    await expect(call()).resolves.toMatchObject({ kind: 'message' });
  });
});

describe('the pool', () => {
  it(proves('upstream.pool', 'uses connections again'), async () => {
    const upstream = await listen(answering());
    const { call } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    for (let times = 0; times < 20; times += 1) await call();
    expect(upstream.requests).toBe(20);
    // The second call may come before the first connection is known to be free.
    expect(upstream.sockets.size).toBeLessThanOrEqual(2);
  });

  it(proves('upstream.pool', 'never has more connections than the server’s limits ask for'), async () => {
    const server = createServer((request, response) => {
      request.resume();
      setTimeout(() => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }));
      }, 20);
    });
    const upstream = await listen(server);
    const { call } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    await Promise.all(Array.from({ length: 64 }, () => call()));
    const { callsAtOnce, streamsAtOnce } = LIMITS.server;
    expect(upstream.requests).toBe(64);
    expect(upstream.sockets.size).toBeGreaterThan(callsAtOnce);
    expect(upstream.sockets.size).toBeLessThanOrEqual(callsAtOnce + streamsAtOnce + 16);
  });

  it('leads to its own server only, wherever the URL of a call points', async () => {
    const [upstream, elsewhere] = [await listen(answering()), await listen(answering())];
    const { call } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    await call(`http://crm.example:${elsewhere.port}/mcp`);
    expect([upstream.requests, elsewhere.requests]).toEqual([1, 0]);
  });

  it('ends every connection when it is closed', async () => {
    const upstream = await listen(answering());
    const { call, upstreams } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    await call();
    await upstreams.close();
    await expect.poll(() => [...upstream.sockets].every((socket) => socket.destroyed)).toBe(true);
    await expect(call()).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('the circuit', () => {
  it(
    proves('upstream.circuit', 'opens when the upstream is down, answers at once, and finds it when it is back'),
    async () => {
      const gone = await listen(answering());
      await gone.stop();
      const { call, asked, logged } = guard({ url: `http://crm.example:${gone.port}/mcp` });
      for (let times = 0; times < 3; times += 1) {
        await expect(call()).rejects.toMatchObject({ code: 'unreachable', mayHaveRun: false });
      }
      await expect(call()).rejects.toMatchObject({ code: 'circuit-open', mayHaveRun: false });
      expect(asked).toHaveLength(3);

      const back = await listen(answering(), gone.port);
      await new Promise((resolve) => setTimeout(resolve, 210));
      await expect(call()).resolves.toMatchObject({ kind: 'message' });
      await expect(call()).resolves.toMatchObject({ kind: 'message' });
      expect(back.requests).toBe(2);
      expect(logged).toEqual(['warn circuit-opened', 'info circuit-closed']);
    },
  );

  it('opens when the upstream takes calls and never answers; what was sent may have run', async () => {
    const silent = await listen(createServer(() => undefined));
    const { call } = guard({ url: `http://crm.example:${silent.port}/mcp`, openMs: 10_000 });
    const calls = await Promise.allSettled([call(), call(), call()]);
    for (const one of calls) expect(one).toMatchObject({ reason: { code: 'timeout', mayHaveRun: true } });
    await expect(call()).rejects.toMatchObject({ code: 'circuit-open', mayHaveRun: false });
    expect(silent.requests).toBe(3);
  });

  it(proves('upstream.circuit', 'stays closed whatever the upstream answers: it is there'), async () => {
    const refusing = createServer((request, response) => {
      request.resume();
      response.writeHead(500).end();
    });
    const upstream = await listen(refusing);
    const { call } = guard({ url: `http://crm.example:${upstream.port}/mcp` });
    for (let times = 0; times < 6; times += 1) await expect(call()).rejects.toMatchObject({ code: 'status' });
    expect(upstream.requests).toBe(6);
  });
});
