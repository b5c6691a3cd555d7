/** What reaches the upstream, and what does not (DESIGN §2.2, §2.6–7). */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseJson } from '../../shared/json/parse.ts';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway, UPSTREAM_SECRET } from './support/gateway.ts';
import { answerResult } from './support/recording-upstream.ts';
import { callText, modernCall, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

/** A call of `pay` can be held, so the gateway's own tools stand at a list's end. */
const OWN_TOOLS = ['sallyport_await_approval', 'sallyport_cancel_approval'].map((name) =>
  expect.objectContaining({ name }),
);

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
});

describe('forwarding', () => {
  it(proves('mcp.call', 'a call reaches the upstream and its result comes back'), async () => {
    const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'));
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: { content: [{ type: 'text', text: 'done' }] },
    });
    expect(gateway.upstream.arrived).toHaveLength(1);
  });

  it(
    proves('credentials.injected', 'the secret goes in the configured header, and into no record, log or answer'),
    async () => {
      const answer = await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'));
      const [arrived] = gateway.upstream.arrived;
      expect(arrived?.headers['x-api-key']).toBe(UPSTREAM_SECRET);
      const everything = JSON.stringify([answer.text, [...answer.headers], gateway.records(), gateway.logged]);
      expect(everything).not.toContain(UPSTREAM_SECRET);
      expect(everything).toContain('crm-api-key');
    },
  );

  it(proves('credentials.never-forwarded', 'no header of the client goes along, in either era'), async () => {
    const smuggled = {
      cookie: 'session=1',
      'x-api-key': 'mine',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example.com',
      'proxy-authorization': 'Basic eDp5',
      'x-ms-invocation-id': '00000000-0000-0000-0000-000000000000',
      forwarded: 'for=10.0.0.1',
      te: 'trailers',
    };
    await post(gateway.url, alice, callText('read_note', '{"id":"n1"}'), smuggled);
    const modern = modernCall('tools/call', { name: 'read_note', arguments: { id: 'n1' } }, 'read_note');
    await post(gateway.url, alice, modern.body, { ...smuggled, ...modern.headers, 'mcp-session-id': 'x' });
    expect(gateway.upstream.arrived).toHaveLength(2);
    const ours = ['accept', 'connection', 'content-length', 'content-type', 'host', 'user-agent', 'x-api-key'];
    const modernOurs = [...ours, 'mcp-method', 'mcp-name', 'mcp-protocol-version'].sort();
    expect(Object.keys(gateway.upstream.arrived[0]?.headers ?? {}).sort()).toEqual(ours);
    expect(Object.keys(gateway.upstream.arrived[1]?.headers ?? {}).sort()).toEqual(modernOurs);
    for (const { rawHeaders, body } of gateway.upstream.arrived) {
      expect(`${rawHeaders} ${body}`).not.toContain(alice);
      expect(rawHeaders.join()).not.toContain('mine');
    }
  });

  it(proves('reader.numbers', 'numbers reach the upstream and come back exactly'), async () => {
    const exact = '{"amount":7,"note":"x","extra":[9007199254740993,1e400,1.0,-0]}';
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"jsonrpc":"2.0","id":1,"result":{"content":[],"structuredContent":${exact}}}`);
    };
    const answer = await post(gateway.url, alice, callText('pay', exact));
    expect(gateway.upstream.arrived[0]?.body).toContain(exact);
    expect(answer.text).toContain(exact);
  });

  it(proves('mcp.cache', 'a modern list goes out private and stale at once'), async () => {
    gateway.upstream.script = answerResult({
      resultType: 'complete',
      tools: [READ_TOOL, SECRET_TOOL],
      ttlMs: 60_000,
      cacheScope: 'public',
    });
    const list = modernCall('tools/list');
    const answer = await post(gateway.url, alice, list.body, list.headers);
    expect(JSON.parse(answer.text).result).toEqual({
      resultType: 'complete',
      tools: [READ_TOOL, ...OWN_TOOLS],
      ttlMs: 0,
      cacheScope: 'private',
    });
  });

  it(proves('mcp.list', 'every page shows what the caller may see, in the upstream’s order'), async () => {
    const unpinned = { name: 'brand_new', inputSchema: { type: 'object' } };
    gateway.upstream.script = (arrived, response) => {
      const { body } = arrived;
      const page = body.includes('"cursor":"2"')
        ? { tools: [READ_TOOL] }
        : { tools: [SECRET_TOOL, PAY_TOOL, unpinned], nextCursor: '2' };
      return answerResult(page)(arrived, response);
    };
    const list = (params: string) =>
      post(gateway.url, alice, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":${params}}`);
    const named = ({ name }: { readonly name: string }) => expect.objectContaining({ name });
    expect(JSON.parse((await list('{}')).text).result).toEqual({ tools: [named(PAY_TOOL)], nextCursor: '2' });
    expect(JSON.parse((await list('{"cursor":"2"}')).text).result).toEqual({ tools: [READ_TOOL, ...OWN_TOOLS] });
  });
});

describe('what policy saw is what the upstream gets', () => {
  const spelled = fc.constantFrom('amount', '\\u0061mount', 'am\\u006funt');
  const space = fc.constantFrom('', ' ', '\n', '\t  ');
  const amount = fc.oneof(
    fc.integer({ min: -200, max: 200 }).map(String),
    fc.constantFrom(
      '1e2',
      '1.0',
      '100.0',
      '101',
      '1e400',
      '-0',
      '9007199254740993',
      '"50"',
      'null',
      '[50]',
      '{"__entity":1}',
    ),
  );
  const noise = fc.constantFrom(
    '',
    ',"note":"a\\u0000b"',
    ',"Amount":5',
    ',"note":"\\ud800"',
    ',"amount":5',
    ',"__proto__":{}',
  );

  it(proves('reader.same', 'an allowed call arrives as policy judged it, a refused one not at all'), async () => {
    await fc.assert(
      fc.asyncProperty(spelled, space, amount, noise, async (key, gap, value, extra) => {
        gateway.upstream.arrived.length = 0;
        const args = `{${gap}"${key}"${gap}:${gap}${value}${extra}}`;
        const answer = await post(gateway.url, alice, callText('pay', args));
        const arrivedBody = gateway.upstream.arrived[0]?.body;
        // The reference: an independent reading of the client's bytes.
        const reference = parseJson(args, { foldCase: true });
        const isSmallInteger = /^-?\d+$/.test(value) && Number(value) > 0 && Number(value) <= 100;
        if (arrivedBody === undefined) {
          expect(answer.text).not.toContain('"done"');
          return;
        }
        expect(isSmallInteger || /^(1e2|1\.0|100\.0)$/.test(value)).toBe(true);
        expect(reference.ok).toBe(true);
        const arrived = parseJson(arrivedBody);
        if (!arrived.ok || !reference.ok) throw new Error('unreadable');
        const params = (arrived.value as { params: { arguments: unknown } }).params;
        expect(JSON.stringify(params.arguments)).toBe(JSON.stringify(reference.value));
        expect(JSON.parse(JSON.stringify(params.arguments)).amount).toBeGreaterThan(0);
        expect(JSON.parse(JSON.stringify(params.arguments)).amount).toBeLessThanOrEqual(100);
      }),
      { numRuns: 150 },
    );
  });
});
