/** Durable before and after, or not at all (DESIGN §2.5, §2.9), and what a hostile or broken upstream leads to. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { callText, PAY_TOOL, POLICIES, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const CALL = callText('read_note', '{"id":"n1"}');
const PERSONAL = 'Mail ada@example.com, SSN 536-22-1234, card 4111 1111 1111 1111, phone +1 415-555-0134.';

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: POLICIES,
    tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL],
    serverYaml: '    notifications: on',
    yaml: 'limits: { firstByteMs: 700, deadlineMs: 1500, streamMs: 400, answerBytes: 100000, eventBytes: 50000 }',
  });
  alice = await gateway.token({ user: 'alice' });
  // The first record of a session opens its segment; the tests below count appends.
  await post(gateway.url, alice, CALL);
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: 'done' }] });
});
afterEach(() => {
  gateway.store.mishap = () => undefined;
});

const kinds = (since: number) =>
  gateway
    .records()
    .slice(since)
    .map((record) => record.kind);
const lastOutcome = () => gateway.records().findLast((record) => record.kind === 'outcome');

describe('before and after', () => {
  it(
    proves(
      'transcript.before-after',
      'the intent stands before the upstream’s first byte, the outcome before the answer',
    ),
    async () => {
      const before = gateway.records().length;
      let seenByUpstream: unknown[] = [];
      gateway.upstream.script = (arrived, response) => {
        seenByUpstream = kinds(before);
        return answerResult({ content: [] })(arrived, response);
      };
      await post(gateway.url, alice, CALL);
      expect(seenByUpstream).toEqual(['intent', 'signature']);
      expect(kinds(before)).toEqual(['intent', 'signature', 'outcome', 'signature']);
    },
  );

  it(proves('transcript.blob-down', 'with the store down no call goes out'), async () => {
    gateway.store.mishap = () => 'fails';
    const shortened = vi.spyOn(gateway.store, 'append');
    const answer = await post(gateway.url, alice, CALL);
    shortened.mockRestore();
    expect(JSON.parse(answer.text).error).toMatchObject({ code: 1004 });
    expect(gateway.upstream.arrived).toEqual([]);
  }, 30_000);

  it(proves('transcript.blob-down', 'down after the call: the answer is withheld'), async () => {
    gateway.upstream.script = (arrived, response) => {
      gateway.store.mishap = () => 'fails';
      return answerResult({ content: [{ type: 'text', text: 'the answer' }] })(arrived, response);
    };
    const answer = await post(gateway.url, alice, CALL);
    expect(JSON.parse(answer.text).error).toMatchObject({ code: 1003 });
    expect(answer.text).not.toContain('the answer');
    expect(gateway.upstream.arrived).toHaveLength(1);
  }, 30_000);

  it('personal data of arguments and answers is masked in the record, and counted', async () => {
    gateway.upstream.script = answerResult({
      content: [{ type: 'text', text: PERSONAL }],
      structuredContent: { ssn: '536-22-1234' },
    });
    const answer = await post(gateway.url, alice, callText('pay', `{"amount":5,"note":${JSON.stringify(PERSONAL)}}`));
    const records = JSON.stringify(gateway.records());
    for (const secret of ['ada@example.com', '536-22-1234', '4111', '555-0134']) {
      expect(records).not.toContain(secret);
      expect(answer.text).not.toContain(secret);
    }
    expect(lastOutcome()).toMatchObject({
      exposure: expect.arrayContaining([
        { class: 'us-ssn', outcome: 'masked', count: 2 },
        { class: 'card', outcome: 'masked', count: 1 },
      ]),
    });
  });
});

describe('what nobody can look into', () => {
  it(proves('masking.fail-closed', 'is withheld on a server that does not allow it, and counted'), async () => {
    gateway.upstream.script = answerResult({ content: [{ type: 'image', data: 'aGVsbG8=', mimeType: 'image/png' }] });
    const answer = await post(gateway.url, alice, CALL);
    expect(JSON.parse(answer.text).error.code).toBe(1003);
    expect(answer.text).not.toContain('aGVsbG8=');
    expect(lastOutcome()).toMatchObject({
      status: 'withheld',
      error: { code: 'uninspected' },
      exposure: [{ class: 'binary', outcome: 'withheld', count: 1 }],
    });
  });
});

describe('events', () => {
  const note = {
    jsonrpc: '2.0',
    method: 'notifications/message',
    params: { level: 'info', data: 'mail ada@example.com' },
  };
  const result = { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: 'ok' }] } };

  it(proves('mcp.sse', 'each event is masked and durable before it is flushed'), async () => {
    const before = gateway.records().length;
    gateway.upstream.script = answerEvents([note, result]);
    const answer = await post(gateway.url, alice, CALL);
    const events = answer.text.split('\n\n').filter((event) => event.startsWith('event: message'));
    expect(events).toHaveLength(2);
    expect(events[1]).toContain(JSON.stringify(result));
    expect(kinds(before).filter((kind) => kind !== 'signature')).toEqual(['intent', 'event', 'outcome']);
    expect(JSON.stringify(gateway.records())).not.toContain('ada@example.com');
  });

  it(proves('stream.lifetime', 'a stream of notices ends with its lifetime, and that is no failure'), async () => {
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(note)}\n\n`);
    };
    const answer = await fetch(gateway.url, {
      headers: { authorization: `Bearer ${alice}`, accept: 'text/event-stream' },
    });
    expect(await answer.text()).toContain('notifications/message');
    expect(lastOutcome()).toMatchObject({ status: 'answered' });
  });

  it('a stream that ends without the answer says that nobody knows', async () => {
    gateway.upstream.script = answerEvents([note]);
    const answer = await post(gateway.url, alice, CALL);
    expect(answer.text).toContain('Whether the call took effect is not known');
    expect(lastOutcome()).toMatchObject({ status: 'unknown', error: { code: 'broken-off' } });
  });

  it('a client that goes away is recorded, and the upstream hears of it', async () => {
    const before = gateway.upstream.brokenOff();
    gateway.upstream.script = (_arrived, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(note)}\n\n`);
    };
    const leave = new AbortController();
    const headers = {
      authorization: `Bearer ${alice}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await fetch(gateway.url, { method: 'POST', body: CALL, headers, signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await vi.waitFor(() => expect(gateway.upstream.brokenOff()).toBe(before + 1));
    await vi.waitFor(() => expect(lastOutcome()).toMatchObject({ status: 'abandoned' }));
    // A legacy disconnect is no cancel: nothing more was sent.
    expect(gateway.upstream.arrived).toHaveLength(1);
  });
});

describe('an upstream that misbehaves', () => {
  it.each<[string, number, Record<string, string>, string, string, string]>([
    ['refuses our credential', 401, {}, '', 'failed', 'credential-refused'],
    ['forbids', 403, { 'www-authenticate': 'Bearer realm="upstream"' }, '', 'failed', 'credential-refused'],
    ['redirects', 302, { location: 'http://127.0.0.1:1/steal' }, '', 'unknown', 'redirect'],
    ['breaks', 500, { 'content-type': 'text/html' }, '<h1>stack trace</h1>', 'unknown', 'status'],
    ['sends no JSON', 200, { 'content-type': 'text/html' }, '<h1>hi</h1>', 'unknown', 'media-type'],
    ['sends broken JSON', 200, { 'content-type': 'application/json' }, '{"jsonrpc":', 'unknown', 'not-a-message'],
    [
      'sends a duplicate key',
      200,
      { 'content-type': 'application/json' },
      '{"jsonrpc":"2.0","id":1,"id":2,"result":{}}',
      'unknown',
      'not-a-message',
    ],
    [
      'answers somebody else',
      200,
      { 'content-type': 'application/json' },
      '{"jsonrpc":"2.0","id":2,"result":{}}',
      'unknown',
      'not-a-message',
    ],
    [
      'compresses',
      200,
      { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      'x',
      'unknown',
      'media-type',
    ],
    [
      'sends too much',
      200,
      { 'content-type': 'application/json' },
      `{"a":"${'x'.repeat(200_000)}"}`,
      'unknown',
      'too-large',
    ],
    ['accepts a request without an answer', 202, {}, '', 'unknown', 'not-a-message'],
  ])('that %s is not believed, and recorded', async (_name, status, headers, body, outcome, code) => {
    gateway.upstream.script = (_arrived, response) => void response.writeHead(status, headers).end(body);
    const answer = await post(gateway.url, alice, CALL);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(JSON.parse(answer.text)).toMatchObject({ id: 1, error: { code: expect.any(Number) } });
    expect(answer.text).not.toContain('stack trace');
    expect(lastOutcome()).toMatchObject({ status: outcome, error: { code } });
  });

  it('that never answers is given up, and nobody claims to know what it did', async () => {
    gateway.upstream.script = () => undefined;
    const answer = await post(gateway.url, alice, CALL);
    expect(answer.text).toContain('Whether the call took effect is not known');
    expect(lastOutcome()).toMatchObject({ status: 'unknown', error: { code: 'timeout' } });
  });

  it('that closes the connection: the call is unknown', async () => {
    gateway.upstream.script = (_arrived, response) => void response.destroy();
    await post(gateway.url, alice, CALL);
    expect(lastOutcome()).toMatchObject({ status: 'unknown', error: { code: 'unreachable' } });
  });
});
