/**
 * Where a request says it goes: request targets, `Host` and `Origin` (DESIGN §1: a name from a URL never reaches a blob
 * path; MCP, Streamable HTTP, “Security warning”). `hr` stands behind the same upstream, and alice may not use it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callText } from '../flows/support/tools.ts';
import { proves } from '../requirements.ts';
import { type Scene, startScene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.end());

const READ = callText('read_note', '{"id":"n1"}');

describe('a path that is no server’s', () => {
  it.each([
    '/mcp//crm',
    '/mcp/./../crm',
    '/mcp/crm/x',
    '/mcp/crm//',
    '/mcp/crm/..',
    '/mcp/crm%2f',
    '/mcp/crm%2F..%2Fhr',
    '/mcp/..%2f..%2fetc%2fpasswd',
    '/mcp/%2e%2e/crm',
    '/mcp/crm%5c..%5chr',
    '/mcp/crm%00',
    '/mcp/crm%0a',
    '/mcp/crm%0d%0aX-Evil:%20y',
    '/mcp/crm%20',
    '/mcp/%20crm',
    '/mcp/crm;x=y',
    '/mcp/crm%3fx',
    '/mcp/crm%23x',
    '/mcp/crm.',
    '/mcp/crm%ff',
    '/mcp/%c0%ae%c0%ae/crm',
    '/mcp/%e2%85%bdrm',
    '/mcp/%ef%bd%83rm',
    '/mcp/CRM',
    '/mcp/_gateway',
    '/mcp/__proto__',
    '/mcp/constructor',
    '/mcp/transcripts-standard',
    '/mcp/*',
    '/mcp/{server}',
    '/mcp',
    '/mcp/',
    '/',
    '*',
    '/admin/host/status',
    '/runtime/webhooks/x',
    `/mcp/${'a'.repeat(33)}`,
    `/mcp/${'a'.repeat(8_000)}`,
  ])(proves('smuggling.paths', '%s reaches no upstream, and no name of it a record’s'), async (target) => {
    const { answer, arrived, records } = await scene.attack({ body: READ, target });
    expect(arrived).toEqual([]);
    expect(answer.status === 200 ? JSON.parse(answer.body).error.code : answer.status).toBeOneOf([400, 404, 1001]);
    for (const { kind, blob } of records)
      expect([kind, blob]).toEqual(['refusal', expect.stringMatching(/^_gateway\//)]);
  });

  it.each(['/mcp/hr', '/mcp/crm/../hr', '/mcp/crm/%2e%2e/hr', '/mcp/nothing', 'http://127.0.0.1/mcp/crm/../hr'])(
    proves('smuggling.paths', '%s is judged as the server that it means'),
    async (target) => {
      const { answer, arrived, records } = await scene.attack({ body: READ, target });
      expect(arrived).toEqual([]);
      expect(JSON.parse(answer.body).error.code).toBe(1001);
      expect(records.map(({ code }) => code)).toEqual([expect.stringMatching(/^(server-not-allowed|no-such-server)$/)]);
    },
  );

  it.each([
    '/mcp/crm',
    '/mcp/crm/',
    '/mcp/%63rm',
    '/mcp\\crm',
    '/x/../mcp/crm',
    '/mcp/crm?server=hr',
    '/mcp/crm#/../hr',
  ])(
    proves('smuggling.paths', '%s is crm by another spelling: the call is crm’s, and recorded as such'),
    async (target) => {
      const { answer, arrived, records } = await scene.attack({ body: READ, target });
      if (answer.status === 200) {
        expect(arrived.map(({ path, body }) => [path, body])).toEqual([['/mcp', READ]]);
        for (const { blob } of records) expect(blob).toMatch(/^crm\//);
      } else {
        expect([answer.status, arrived]).toEqual([expect.toBeOneOf([400, 404]), []]);
      }
    },
  );
});

describe('a request target with a host of its own', () => {
  it(proves('smuggling.paths', 'brings no other host into an answer or to the upstream'), async () => {
    const target = 'http://evil.example/mcp/crm';
    const anonymous = await scene.attack({ body: READ, target, headers: [['authorization', undefined]] });
    expect(anonymous.answer.all).not.toContain('evil.example');
    const { arrived } = await scene.attack({ body: READ, target });
    expect(JSON.stringify(arrived.map(({ rawHeaders, path }) => [rawHeaders, path]))).not.toContain('evil');
  });

  it.each(['CONNECT', 'TRACE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND', 'post', 'POST2'])(
    proves('smuggling.paths', 'the method %s reaches no upstream'),
    async (method) => {
      const target = method === 'CONNECT' ? '127.0.0.1:80' : '/mcp/crm';
      const { answer, arrived } = await scene.attack({ method, body: READ, target });
      expect(arrived).toEqual([]);
      expect(answer.status ?? 400).toBeGreaterThanOrEqual(400);
    },
  );

  it(proves('smuggling.paths', 'a body on a GET is nobody’s'), async () => {
    const { arrived } = await scene.attack({ method: 'GET', body: READ, headers: [['accept', 'text/event-stream']] });
    expect(arrived).toEqual([]);
  });
});

describe('Host', () => {
  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'evil.example:80',
    '127.0.0.1@evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.1',
    '2130706433',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '127.0.0.1, evil.example',
    '127.0.0.1/mcp/hr',
    '127.0.0.1:7071:80',
    'xn--localhost-',
    '',
  ])(proves('smuggling.paths', '%j is not this gateway'), async (host) => {
    const { answer, arrived } = await scene.attack({ body: READ, headers: [['host', host]] });
    expect(arrived).toEqual([]);
    expect(answer.status).toBeOneOf([400, 403]);
  });

  it(proves('smuggling.paths', 'none at all is not this gateway either'), async () => {
    const without = [['host', undefined]] as const;
    for (const version of ['1.1', '1.0']) {
      const { answer, arrived } = await scene.attack({ body: READ, version, headers: without });
      expect([answer.status, arrived]).toEqual([expect.toBeOneOf([400, 403]), []]);
    }
  });

  it(proves('smuggling.paths', 'X-Forwarded-Host and Forwarded do not speak for it'), async () => {
    const { answer } = await scene.attack({
      body: READ,
      headers: [
        ['authorization', undefined],
        ['x-forwarded-host', 'evil.example'],
        ['forwarded', 'host=evil.example'],
      ],
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain(`resource_metadata="${scene.stack.url}/.well-known/`);
    expect(answer.all).not.toContain('evil');
  });
});

describe('Origin', () => {
  it.each([
    'https://evil.example',
    'null',
    'http://127.0.0.1.evil.example',
    'http://evil.example#http://127.0.0.1',
    'http://evil.example?127.0.0.1',
    'http://evil.example\\@127.0.0.1',
    'http://127.0.0.1:80@evil.example',
    'http://localhost.evil.example',
    'http://127.0.0.1, https://evil.example',
    'file://',
    'chrome-extension://127.0.0.1.example',
    'http://127.0.0.2',
    '',
    'x',
  ])(proves('smuggling.paths', 'a page of %j is refused before any token is looked at'), async (origin) => {
    const { answer, arrived, records } = await scene.attack({ body: READ, headers: [['origin', origin]] });
    expect(arrived).toEqual([]);
    expect(answer.status).toBe(403);
    expect(records.map(({ stage, code }) => [stage, code])).toEqual([['http', 'origin']]);
  });

  it(proves('smuggling.paths', 'two of them are none that is allowed'), async () => {
    const headers = [
      ['origin', scene.stack.url],
      ['origin', 'https://evil.example'],
    ] as const;
    const { answer, arrived } = await scene.attack({ body: READ, headers });
    expect([answer.status, arrived]).toEqual([403, []]);
  });
});
