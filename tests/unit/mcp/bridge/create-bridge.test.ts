import { describe, expect, it } from 'vitest';
import { type UpstreamAnswer, UpstreamFailure } from '../../../../shared/mcp/upstream.ts';
import { proves } from '../../../requirements.ts';
import {
  createScene,
  failure,
  legacyCall,
  legacyServer,
  modernCall,
  modernServer,
  readAll,
  result,
  server,
  stream,
} from './scripted-upstream.ts';

const TOOLS = { tools: [] };
const COMPLETE = { resultType: 'complete', ...TOOLS, ttlMs: 60_000, cacheScope: 'public' };

describe('an upstream of the client’s era', () => {
  it(proves('bridge.no-op', 'gets the very call, and its answer comes back as it is'), async () => {
    const answer = result(7, COMPLETE);
    const scene = createScene(() => answer);
    for (const call of [modernCall('tools/list'), legacyCall('tools/list')]) {
      expect(await scene.bridge.call(server(), 'alice', call)).toEqual(answer);
      expect(scene.sent.pop()).toBe(call);
    }
    expect(scene.sent).toEqual([]);
  });

  it(proves('bridge.no-op', 'an event stream keeps its bytes, ids and all'), async () => {
    const events = [
      {
        data: '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1.0}}',
        id: 'e1',
      },
      { data: '{"jsonrpc": "2.0", "id":7, "result":{"resultType":"complete","content":[]}}', id: 'e2', retryMs: 5 },
    ];
    for (const call of [modernCall('tools/call', { name: 'x' }), legacyCall('tools/call', { name: 'x' })]) {
      const scene = createScene(() => ({ status: 200, kind: 'events', events: from(events) }));
      const answer = await scene.bridge.call(server(), 'alice', call);
      expect(await all(answer)).toEqual(events);
    }
  });

  it(proves('bridge.no-op', 'an error that is not of a handshake passes, and nothing is sent again'), async () => {
    const errors: [number, number | null, number][] = [
      [200, 7, -32_000],
      [200, 7, -32_601],
      [400, 7, -32_602],
      [400, 7, -32_020],
      [400, null, -32_700],
      [500, null, -32_000],
      [404, 7, -32_601],
    ];
    for (const [status, id, code] of errors) {
      const answer = failure(status, id, { code, message: 'refund failed' });
      const scene = createScene(() => answer);
      for (const call of [modernCall('tools/call', { name: 'x' }), legacyCall('tools/call', { name: 'x' })]) {
        expect(await scene.bridge.call(server(), 'alice', call)).toEqual(answer);
      }
      expect(scene.sent).toHaveLength(2);
    }
  });

  it(proves('bridge.errors', 'a tool call that may have run is not sent again, whatever the status'), async () => {
    const answer = failure(400, null, { code: -32_000, message: 'the refund was made twice' });
    const scene = createScene(() => answer);
    expect(await scene.bridge.call(server(), 'alice', modernCall('tools/call', { name: 'x' }))).toEqual(answer);
    expect(scene.methods()).toEqual(['tools/call']);
  });
});

