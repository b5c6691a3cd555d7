/**
 * An upstream that lies (FACTS §1.7–9): frames that look like answers, answers to other questions, answers that go on,
 * redirects, codings and headers. The client gets one answer to its request, its own, or hears that there is none.
 */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RecordingUpstream, type Script, startRecordingUpstream } from '../flows/support/recording-upstream.ts';
import { callText } from '../flows/support/tools.ts';
import { proves } from '../requirements.ts';
import { type Attack, type Scene, startScene } from './support/scene.ts';

let scene: Scene;
let usual: Script;
/** Where redirects lead; nobody may ever come here. */
let trap: RecordingUpstream;
beforeAll(async () => {
  trap = await startRecordingUpstream();
  scene = await startScene({
    limits: '  answerBytes: 1048576\n  eventBytes: 262144\n  deadlineMs: 5000\n  firstByteMs: 2000',
  });
  usual = scene.upstream.script;
});
afterAll(async () => {
  await scene?.end();
  await trap?.stop();
});
afterEach(() => {
  scene.upstream.script = usual;
});

const REAL = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"real"}]}}';
const EVIL = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"EVIL"}]}}';

/** One call, answered by this; whatever the gateway asks on its own account is answered as usual. */
function callAnsweredBy(answer: (response: ServerResponse) => void): Promise<Attack> {
  scene.upstream.script = (arrived, response) =>
    arrived.body.includes('"tools/call"') ? answer(response) : usual(arrived, response);
  return scene.attack({ body: callText('read_note', '{"id":"n1"}') });
}

const answerJson = (text: string | Uint8Array, headers: Record<string, string> = {}) =>
  callAnsweredBy((response) => response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(text));
