/**
 * Headers against the body, headers against themselves, and headers that want to become more than one (FACTS §1, “What an
 * intermediary must do”). What the upstream gets is made here: nothing of the client's but its `Mcp-Param-*`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callText, MODERN, modernCall } from '../flows/support/tools.ts';
import { proves } from '../requirements.ts';
import { sendRaw } from './support/raw-http.ts';
import { modernHeaders, type Scene, startScene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.end());

type Header = readonly [name: string, value: string | undefined];

const READ = callText('read_note', '{"id":"n1"}');
const modernRead = modernCall('tools/call', { name: 'read_note', arguments: { id: 'n1' } }, 'read_note').body;
const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;
const METHOD: Header = ['mcp-method', 'tools/call'];
const NAME: Header = ['mcp-name', 'read_note'];
const VERSION: Header = ['mcp-protocol-version', MODERN];

/** Refused by the gateway and recorded, or by whoever reads HTTP before it. */
async function expectNothingThrough(body: string, headers: readonly Header[], status: number, code?: string) {
  const { answer, arrived, records } = await scene.attack({ body, headers });
  expect(arrived).toEqual([]);
  expect(answer.status).toBe(status);
  expect(records.map((record) => [record.kind, record.code])).toEqual(code === undefined ? [] : [['refusal', code]]);
}

describe('modern headers that disagree with the body', () => {
  it.each<[string, readonly Header[], string]>([
    ['no Mcp-Method', [VERSION, NAME], 'header-mismatch'],
    ['another method', [VERSION, ['mcp-method', 'tools/list'], NAME], 'header-mismatch'],
    ['a method in another case', [VERSION, ['mcp-method', 'Tools/Call'], NAME], 'header-mismatch'],
    ['two methods', [VERSION, METHOD, ['Mcp-Method', 'tools/list'], NAME], 'header-mismatch'],
    ['the same method twice', [VERSION, METHOD, METHOD, NAME], 'header-mismatch'],
    ['a method in base64', [VERSION, ['mcp-method', base64('tools/call')], NAME], 'header-mismatch'],
    ['no Mcp-Name', [VERSION, METHOD], 'header-mismatch'],
    ['another name', [VERSION, METHOD, ['mcp-name', 'pay']], 'header-mismatch'],
    ['two names', [VERSION, METHOD, NAME, ['mcp-name', 'pay']], 'header-mismatch'],
    ['another name in base64', [VERSION, METHOD, ['mcp-name', base64('pay')]], 'header-mismatch'],
    ['a line break in base64', [VERSION, METHOD, ['mcp-name', base64('read_note\r\nx: y')]], 'header-mismatch'],
    ['NUL in base64', [VERSION, METHOD, ['mcp-name', base64('read_note\0')]], 'header-mismatch'],
    ['no base64 at all', [VERSION, METHOD, ['mcp-name', '=?base64?!!!!?=']], 'header-mismatch'],
    ['unpadded base64', [VERSION, METHOD, ['mcp-name', '=?base64?cmVhZF9ub3Rl?==']], 'header-mismatch'],
    ['base64 within base64', [VERSION, METHOD, ['mcp-name', base64(base64('read_note'))]], 'header-mismatch'],
    ['bytes beyond ASCII', [VERSION, METHOD, ['mcp-name', 'read_note\xe9']], 'header-mismatch'],
    ['no version', [METHOD, NAME], 'header-mismatch'],
    ['a legacy version', [['mcp-protocol-version', '2025-11-25'], METHOD, NAME], 'header-mismatch'],
    ['two versions', [VERSION, ['mcp-protocol-version', '2025-11-25'], METHOD, NAME], 'header-mismatch'],
  ])(proves('smuggling.headers', '%s: refused'), (_name, headers, code) =>
    expectNothingThrough(modernRead, headers, 400, code),
  );

  it(proves('smuggling.headers', 'a modern version over a body without it: refused'), () =>
    expectNothingThrough(READ, [VERSION, METHOD, NAME], 400, 'missing-meta'),
  );
});