describe('a modern client to a legacy upstream', () => {
  it(
    proves('bridge.modern-to-legacy', 'sends without the envelope, under an id of ours, and completes the answer'),
    async () => {
      const scene = createScene(legacyServer((id) => result(id, TOOLS)));
      const call = modernCall('tools/list', { cursor: 'c', _meta: { progressToken: 3, 'x/y': 1 } });
      const answer = await scene.bridge.call(server(), 'alice', call);
      expect(answer).toMatchObject({
        status: 200,
        message: { id: 7, result: { tools: [], resultType: 'complete', ttlMs: 0, cacheScope: 'private' } },
      });
      const last = scene.sent.at(-1);
      expect(last).toMatchObject({ era: 'legacy', version: '2025-11-25', sessionId: 'session-1' });
      expect(last?.message).toMatchObject({ params: { cursor: 'c', _meta: { progressToken: 3, 'x/y': 1 } } });
      expect(JSON.stringify(last?.message)).not.toContain('io.modelcontextprotocol');
      expect(last?.message?.id).not.toBe(7);
    },
  );

  it(proves('bridge.modern-to-legacy', 'remembers for ten minutes, then looks again'), async () => {
    const scene = createScene(legacyServer((id) => result(id, TOOLS)));
    const ask = () => scene.bridge.call(server(), 'alice', modernCall('tools/list'));
    await ask();
    await ask();
    expect(scene.sent.filter(({ era }) => era === 'modern')).toHaveLength(1);
    scene.nowMs += 599_999;
    await ask();
    expect(scene.sent.filter(({ era }) => era === 'modern')).toHaveLength(1);
    scene.nowMs += 1;
    await ask();
    expect(scene.sent.filter(({ era }) => era === 'modern')).toHaveLength(2);
  });

  it(proves('bridge.modern-to-legacy', 'goes back to the modern era when the upstream was upgraded'), async () => {
    const scene = createScene(legacyServer((id) => result(id, TOOLS)));
    await scene.bridge.call(server(), 'alice', modernCall('tools/list'));
    scene.script = modernServer((id) => result(id, COMPLETE));
    const answer = await scene.bridge.call(server(), 'bob', modernCall('tools/list'));
    expect(answer).toEqual(result(7, COMPLETE));
    scene.sent.length = 0;
    await scene.bridge.call(server(), 'bob', modernCall('tools/list'));
    expect(scene.methods()).toEqual(['tools/list']);
  });

  it(proves('bridge.modern-to-legacy', 'never shares a session between two callers'), async () => {
    const scene = createScene(legacyServer((id) => result(id, TOOLS)));
    const sessions = new Set<string | undefined>();
    scene.script = permissive(sessions);
    for (const caller of ['alice', 'bob', 'alice']) {
      await scene.bridge.call(server('legacy'), caller, modernCall('tools/list'));
    }
    expect(scene.methods().filter((method) => method === 'initialize')).toHaveLength(2);
    expect(sessions.size).toBe(2);
  });

  it(proves('bridge.modern-to-legacy', 'ends a session that was idle when another is opened'), async () => {
    const scene = createScene(permissive(new Set()));
    await scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list'));
    scene.nowMs += 600_001;
    await scene.bridge.call(server('legacy'), 'bob', modernCall('tools/list'));
    const [goodbye] = scene.sent.filter(({ verb }) => verb === 'DELETE');
    expect(goodbye).toMatchObject({ sessionId: 'session-1' });
  });

  it('holds at most a thousand sessions, and ends none of them under a call', async () => {
    const scene = createScene(permissive(new Set()));
    for (let caller = 0; caller <= 1_000; caller += 1) {
      await scene.bridge.call(server('legacy'), `caller-${caller}`, modernCall('tools/list'));
    }
    scene.sent.length = 0;
    await scene.bridge.call(server('legacy'), 'caller-1', modernCall('tools/list'));
    expect(scene.methods()).toEqual(['tools/list']);
    await scene.bridge.call(server('legacy'), 'caller-0', modernCall('tools/list'));
    expect(scene.methods().slice(1)).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
    expect(scene.methods()).not.toContain('DELETE');
  });

  it('calls that come at once share one handshake', async () => {
    const scene = createScene(permissive(new Set()));
    const calls = Array.from({ length: 8 }, () =>
      scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list')),
    );
    expect(await Promise.all(calls)).toHaveLength(8);
    expect(scene.methods().filter((method) => method === 'initialize')).toHaveLength(1);
  });

  it('completes an answer on a stream of a server that ignores the envelope', async () => {
    const scene = createScene(() => stream({ id: 7, result: { tools: [] } }));
    const answer = await scene.bridge.call(server(), 'alice', modernCall('tools/list'));
    expect(await readAll(answer)).toMatchObject([{ id: 7, result: { resultType: 'complete', ttlMs: 0 } }]);
  });

  it(proves('bridge.modern-to-legacy', 'a lost session is replaced once, and not again and again'), async () => {
    const old = legacyServer((id) => result(id, TOOLS));
    const scene = createScene(old);
    const ask = () => scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }));
    await ask();
    old.lose();
    expect(await ask()).toMatchObject({ message: { id: 7, result: { resultType: 'complete' } } });
    scene.script = (call, message) =>
      message?.kind === 'request' && message.method === 'tools/call'
        ? failure(404, null, { code: -32_001, message: 'Session not found' })
        : old(call, message);
    scene.sent.length = 0;
    await expect(ask()).rejects.toThrow(UpstreamFailure);
    expect(scene.methods().filter((method) => method === 'tools/call')).toHaveLength(2);
  });

  it(proves('bridge.errors', 'on a session too, a tool call that may have run is not sent again'), async () => {
    const old = legacyServer((id) => result(id, TOOLS));
    const scene = createScene((call, message) =>
      message?.kind === 'request' && message.method === 'tools/call'
        ? failure(400, null, { code: -32_000, message: 'the refund was made twice' })
        : old(call, message),
    );
    const call = modernCall('tools/call', { name: 'x' });
    expect(await scene.bridge.call(server('legacy'), 'alice', call)).toMatchObject({
      status: 400,
      message: { id: 7, error: { message: 'the refund was made twice' } },
    });
    expect(scene.methods().filter((method) => method === 'tools/call')).toHaveLength(1);
  });

  it(proves('bridge.errors', 'an upstream in trouble is not taken for one of the other era'), async () => {
    const old = legacyServer((id) => result(id, TOOLS));
    const scene = createScene(old);
    await scene.bridge.call(server(), 'alice', modernCall('tools/list'));
    scene.script = (_call, message) => failure(500, message?.kind === 'request' ? message.id : null, { code: -32_603 });
    const failed = scene.bridge.call(server(), 'bob', modernCall('tools/list'));
    await expect(failed).rejects.toMatchObject({ code: 'status', status: 500, mayHaveRun: false });
    scene.script = old;
    scene.sent.length = 0;
    await scene.bridge.call(server(), 'bob', modernCall('tools/list'));
    expect(scene.methods()).toEqual(['initialize', 'notifications/initialized', 'tools/list']);
  });

  it(proves('bridge.errors', 'a handshake that is never answered is a timeout, not an unknown call'), async () => {
    const scene = createScene(() => {
      throw new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    });
    const failed = scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }));
    await expect(failed).rejects.toMatchObject({ code: 'timeout', mayHaveRun: false });
  });

  it(proves('bridge.errors', 'a handshake that fails leaves no doubt that the call did not run'), async () => {
    const scene = createScene(() => {
      throw new UpstreamFailure('timeout', 'no answer', { mayHaveRun: true });
    });
    const failed = scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }));
    await expect(failed).rejects.toMatchObject({ code: 'timeout', mayHaveRun: false });
  });

  it(proves('bridge.errors', 'the next call tries the handshake again after it failed'), async () => {
    const scene = createScene(() => {
      throw new UpstreamFailure('unreachable', 'no answer');
    });
    await expect(scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list'))).rejects.toThrow();
    scene.script = legacyServer((id) => result(id, TOOLS));
    expect(await scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list'))).toMatchObject({ status: 200 });
  });

  it(
    proves('bridge.modern-to-legacy', 'a client that goes away cancels its own request, and not the others’ handshake'),
    async () => {
      const gone = new AbortController();
      const running = Promise.withResolvers<UpstreamAnswer>();
      const old = legacyServer((id) => result(id, TOOLS));
      const scene = createScene((call, message) => {
        if (message?.kind !== 'request' || message.method !== 'tools/call') return old(call, message);
        call.signal.addEventListener('abort', () => running.reject(call.signal.reason));
        return running.promise;
      });
      await scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list'));
      const call = scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }, gone.signal));
      await expect.poll(() => scene.methods().at(-1)).toBe('tools/call');
      const sentId = scene.sent.at(-1)?.message?.id;
      gone.abort(new Error('client gone'));
      await expect(call).rejects.toThrow('client gone');
      expect(scene.sent.at(-1)?.message).toMatchObject({
        method: 'notifications/cancelled',
        params: { requestId: sentId },
      });
    },
  );

  it(
    proves('bridge.modern-to-legacy', 'on a stream: progress goes on, log messages only if asked for, news does not'),
    async () => {
      const notices = [
        { method: 'notifications/progress', params: { progressToken: 3, progress: 1 } },
        { method: 'notifications/message', params: { level: 'error', data: 'bad' } },
        { method: 'notifications/message', params: { level: 'debug', data: 'noise' } },
        { method: 'notifications/tools/list_changed' },
      ];
      const scene = createScene(
        legacyServer((id) => stream(...notices, { id: id as string, result: { content: [] } })),
      );
      const quiet = await scene.bridge.call(server(), 'alice', modernCall('tools/call', { name: 'x' }));
      expect(await readAll(quiet)).toMatchObject([
        { method: 'notifications/progress' },
        { id: 7, result: { content: [], resultType: 'complete' } },
      ]);
      const _meta = { 'io.modelcontextprotocol/logLevel': 'warning' };
      const loud = await scene.bridge.call(server(), 'alice', modernCall('tools/call', { name: 'x', _meta }));
      expect((await readAll(loud)).map(({ method }) => method)).toEqual([
        'notifications/progress',
        'notifications/message',
        undefined,
      ]);
    },
  );

  it(proves('bridge.modern-to-legacy', 'a stream that the server closes before the answer is resumed'), async () => {
    let askedId: unknown;
    const old = legacyServer((id) => {
      askedId = id;
      return { status: 200, kind: 'events', events: from([{ data: '', id: 'e1', retryMs: 5 }]) };
    });
    const resumed = () => JSON.stringify({ jsonrpc: '2.0', id: askedId, result: { content: [] } });
    const scene = createScene((call, message) =>
      call.verb === 'GET' ? { status: 200, kind: 'events', events: from([{ data: resumed() }]) } : old(call, message),
    );
    const answer = await scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }));
    const events = (await all(answer)) as { data: string }[];
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({ id: 7, result: { resultType: 'complete' } });
    expect(scene.sent.at(-1)).toMatchObject({ verb: 'GET', lastEventId: 'e1', sessionId: 'session-1' });
  });

  it('a stream that breaks off without a resume point just ends', async () => {
    const scene = createScene(legacyServer(() => stream()));
    const answer = await scene.bridge.call(server('legacy'), 'alice', modernCall('tools/call', { name: 'x' }));
    expect(await all(answer)).toEqual([]);
    expect(scene.methods().at(-1)).toBe('tools/call');
  });

  it(
    proves('bridge.errors', 'what the server asks of its client is answered with an error, a ping with a pong'),
    async () => {
      const asks = [
        { id: 'q1', method: 'elicitation/create', params: {} },
        { id: 'q2', method: 'ping' },
      ];
      const scene = createScene(legacyServer((id) => stream(...asks, { id: id as string, result: { content: [] } })));
      await readAll(await scene.bridge.call(server(), 'alice', modernCall('tools/call', { name: 'x' })));
      expect(scene.sent.slice(-2).map(({ message }) => message)).toMatchObject([
        { id: 'q1', error: { code: -32_601 } },
        { id: 'q2', result: {} },
      ]);
      expect(scene.sent.at(-1)).toMatchObject({ sessionId: 'session-1', era: 'legacy' });
    },
  );

  it(
    proves('bridge.modern-to-legacy', 'a server that ignores the envelope is asked once, and its answer completed'),
    async () => {
      const scene = createScene((_call, message) =>
        message?.kind === 'request' ? result(message.id, TOOLS) : { status: 202, kind: 'empty' },
      );
      const answer = await scene.bridge.call(server(), 'alice', modernCall('tools/list'));
      expect(answer).toMatchObject({
        message: { result: { resultType: 'complete', ttlMs: 0, cacheScope: 'private' } },
      });
      expect(scene.methods()).toEqual(['tools/list']);
    },
  );

  it(
    proves('bridge.modern-to-legacy', 'a server that hides its -32601 for server/discover in a stream is seen through'),
    async () => {
      const old = legacyServer((id) => result(id, TOOLS));
      const scene = createScene((call, message) =>
        call.era === 'modern'
          ? stream({ id: 7, error: { code: -32_601, message: 'Method not found' } })
          : old(call, message),
      );
      const answer = await scene.bridge.call(server(), 'alice', modernCall('server/discover'));
      expect(answer).toMatchObject({ message: { id: 7, result: { supportedVersions: ['2026-07-28'] } } });
    },
  );

  it(proves('bridge.errors', 'what neither era of the upstream knows stays the upstream’s own answer'), async () => {
    const scene = createScene((_call, message) =>
      failure(400, null, { code: -32_000, message: `Bad Request: no session for ${message?.kind}` }),
    );
    const answer = await scene.bridge.call(server(), 'alice', modernCall('tools/list'));
    expect(answer).toMatchObject({ status: 400, message: { error: { code: -32_000 } } });
    await expect(scene.bridge.call(server('legacy'), 'alice', modernCall('tools/list'))).rejects.toThrow(
      'does not speak the legacy era',
    );
  });
});