const answerEvents = (text: string | Uint8Array) =>
  callAnsweredBy((response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(text));
/** Past every rule of HTTP. */
const answerRaw = (text: string) => callAnsweredBy((response) => response.socket?.end(text));
const event = (data: string) => `event: message\ndata: ${data}\n\n`;

const outcomesOf = ({ records }: Attack) => records.filter(({ kind }) => kind === 'outcome');
/** JSON-RPC messages that the client got, from a body or a stream. */
function messagesOf({ answer }: Attack): { id?: unknown; result?: unknown; error?: { code: number } }[] {
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return [JSON.parse(answer.body)];
  const lines = answer.body.split('\n').filter((line) => line.startsWith('data: '));
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

function expectNoAnswer(attack: Attack): void {
  expect(attack.answer.all).not.toContain('EVIL');
  expect(messagesOf(attack)).toEqual([
    { jsonrpc: '2.0', id: 1, error: { code: expect.any(Number), message: expect.any(String) } },
  ]);
  expect(outcomesOf(attack).map(({ status }) => status)).toEqual([expect.toBeOneOf(['failed', 'unknown', 'withheld'])]);
}

function expectRealAnswer(attack: Attack): void {
  expect(attack.answer.all).not.toContain('EVIL');
  expect(messagesOf(attack).filter((message) => message.id !== undefined)).toEqual([JSON.parse(REAL)]);
  expect(outcomesOf(attack).map(({ status }) => status)).toEqual(['answered']);
}

describe('an answer that is none', () => {
  it.each<[string, string | Uint8Array]>([
    ['to another request', EVIL.replace('"id":1', '"id":2')],
    ['under the id as text', EVIL.replace('"id":1', '"id":"1"')],
    ['under the id as a fraction', EVIL.replace('"id":1', '"id":1.0')],
    ['under no id', EVIL.replace('"id":1,', '')],
    ['under null', EVIL.replace('"id":1', '"id":null')],
    ['in a batch', `[${EVIL}]`],
    ['twice', `${EVIL}${EVIL}`],
    ['with an id that stands twice', EVIL.replace('"id":1', '"id":2,"id":1')],
    ['with a result that stands twice', EVIL.replace('"result"', '"result":{},"result"')],
    ['with an error beside the result', EVIL.replace('"id"', '"error":{"code":1,"message":"x"},"id"')],
    ['with a method beside the result', EVIL.replace('"id"', '"method":"ping","id"')],
    ['with __proto__', EVIL.replace('"content"', '"__proto__":{"x":1},"content"')],
    ['as another JSON-RPC', EVIL.replace('2.0', '1.0')],
    ['with a result that is a text', '{"jsonrpc":"2.0","id":1,"result":"EVIL"}'],
    ['after a byte order mark', `\uFEFF${EVIL}`],
    ['in UTF-16', Buffer.from(EVIL, 'utf16le')],
    ['nested without end', `${EVIL.slice(0, -2)},"a":${'['.repeat(100_000)}`],
    ['larger than allowed', EVIL.replace('EVIL', `EVIL${'x'.repeat(1_100_000)}`)],
    ['compressed in secret', gzipSync(EVIL)],
    ['empty', ''],
  ])(proves('smuggling.answers', '%s is not delivered'), async (_name, text) => {
    expectNoAnswer(await answerJson(text));
  });

  it.each<[string, Record<string, string>]>([
    ['gzip', { 'content-encoding': 'gzip' }],
    ['a bomb', { 'content-encoding': 'gzip' }],
    ['br', { 'content-encoding': 'br' }],
    ['identity', { 'content-encoding': 'identity' }],
  ])(proves('smuggling.answers', 'in a coding that nobody asked for (%s) is not delivered'), async (name, headers) => {
    expectNoAnswer(await answerJson(name === 'a bomb' ? gzipSync(Buffer.alloc(50_000_000)) : gzipSync(EVIL), headers));
  });

  it.each(['text/html', 'text/plain', 'application/jsonp', 'application/x-ndjson', ''])(
    proves('smuggling.answers', 'as %j is not delivered'),
    async (type) => {
      expectNoAnswer(await callAnsweredBy((response) => response.writeHead(200, { 'content-type': type }).end(EVIL)));
    },
  );

  it.each([202, 204, 304, 401, 403, 407, 418, 500, 503])(
    proves('smuggling.answers', 'status %i is not handed on as the gateway’s own'),
    async (status) => {
      const headers = { 'www-authenticate': 'Bearer realm="EVIL"', 'content-type': 'text/plain' };
      const attack = await callAnsweredBy((response) => response.writeHead(status, headers).end());
      expect(attack.answer.status).toBe(200);
      expectNoAnswer(attack);
    },
  );
});

describe('frames in disguise', () => {
  it.each<[string, string]>([
    ['under another event name', `event: other\ndata: ${EVIL}\n\n${event(REAL)}`],
    ['under a name that begins alike', `event: message2\ndata: ${EVIL}\n\n${event(REAL)}`],
    ['in a comment', `: ${EVIL}\n:data: ${EVIL}\n\n${event(REAL)}`],
    ['in a field that is none', `date: ${EVIL}\nDATA: ${EVIL}\n data: ${EVIL}\n\n${event(REAL)}`],
    ['as the id of an event', `id: ${EVIL}\nretry: 1\ndata: ${REAL}\n\n`],
    ['after the answer', `${event(REAL)}${event(EVIL)}`],
    ['after the answer, as notification', `${event(REAL)}${event('{"jsonrpc":"2.0","method":"EVIL"}')}`],
    ['after the answer, by CR', `data: ${REAL}\r\rdata: ${EVIL}\r\r`],
    ['after the answer, by CRLF', `data: ${REAL}\r\n\r\ndata: ${EVIL}\r\n\r\n`],
    ['in an event that never ends', `${event(REAL)}data: ${EVIL}`],
  ])(proves('smuggling.answers', 'a false answer %s does not get through, the real one does'), async (_name, text) => {
    expectRealAnswer(await answerEvents(text));
  });

  it.each<[string, string | Uint8Array]>([
    ['another id', event(EVIL.replace('"id":1', '"id":2'))],
    ['another id, before the real one', `${event(EVIL.replace('"id":1', '"id":2'))}${event(REAL)}`],
    ['two texts in one event', event(`${EVIL}${EVIL}`)],
    ['two texts in two lines', `data: ${EVIL}\ndata: ${EVIL}\n\n`],
    ['a key twice', event(EVIL.replace('"id":1', '"id":2,"id":1'))],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from('data: {"x":"'), Buffer.from([0xff]), Buffer.from('"}\n\n')]),
    ],
    ['an event without end', `data: ${'x'.repeat(300_000)}`],
    ['a stream of comments without end', `: ${'x'.repeat(1_000)}\n\n`.repeat(1_200)],
    ['an answer that breaks off', `data: ${EVIL}`],
    ['nothing', ''],
  ])(proves('smuggling.answers', '%s: the client hears that there is no answer'), async (_name, text) => {
    expectNoAnswer(await answerEvents(text));
  });

  it(proves('smuggling.answers', 'line breaks inside a text stay inside it'), async () => {
    const text = `a\r\n\r\nevent: message\r\ndata: ${EVIL}\n\ndata: x\r\u2028\u2029\u0085`;
    const message = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } };
    const attack = await answerEvents(event(JSON.stringify(message)));
    expect(messagesOf(attack)).toEqual([message]);
    expect(attack.answer.body).not.toContain('\r');
    expect(attack.answer.body.split('\n').filter((line) => line.startsWith('event:'))).toHaveLength(1);
  });

  it('U+2028, U+2029 and U+0085 go out as escapes: clients that split lines as Python does take them for line ends', async () => {
    const text = `a\u2028data: ${EVIL}\u2029\u0085`;
    const message = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text }] } };
    const { answer } = await answerEvents(event(JSON.stringify(message)));
    expect(answer.body).not.toMatch(/[\u2028\u2029\u0085]/);
  });

  it(proves('smuggling.answers', 'an answer in many lines is put together, and goes out in one'), async () => {
    const attack = await answerEvents(
      `data: {"jsonrpc":"2.0",\rdata: "id":1,\r\ndata: ${REAL.slice(REAL.indexOf('"result"'))}\n\n`,
    );
    expectRealAnswer(attack);
  });
});

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])(
    proves('smuggling.answers', '%i is not followed: credential and arguments go nowhere else'),
    async (status) => {
      const attack = await callAnsweredBy((response) =>
        response.writeHead(status, { location: `${trap.url}?EVIL` }).end(),
      );
      expectNoAnswer(attack);
      expect(attack.answer.headers.get('location')).toBeNull();
      expect(attack.arrived).toHaveLength(1);
      expect(trap.arrived).toEqual([]);
    },
  );
});