describe('headers that mirror arguments', () => {
  const route = (args: object) => modernCall('tools/call', { name: 'route', arguments: args }, 'route').body;
  const headers = (...more: Header[]) => [...modernHeaders('tools/call', 'route'), ...more];
  it.each<[string, object, readonly Header[]]>([
    ['one is absent', { region: 'eu' }, []],
    ['another value', { region: 'eu' }, [['mcp-param-region', 'us']]],
    [
      'two values',
      { region: 'eu' },
      [
        ['mcp-param-region', 'eu'],
        ['mcp-param-region', 'us'],
      ],
    ],
    ['a value alone', {}, [['mcp-param-region', 'us']]],
    ['a value beside null', { region: null }, [['mcp-param-region', 'us']]],
    ['another value in base64', { region: 'eu' }, [['mcp-param-region', base64('us')]]],
    ['a line break in base64', { region: 'eu' }, [['mcp-param-region', base64('eu\r\nx: y')]]],
    ['a neighbour beyond 2^53', { shard: 9007199254740992 }, [['mcp-param-shard', '9007199254740993']]],
  ])(proves('smuggling.headers', '%s: refused'), (_name, args, more) =>
    expectNothingThrough(route(args), headers(...more), 400, 'header-mismatch'),
  );

  it(proves('smuggling.headers', 'on legacy calls they are not trusted, and do not go along'), async () => {
    const { arrived } = await scene.attack({
      body: READ,
      headers: [
        ['mcp-param-region', 'us'],
        ['mcp-method', 'ping'],
        ['mcp-name', 'pay'],
      ],
    });
    expect(arrived).toHaveLength(1);
    expect(Object.keys(arrived[0]?.headers ?? {}).filter((name) => name.startsWith('mcp-'))).toEqual([]);
  });
});

describe('names that want to become headers', () => {
  it.each<[string, string, string]>([
    ['resources/read', 'uri', 'test://a\r\nx-evil: 1'],
    ['resources/read', 'uri', 'test://a\0b'],
    ['resources/read', 'uri', '=?base64?dGVzdDovL2E=?='],
    ['resources/read', 'uri', 'test://caf\u00e9/\u{1f600}'],
    ['prompts/get', 'name', ' padded '],
    ['prompts/get', 'name', 'a\nmcp-method: tools/call'],
  ])(
    proves('smuggling.headers', '%s of %s %j goes on as one header that says just that'),
    async (method, key, name) => {
      const { body } = modernCall(method, { [key]: name });
      const headers = [VERSION, ['mcp-method', method], ['mcp-name', base64(name)]] as const;
      const { answer, arrived } = await scene.attack({ body, headers });
      expect([answer.status, arrived.length]).toEqual([200, 1]);
      const given = arrived[0]?.headers['mcp-name'];
      expect(given).toBe(base64(name));
      expect(arrived[0]?.headers).not.toHaveProperty('x-evil');
      expect(arrived[0]?.headers['mcp-method']).toBe(method);
    },
  );

  it.each(['test://a\ud800', 'test://\udc00'])(
    proves('smuggling.headers', 'half a character has no header to say it: %j'),
    (uri) => {
      const { body } = modernCall('resources/read', { uri });
      return expectNothingThrough(
        body,
        [VERSION, ['mcp-method', 'resources/read'], ['mcp-name', base64(uri)]],
        400,
        'header-mismatch',
      );
    },
  );
});