describe('a legacy client to a modern upstream', () => {
  it(
    proves(
      'bridge.legacy-to-modern',
      'sends each request in an envelope of its own, and takes the era out of the answer',
    ),
    async () => {
      const scene = createScene(modernServer((id) => result(id, COMPLETE)));
      const answer = await scene.bridge.call(
        server(),
        'alice',
        legacyCall('tools/list', { _meta: { progressToken: 3 } }),
      );
      expect(answer).toEqual({ status: 200, kind: 'message', message: { kind: 'response', id: 7, result: TOOLS } });
      expect(scene.sent.at(-1)).toMatchObject({
        era: 'modern',
        version: '2026-07-28',
        method: 'tools/list',
        message: {
          params: {
            _meta: {
              progressToken: 3,
              'io.modelcontextprotocol/protocolVersion': '2026-07-28',
              'io.modelcontextprotocol/clientCapabilities': {},
            },
          },
        },
      });
    },
  );

  it(
    proves('bridge.legacy-to-modern', 'a tool call goes out again only after the upstream has shown its era'),
    async () => {
      const scene = createScene(modernServer((id) => result(id, { resultType: 'complete', content: [] })));
      const call = () => scene.bridge.call(server(), 'alice', legacyCall('tools/call', { name: 'x' }));
      await call();
      await call();
      expect(scene.methods()).toEqual(['tools/call', 'server/discover', 'tools/call', 'tools/call']);
    },
  );

  it(
    proves('bridge.legacy-to-modern', 'answers the handshake itself, with the revision that the client asked for'),
    async () => {
      const scene = createScene(modernServer((id) => result(id, COMPLETE)));
      const shake = async (protocolVersion: string) =>
        scene.bridge.call(server(), 'alice', legacyCall('initialize', { protocolVersion, capabilities: {} }));
      expect(await shake('2025-03-26')).toMatchObject({
        message: {
          id: 7,
          result: {
            protocolVersion: '2025-03-26',
            capabilities: { tools: {} },
            serverInfo: { name: 'new', version: '2' },
          },
        },
      });
      expect(await shake('1999-01-01')).toMatchObject({ message: { result: { protocolVersion: '2025-11-25' } } });
      const initialized: UpstreamAnswer = await scene.bridge.call(server(), 'alice', {
        ...legacyCall('x'),
        message: { jsonrpc: '2.0', method: 'notifications/initialized' },
      });
      expect(initialized).toEqual({ status: 202, kind: 'empty' });
      expect(scene.methods()).toEqual(['initialize', 'server/discover', 'server/discover']);
    },
  );

  it(proves('bridge.errors', 'a result that asks for input is an error that says why'), async () => {
    const asked = { resultType: 'input_required', inputRequests: {} };
    const scene = createScene(modernServer((id) => result(id, asked)));
    const answer = await scene.bridge.call(server(), 'alice', legacyCall('tools/call', { name: 'x' }));
    expect(answer).toMatchObject({ status: 200, message: { id: 7, error: { code: -32_603 } } });
    expect(JSON.stringify(answer)).toContain('input_required');
  });

  it(proves('bridge.errors', 'a modern 404 or 400 is a 200 with the code of earlier revisions'), async () => {
    const codes: [number, number, number][] = [
      [404, -32_601, -32_601],
      [400, -32_021, -32_603],
      [200, -32_602, -32_602],
    ];
    for (const [status, code, expected] of codes) {
      const scene = createScene(modernServer((id) => failure(status, id, { code, message: 'no' })));
      const answer = await scene.bridge.call(server(), 'alice', legacyCall('resources/read', { uri: 'x:1' }));
      expect(answer).toMatchObject({ status: 200, message: { id: 7, error: { code: expected, message: 'no' } } });
    }
  });

  it(
    proves('bridge.errors', 'methods without a counterpart are -32601, unless the configuration carries them'),
    async () => {
      const scene = createScene(modernServer((id) => result(id, { resultType: 'complete' })));
      for (const method of ['logging/setLevel', 'resources/subscribe', 'tasks/get', 'acme/do']) {
        const answer = await scene.bridge.call(server('modern'), 'alice', legacyCall(method));
        expect(answer).toMatchObject({ status: 200, message: { id: 7, error: { code: -32_601 } } });
      }
      expect(scene.sent).toEqual([]);
      const carried = await scene.bridge.call(server('modern', ['acme/do']), 'alice', legacyCall('acme/do'));
      expect(carried).toMatchObject({ message: { id: 7, result: {} } });
    },
  );

  it(proves('bridge.errors', 'there is no stream and no session: 405; and nothing was asked: 400'), async () => {
    const scene = createScene(modernServer((id) => result(id, COMPLETE)));
    const { message: _message, method: _method, ...rest } = legacyCall('x');
    for (const verb of ['GET', 'DELETE'] as const) {
      const answer = await scene.bridge.call(server('modern'), 'alice', { ...rest, verb });
      expect(answer).toEqual({ status: 405, kind: 'empty' });
    }
    const reply = { jsonrpc: '2.0', id: 1, result: {} };
    expect(await scene.bridge.call(server('modern'), 'alice', { ...rest, message: reply })).toMatchObject({
      status: 400,
    });
    expect(scene.sent).toEqual([]);
  });

  it(
    proves('bridge.legacy-to-modern', 'goes back to the legacy era when the upstream was replaced by an older one'),
    async () => {
      const scene = createScene(modernServer((id) => result(id, COMPLETE)));
      await scene.bridge.call(server(), 'alice', legacyCall('tools/list'));
      const old = legacyServer((id) => result(id, TOOLS));
      scene.script = old;
      const call = { ...legacyCall('tools/list'), sessionId: 'session-0' };
      expect(await scene.bridge.call(server(), 'alice', call)).toMatchObject({ status: 404 });
      expect(scene.sent.at(-1)).toBe(call);
    },
  );
});

async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function all(answer: UpstreamAnswer): Promise<unknown[]> {
  const events: unknown[] = [];
  if (answer.kind === 'events') for await (const event of answer.events) events.push(event);
  return events;
}

/** A legacy server that keeps every session it opened. */
function permissive(used: Set<string | undefined>) {
  let opened = 0;
  return (call: { verb: string; sessionId?: string }, message: Parameters<Parameters<typeof createScene>[0]>[1]) => {
    if (call.verb === 'DELETE') return { status: 200, kind: 'empty' } as const;
    if (message?.kind !== 'request') return { status: 202, kind: 'empty' } as const;
    if (message.method !== 'initialize') {
      used.add(call.sessionId);
      return result(message.id, TOOLS);
    }
    opened += 1;
    const serverInfo = { name: 'old', version: '1' };
    return result(message.id, { protocolVersion: '2025-11-25', capabilities: {}, serverInfo }, `session-${opened}`);
  };
}
