/**
 * Bodies that two readers could take for two messages, or that cost more than they say (DESIGN §2.2; FACTS §1.6–7).
 * Each is refused and recorded and reaches no upstream, or arrives as exactly what policy judged.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callText } from '../flows/support/tools.ts';
import { proves } from '../requirements.ts';
import { type RawRequest, sendRaw } from './support/raw-http.ts';
import { type Scene, startScene } from './support/scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene({ limits: '  deadlineMs: 3000\n  firstByteMs: 1500' });
});
afterAll(() => scene?.end());

const READ = callText('read_note', '{"id":"n1"}');
const utf32 = (text: string) => Buffer.concat([...text].map((each) => Buffer.from([0, 0, 0, each.charCodeAt(0)])));
const bytes = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));
const withArguments = (inner: string) => callText('read_note', `{"id":"n1",${inner}}`);
const withId = (id: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"read_note","arguments":{"id":"n1"}}}`;

type Case = readonly [name: string, request: RawRequest, status: number, code: string];

async function expectRefused(request: RawRequest, status: number, code: string): Promise<void> {
  const { answer, arrived, records } = await scene.attack(request);
  expect(arrived).toEqual([]);
  expect(records.map((record) => [record.kind, record.code])).toEqual([['refusal', code]]);
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toHaveProperty('error.code');
}

describe('more than one message', () => {
  it.each<Case>([
    ['a batch', { body: `[${READ},${READ}]` }, 400, 'batch'],
    ['a batch of one', { body: `[${READ}]` }, 400, 'batch'],
    ['an empty batch', { body: '[]' }, 400, 'batch'],
    ['two texts', { body: `${READ}${READ}` }, 400, 'syntax'],
    ['two texts, a line each', { body: `${READ}\n${READ}` }, 400, 'syntax'],
    ['rubbish after it', { body: `${READ}x` }, 400, 'syntax'],
    ['NUL after it', { body: `${READ}\0` }, 400, 'syntax'],
    ['a comment', { body: `${READ}//` }, 400, 'syntax'],
    ['a record separator before it', { body: `\x1e${READ}` }, 400, 'syntax'],
    ['an answer beside the method', { body: READ.replace('"id"', '"result":{},"id"') }, 400, 'not-a-message'],
    ['a second envelope', { body: READ.replace('"id"', '"request":{},"id"') }, 400, 'not-a-message'],
  ])(proves('smuggling.bodies', '%s is refused'), (_name, request, status, code) =>
    expectRefused(request, status, code),
  );
});

describe('keys', () => {
  it.each<Case>([
    ['method twice', { body: READ.replace('"id"', '"method":"ping","id"') }, 400, 'duplicate-key'],
    ['method in another case', { body: READ.replace('"id"', '"Method":"ping","id"') }, 400, 'duplicate-key'],
    ['method in another case alone', { body: READ.replace('"method"', '"METHOD"') }, 400, 'not-a-message'],
    ['params twice', { body: READ.replace('"id"', '"params":{"name":"pay"},"id"') }, 400, 'duplicate-key'],
    ['the name twice', { body: READ.replace('"name"', '"name":"pay","name"') }, 400, 'duplicate-key'],
    ['the name twice, escaped', { body: READ.replace('"name"', '"n\\u0061me":"pay","name"') }, 400, 'duplicate-key'],
    ['the name in another case', { body: READ.replace('"name"', '"Name":"pay","name"') }, 400, 'duplicate-key'],
    ['arguments twice', { body: READ.replace('"arguments"', '"arguments":{},"arguments"') }, 400, 'duplicate-key'],
    ['arguments with a long s', { body: READ.replace('"name"', '"argumentſ":{},"name"') }, 400, 'duplicate-key'],
    ['an argument twice', { body: withArguments('"id":"n2"') }, 400, 'duplicate-key'],
    ['an argument in another case', { body: withArguments('"ID":"n2"') }, 400, 'duplicate-key'],
    ['a key twice, deep inside', { body: withArguments('"a":[{"b":{"c":1,"c":2}}]') }, 400, 'duplicate-key'],
    ['__proto__', { body: withArguments('"__proto__":{"isAdmin":true}') }, 400, 'reserved-key'],
    ['__proto__, escaped', { body: withArguments('"a":{"\\u005f_proto__":1}') }, 400, 'reserved-key'],
    ['__proto__ in the envelope', { body: READ.replace('"id"', '"__proto__":{},"id"') }, 400, 'reserved-key'],
    ['what Cedar reads as an entity', { body: callText('pay', '{"amount":1,"__entity":{}}') }, 200, 'deny'],
    ['an argument in another case alone', { body: callText('read_note', '{"Id":"n1"}') }, 200, 'arguments'],
  ])(proves('smuggling.bodies', '%s is refused'), async (_name, request, status, code) => {
    const { answer, arrived, records } = await scene.attack(request);
    expect(arrived).toEqual([]);
    expect(records.map((record) => [record.kind, record.code])).toEqual([['refusal', code]]);
    expect(answer.status).toBe(status);
  });

  it.each(['Arguments', 'ARGUMENTS', 'argumentſ', '_META'])(
    '%s alone is refused: policy sees no arguments, an upstream that folds case sees some',
    async (key) => {
      const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"route","${key}":{"region":"eu"}}}`;
      const { arrived } = await scene.attack({ body });
      expect(arrived).toEqual([]);
    },
  );

  it(proves('smuggling.bodies', 'constructor and prototype are data, and arrive as such'), async () => {
    const body = withArguments('"constructor":{"prototype":{"isAdmin":true}},"toString":1,"hasOwnProperty":null');
    const { arrived } = await scene.attack({ body });
    expect(arrived.map((one) => one.body)).toEqual([body]);
  });
});

describe('encodings', () => {
  it.each<Case>([
    ['a byte order mark', { body: `\uFEFF${READ}` }, 400, 'byte-order-mark'],
    ['UTF-16 little-endian', { body: Buffer.from(READ, 'utf16le') }, 400, 'syntax'],
    ['UTF-16 with its mark', { body: Buffer.from(`\uFEFF${READ}`, 'utf16le') }, 400, 'encoding'],
    ['UTF-16 big-endian', { body: Buffer.from(READ, 'utf16le').swap16() }, 400, 'syntax'],
    ['UTF-32', { body: utf32(READ) }, 400, 'syntax'],
    ['an overlong slash', { body: bytes(withArguments('"a":"'), [0xc0, 0xaf], '"}}}') }, 400, 'encoding'],
    ['half a sequence', { body: bytes(READ, [0xe2, 0x82]) }, 400, 'encoding'],
    ['a surrogate as bytes', { body: bytes('{"a":"', [0xed, 0xa0, 0x80], '"}') }, 400, 'encoding'],
    ['Latin-1', { body: bytes('{"a":"', [0xe9], '"}') }, 400, 'encoding'],
    ['a raw control character', { body: withArguments('"a":"\x01"') }, 400, 'syntax'],
    ['an unfinished escape', { body: withArguments('"a":"\\u12"') }, 400, 'syntax'],
  ])(proves('smuggling.bodies', '%s is refused'), (_name, request, status, code) =>
    expectRefused(request, status, code),
  );

  it(proves('smuggling.bodies', 'lone surrogates arrive as the escapes they were, in values and keys'), async () => {
    const body = withArguments('"\\ud800":"\\udfff x \\ud83d"');
    const { arrived, records } = await scene.attack({ body });
    expect(arrived.map((one) => one.body)).toEqual([body]);
    expect(records.find(({ kind }) => kind === 'intent')?.text).toContain('"\\ud800":"\\udfff x \\ud83d"');
  });
});

describe('media types', () => {
  const typed = (type: string | undefined): RawRequest => ({ body: READ, headers: [['content-type', type]] });
  const coded = (coding: string, body: Uint8Array): RawRequest => ({ body, headers: [['content-encoding', coding]] });
  const bomb = gzipSync(Buffer.from(withArguments(`"a":"${'x'.repeat(50_000_000)}"`)));
  it.each<Case>([
    ['none', typed(undefined), 415, 'media-type'],
    ['text/plain', typed('text/plain'), 415, 'media-type'],
    ['a form', typed('application/x-www-form-urlencoded'), 415, 'media-type'],
    ['multipart', typed('multipart/form-data; boundary=x'), 415, 'media-type'],
    ['one that ends in +json', typed('application/merge-patch+json'), 415, 'media-type'],
    ['one that begins alike', typed('application/jsonrequest'), 415, 'media-type'],
    ['two in one header', typed('application/json, text/plain'), 415, 'media-type'],
    ['charset utf-16', typed('application/json; charset=utf-16'), 415, 'media-type'],
    ['two charsets', typed('application/json; charset=utf-8; charset=utf-7'), 415, 'media-type'],
    ['gzip', coded('gzip', gzipSync(READ)), 415, 'content-encoding'],
    ['deflate', coded('deflate', deflateSync(READ)), 415, 'content-encoding'],
    ['a coding of its own', coded('identity', Buffer.from(READ)), 415, 'content-encoding'],
    ['a gzip bomb of 50 MB', coded('gzip', bomb), 415, 'content-encoding'],
    ['gzip that is not declared', { body: gzipSync(READ) }, 400, 'encoding'],
  ])(proves('smuggling.bodies', '%s is refused'), (_name, request, status, code) =>
    expectRefused(request, status, code),
  );
});

describe('ids', () => {
  it.each(
    ['1.0', '1e0', '1.5', 'null', 'true', '[]', '{}', '9'.repeat(1_025), `"${'x'.repeat(1_025)}"`].map(
      (id) => [id.slice(0, 12), id] as const,
    ),
  )(proves('smuggling.bodies', 'an id that readers could take for another is refused: %s'), (_start, id) =>
    expectRefused({ body: withId(id) }, 400, 'not-a-message'),
  );

  it.each(['1', '"1"', '9007199254740993', '-0', '"\\ud800"', '""', '123456789012345678901234567890'])(
    proves('smuggling.bodies', 'the id %s comes back to the last digit'),
    async (id) => {
      const { answer, arrived } = await scene.attack({ body: withId(id) });
      expect(arrived.map((one) => one.body)).toEqual([withId(id)]);
      expect(answer.body).toContain(`"id":${id},"result"`);
    },
  );

  it(proves('smuggling.bodies', 'twin ids at once each get their own answer'), async () => {
    const notes = Array.from({ length: 8 }, (_, index) => `n${index}`);
    const before = scene.upstream.script;
    scene.upstream.script = ({ body }, response) => {
      const note = /"id":"(n\d)"/.exec(body)?.[1];
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"${note}"}]}}`);
    };
    const bodies = await Promise.all(
      notes.map(async (note) => {
        const request = scene.write({ body: callText('read_note', `{"id":"${note}"}`) });
        return (await sendRaw(scene.stack.port, [request])).body;
      }),
    );
    scene.upstream.script = before;
    expect(bodies.map((body) => JSON.parse(body).result.content[0].text)).toEqual(notes);
  });
});

describe('bombs', () => {
  it.each<Case>([
    ['depth', { body: withArguments(`"a":${'['.repeat(1_000_000)}`) }, 400, 'too-deep'],
    ['depth, well formed', { body: withArguments(`"a":${'[{"b":'.repeat(40)}1${'}]'.repeat(40)}`) }, 400, 'too-deep'],
    ['5 MB', { body: withArguments(`"a":"${'x'.repeat(5_000_000)}"`) }, 413, 'too-large'],
    ['backslashes', { body: `{"a":"${'\\'.repeat(1_000_001)}` }, 400, 'syntax'],
  ])(proves('smuggling.bodies', '%s is refused at once'), async (_name, request, status, code) => {
    const startedMs = performance.now();
    await expectRefused(request, status, code);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  it(
    proves('smuggling.bodies', 'a body that only grows is cut off at the limit, whatever its length says'),
    async () => {
      const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 0x20), Buffer.from('\r\n')]);
      const head = scene.write({
        headers: [
          ['transfer-encoding', 'chunked'],
          ['content-length', undefined],
        ],
      });
      const { answer, arrived, records } = await scene.observe(() =>
        sendRaw(scene.stack.port, [head, ...Array.from({ length: 90 }, () => piece)], { deadlineMs: 5_000 }),
      );
      expect(arrived).toEqual([]);
      expect(records.map(({ code }) => code)).toEqual(['too-large']);
      expect(answer.status).toBe(413);
    },
  );

  it(proves('smuggling.bodies', 'a body given up midway takes nobody’s next request with it'), async () => {
    const statuses: (number | undefined)[] = [];
    for (let round = 0; round < 3; round += 1) {
      await scene.attack({ body: withArguments(`"a":"${'x'.repeat(5_000_000)}"`) });
      const next = Array.from({ length: 4 }, () => sendRaw(scene.stack.port, [scene.write({ body: READ })]));
      for (const { status } of await Promise.all(next)) statuses.push(status);
    }
    expect(statuses).toEqual(Array(12).fill(200));
  });

  it(proves('smuggling.bodies', '100,000 keys and as many numbers are read in bounded time, exactly'), async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `"k${index}":${index}.50`).join(',');
    const { answer, arrived } = await scene.attack({ body: withArguments(keys) });
    expect(answer.status).toBe(200);
    expect(arrived.map(({ body }) => body === withArguments(keys))).toEqual([true]);
    expect(answer.durationMs).toBeLessThan(5_000);
  });
});

describe('a body that comes slowly', () => {
  it(proves('smuggling.bodies', 'and breaks off reaches nobody'), async () => {
    const request = scene.write({ body: READ });
    const { arrived } = await scene.observe(() =>
      sendRaw(scene.stack.port, [request.subarray(0, -10)], { deadlineMs: 300 }),
    );
    expect(arrived).toEqual([]);
  });

  it('is given up within the deadline of a call, so that it cannot hold the instance for ever', async () => {
    const request = scene.write({ body: READ });
    const head = request.subarray(0, -READ.length);
    const drops = [...READ].map((each) => Buffer.from(each));
    const { answer } = await scene.observe(() =>
      sendRaw(scene.stack.port, [head, ...drops], { pauseMs: 400, deadlineMs: 8_000 }),
    );
    expect(answer.status).toBe(408);
  });
});