describe('headers that stand twice', () => {
  it.each<[string, () => readonly Header[], number, string | undefined]>([
    [
      'two Authorization',
      () => [
        ['authorization', `Bearer ${scene.alice}`],
        ['authorization', 'Bearer x'],
      ],
      401,
      'malformed',
    ],
    ['the same Authorization twice', () => twice('authorization', `Bearer ${scene.alice}`), 401, 'malformed'],
    [
      'two Content-Type',
      () => [
        ['content-type', 'application/json'],
        ['content-type', 'text/plain'],
      ],
      415,
      'media-type',
    ],
    [
      'two Mcp-Session-Id',
      () => [
        ['mcp-session-id', 'a'],
        ['mcp-session-id', 'b'],
      ],
      404,
      'session',
    ],
    [
      'two Host',
      () => [
        ['host', `127.0.0.1:${scene.stack.port}`],
        ['host', 'evil.example'],
      ],
      403,
      'origin',
    ],
    [
      'two Content-Length',
      () => [
        ['content-length', '10'],
        ['content-length', String(READ.length)],
      ],
      400,
      undefined,
    ],
    ['Content-Length with a list', () => [['content-length', `${READ.length}, 10`]], 400, undefined],
    ['Content-Length with a sign', () => [['content-length', `+${READ.length}`]], 400, undefined],
    [
      'Content-Length and Transfer-Encoding',
      () => [
        ['content-length', '4'],
        ['transfer-encoding', 'chunked'],
      ],
      400,
      undefined,
    ],
    [
      'an unknown Transfer-Encoding',
      () => [
        ['transfer-encoding', 'xchunked'],
        ['content-length', undefined],
      ],
      400,
      undefined,
    ],
    ['a folded header', () => [['x-a', 'b\r\n Mcp-Method: tools/list']], 400, undefined],
    ['a header with NUL', () => [['x-a', 'b\0c']], 400, undefined],
    ['a space before the colon', () => [['content-length ', '4']], 400, undefined],
  ])(proves('smuggling.headers', '%s: nothing goes through'), (_name, headers, status, code) =>
    expectNothingThrough(READ, headers(), status, code),
  );

  const twice = (name: string, value: string): readonly Header[] => [
    [name, value],
    [name, value],
  ];

  it(proves('smuggling.headers', 'a second request in the body of the first is a body'), async () => {
    const inner = scene.write({ body: callText('pay', '{"amount":1}') }).toString('latin1');
    const { answer, arrived } = await scene.attack({ body: `${READ}${inner}` });
    expect([answer.status, arrived]).toEqual([400, []]);
    expect(answer.all.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it(proves('smuggling.headers', 'a chunk that is larger than it says begins no second request'), async () => {
    const pay = scene.write({ body: callText('pay', '{"amount":1}') }).toString('latin1');
    const chunked = scene.write({
      headers: [
        ['transfer-encoding', 'chunked'],
        ['content-length', undefined],
        ['connection', 'keep-alive'],
      ],
    });
    const { arrived } = await scene.observe(() =>
      sendRaw(scene.stack.port, [chunked, `2\r\n${READ}\r\n0\r\n\r\n${pay}`], { deadlineMs: 1_000 }),
    );
    expect(arrived).toEqual([]);
  });
});

describe('headers of others', () => {
  const UPSTREAM_NAMES = ['accept', 'connection', 'content-length', 'content-type', 'host', 'user-agent', 'x-api-key'];

  it(proves('smuggling.headers', 'nothing of the client’s own headers reaches the upstream'), async () => {
    const { arrived } = await scene.attack({
      body: READ,
      headers: [
        ['cookie', 'session=1'],
        ['proxy-authorization', 'Basic eDp5'],
        ['x-api-key', 'mine'],
        ['x-forwarded-for', '10.0.0.1'],
        ['x-forwarded-host', 'evil.example'],
        ['x-forwarded-proto', 'gopher'],
        ['forwarded', 'for=10.0.0.1;host=evil.example'],
        ['x-original-url', '/mcp/hr'],
        ['x-rewrite-url', '/mcp/hr'],
        ['x-http-method-override', 'DELETE'],
        ['x-http-method', 'DELETE'],
        ['x-method-override', 'GET'],
        ['x-ms-client-principal', 'eyJ1c2VySWQiOiJkYXZlIn0='],
        ['x-ms-client-principal-id', 'dave'],
        ['x-functions-key', 'guess'],
        ['te', 'trailers'],
        ['upgrade', 'h2c'],
        ['http2-settings', 'AAMAAABkAAQAAP__'],
        ['baggage', 'user=dave'],
        ['traceparent', '00-11111111111111111111111111111111-2222222222222222-01'],
      ],
    });
    expect(arrived).toHaveLength(1);
    // A trace is passed on, read by the letter and written anew; it says nothing but which trace it is.
    const { traceparent } = arrived[0]?.headers ?? {};
    expect(Object.keys(arrived[0]?.headers ?? {}).sort()).toEqual([...UPSTREAM_NAMES, 'traceparent'].sort());
    expect(traceparent).toMatch(/^00-1{32}-[0-9a-f]{16}-0[01]$/);
    expect(arrived[0]).toMatchObject({ method: 'POST', path: '/mcp' });
    const { params, ...rest } = JSON.parse(READ);
    const passedOn = { ...rest, params: { ...params, _meta: { traceparent } } };
    expect(JSON.parse(arrived[0]?.body ?? '')).toEqual(passedOn);
    expect(arrived[0]?.rawHeaders.filter((name) => name.toLowerCase() === 'x-api-key')).toHaveLength(1);
    expect(JSON.stringify(arrived[0]?.rawHeaders)).not.toMatch(/mine|evil|dave|Bearer/);
  });

  it(proves('smuggling.headers', 'the caller’s address is the one it called from, whatever it claims'), async () => {
    const { records } = await scene.attack({ body: READ, headers: [['x-forwarded-for', '10.0.0.1, 10.0.0.2']] });
    expect(records.find(({ kind }) => kind === 'intent')).toMatchObject({ call: { address: '127.0.0.1' } });
  });

  it(proves('smuggling.headers', 'a token in the query string, a form or a cookie is no token'), async () => {
    const { answer, arrived, records } = await scene.attack({
      body: READ,
      target: `/mcp/crm?access_token=${scene.alice}&code=${scene.alice}`,
      headers: [
        ['authorization', undefined],
        ['cookie', `access_token=${scene.alice}`],
      ],
    });
    expect([answer.status, arrived]).toEqual([401, []]);
    expect(records.map(({ code }) => code)).toEqual(['missing']);
    expect(JSON.stringify(records)).not.toContain(scene.alice);
  });

  it(proves('smuggling.headers', 'a header that Connection names is no way to take one of ours away'), async () => {
    const names = 'x-ms-invocation-id, x-forwarded-host, authorization, content-length, host, close';
    const { answer, arrived } = await scene.attack({ body: READ, headers: [['connection', names]] });
    expect(answer.durationMs).toBeLessThan(2_000);
    expect(arrived.length).toBeLessThanOrEqual(1);
    expect((await scene.attack({ body: READ })).answer.status).toBe(200);
  });
});

describe('an invocation id of the client’s', () => {
  it.each(['same', 'error', '00000000-0000-4000-8000-000000000000'])(
    proves('smuggling.headers', 'is overwritten, so that two live requests under one keep their own answers: %s'),
    async (id) => {
      const before = scene.upstream.script;
      const held: (() => void)[] = [];
      // Both are on their way before either is answered.
      scene.upstream.script = ({ body }, response) => {
        const note = /"id":"(n\d)"/.exec(body)?.[1];
        held.push(() => {
          response.writeHead(200, { 'content-type': 'application/json' });
          response.end(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"${note}"}]}}`);
        });
        if (held.length === 2) for (const answer of held.reverse()) answer();
      };
      const answers = await Promise.all(
        ['n1', 'n2'].map((note) => {
          const body = callText('read_note', `{"id":"${note}"}`);
          return sendRaw(scene.stack.port, [scene.write({ body, headers: [['x-ms-invocation-id', id]] })]);
        }),
      );
      scene.upstream.script = before;
      expect(answers.map(({ body }) => JSON.parse(body).result.content[0].text)).toEqual(['n1', 'n2']);
    },
  );
});

describe('Expect', () => {
  it(proves('smuggling.headers', '100-continue is answered, and the body read as any other'), async () => {
    const request = scene.write({ body: READ, headers: [['expect', '100-continue']] });
    const split = request.length - READ.length;
    const { answer, arrived } = await scene.observe(() =>
      sendRaw(scene.stack.port, [request.subarray(0, split), request.subarray(split)], { pauseMs: 100 }),
    );
    expect(answer.all).toContain('100 Continue');
    expect([answer.status, arrived.map(({ body }) => body)]).toEqual([200, [READ]]);
    expect(arrived[0]?.headers.expect).toBeUndefined();
  });

  it(proves('smuggling.headers', 'what else is expected cannot be had'), () =>
    expectNothingThrough(READ, [['expect', 'something-else']], 417),
  );
});