describe('headers of an upstream', () => {
  it(proves('smuggling.answers', 'do not become headers of the gateway'), async () => {
    const { answer } = await answerJson(REAL, {
      'access-control-allow-origin': '*',
      'alt-svc': 'h3=":443"',
      'clear-site-data': '"*"',
      connection: 'x-evil',
      etag: '"EVIL"',
      'mcp-session-id': 'EVIL',
      refresh: '0; url=http://evil.example',
      'sallyport-call-id': 'EVIL',
      'set-cookie': 'a=EVIL',
      'www-authenticate': 'Bearer realm="EVIL"',
      'x-ms-invocation-id': 'EVIL',
    });
    expect(answer.status).toBe(200);
    expect(answer.all).not.toMatch(/evil/i);
    const own = [
      'cache-control',
      'connection',
      'content-type',
      'date',
      'sallyport-call-id',
      'transfer-encoding',
      'x-ms-invocation-id',
    ];
    expect([...answer.headers.keys()].filter((name) => !own.includes(name) && name !== 'content-length')).toEqual([]);
  });

  it.each(['raw-id', 'two words', 'x'.repeat(2_000), 'caf\xe9'])(
    proves('smuggling.answers', 'a session id (%s) is never shown as it is'),
    async (id) => {
      scene.upstream.script = (_arrived, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': id });
        response.end(
          '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"u","version":"1"}}}',
        );
      };
      const params = '{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}';
      const { answer, records } = await scene.attack({
        body: `{"jsonrpc":"2.0","id":1,"method":"initialize","params":${params}}`,
      });
      expect(answer.all).not.toContain(id);
      expect(JSON.stringify(records)).not.toContain(id);
    },
  );
});

describe('HTTP that breaks its own rules', () => {
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
  it.each<[string, string]>([
    ['two lengths', `${head}content-length: 5\r\ncontent-length: ${EVIL.length}\r\n\r\n${EVIL}`],
    ['a length and chunks', `${head}content-length: ${EVIL.length}\r\ntransfer-encoding: chunked\r\n\r\n${EVIL}`],
    ['a length that is too long', `${head}content-length: ${EVIL.length + 10}\r\n\r\n${EVIL}`],
    ['a chunk that is no number', `${head}transfer-encoding: chunked\r\n\r\nzz\r\n${EVIL}\r\n0\r\n\r\n`],
    [
      'a header with a line break',
      `${head}mcp-session-id: a\rEVIL: b\r\ncontent-length: ${EVIL.length}\r\n\r\n${EVIL}`,
    ],
    ['40 KB of headers', `${head}x-a: ${'x'.repeat(40_000)}\r\ncontent-length: ${EVIL.length}\r\n\r\n${EVIL}`],
    ['no HTTP', EVIL],
  ])(proves('smuggling.answers', '%s: no answer'), async (_name, text) => {
    expectNoAnswer(await answerRaw(text));
  });

  it(proves('smuggling.answers', 'a second answer on the connection answers nobody’s next call'), async () => {
    const whole = (text: string) => `${head}content-length: ${text.length}\r\n\r\n${text}`;
    scene.upstream.script = (_arrived, response) => void response.socket?.write(`${whole(REAL)}${whole(EVIL)}`);
    expectRealAnswer(await scene.attack({ body: callText('read_note', '{"id":"n1"}') }));
    expectRealAnswer(await answerJson(REAL));
  });
});
