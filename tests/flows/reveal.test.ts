/** What a caller sees in clear, and what the record says of it: reveals by policy, and the exposure of what was delivered. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { callTool, decide, idOf, recordsOf, rpc, textOf } from './support/held-calls.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, PAY_TOOL, post, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
const SUPPORT = '5a11e000-0000-4000-8000-0000000000a1';
const FINANCE = '5a11e000-0000-4000-8000-0000000000a2';
const SAID = 'ada@example.com paid with 4111 1111 1111 1111';
const SHOWN = 'ada@example.com paid with [masked:card]';
const HIDDEN = '[masked:email] paid with [masked:card]';

const POLICIES = `${APPROVING_POLICIES}
@id("finance-sees-emails")
permit (principal in Group::"finance", action == Action::"reveal", resource == Server::"crm")
when { context.class == Class::"email" };
`;

let gateway: TestGateway;
/** In support alone, and in finance as well. */
let alice: string;
let both: string;
let amount = 10_000;

beforeAll(async () => {
  gateway = await startTestGateway({ policies: POLICIES, tools: [READ_TOOL, PAY_TOOL, SECRET_TOOL] });
  [alice, both] = await Promise.all([
    gateway.token({ user: 'alice', groups: [SUPPORT] }),
    gateway.token({ user: 'alice', groups: [SUPPORT, FINANCE] }),
  ]);
});
beforeEach(() => {
  amount += 1;
  gateway.graph.groups = 'directory';
  gateway.graph.directory.set(ALICE, [SUPPORT, FINANCE]);
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ content: [{ type: 'text', text: SAID }] });
});
afterAll(() => gateway.stop());

const read = (token: string) => callTool(gateway, token, 'read_note', { id: '1' });
const lastOf = (kind: string) => gateway.records().findLast((each) => each.kind === kind);
const messageOf = (record: Record<string, unknown> | undefined) => JSON.stringify(record?.message);

describe('what a call shows', () => {
  it(
    proves('mask.reveal', 'is masked for who may not see it, and in clear where policy reveals the class'),
    async () => {
      expect(textOf(await read(alice))).toBe(HIDDEN);
      expect(lastOf('outcome')).toMatchObject({
        exposure: [
          { class: 'card', outcome: 'masked', count: 1 },
          { class: 'email', outcome: 'masked', count: 1 },
        ],
      });
      expect(textOf(await read(both))).toBe(SHOWN);
      expect(lastOf('outcome')).toMatchObject({
        exposure: [
          { class: 'card', outcome: 'masked', count: 1 },
          { class: 'email', outcome: 'revealed', count: 1 },
        ],
      });
      expect(messageOf(lastOf('outcome'))).toContain(HIDDEN);
    },
  );

  it(proves('mask.exposure', 'counts event by event in a stream, and what is not handed on as withheld'), async () => {
    const updated = { jsonrpc: '2.0', method: 'notifications/tasks/status', params: { statusMessage: SAID } };
    gateway.upstream.script = answerEvents([
      { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: SAID } },
      updated,
      { jsonrpc: '2.0', id: 1, result: { content: [{ type: 'text', text: SAID }] } },
    ]);
    const { text } = await read(both);
    expect(text).toContain(SHOWN);
    expect(text).not.toContain('statusMessage');
    const events = gateway.records().filter(({ kind }) => kind === 'event');
    expect(events.map(({ exposure }) => exposure)).toEqual([
      [
        { class: 'card', outcome: 'masked', count: 1 },
        { class: 'email', outcome: 'revealed', count: 1 },
      ],
      [
        { class: 'card', outcome: 'withheld', count: 1 },
        { class: 'email', outcome: 'withheld', count: 1 },
      ],
    ]);
    expect(lastOf('outcome')).toMatchObject({ exposure: [{ outcome: 'masked' }, { outcome: 'revealed' }] });
  });

  it(proves('mask.exposure', 'counts as withheld where nothing of it was delivered'), async () => {
    const image = { type: 'image', mimeType: 'image/png', data: 'iVBORw0KGgo=' };
    gateway.upstream.script = answerResult({ content: [{ type: 'text', text: SAID }, image] });
    const { error } = rpc(await read(both));
    expect(error.message).toBe('The answer is withheld: it could not be inspected or recorded.');
    expect(lastOf('outcome')).toMatchObject({
      status: 'withheld',
      exposure: [
        { class: 'binary', outcome: 'withheld', count: 1 },
        { class: 'card', outcome: 'withheld', count: 1 },
        { class: 'email', outcome: 'withheld', count: 1 },
      ],
    });
  });

  it(proves('mask.reveal', 'is masked in an error too, unless policy reveals it'), async () => {
    gateway.upstream.script = ({ body }, response) => {
      const { id } = JSON.parse(body);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32_000, message: SAID, data: { said: SAID } } }),
      );
    };
    expect(rpc(await read(alice)).error).toEqual({ code: -32_000, message: HIDDEN, data: { said: HIDDEN } });
    expect(rpc(await read(both)).error).toEqual({ code: -32_000, message: SHOWN, data: { said: SHOWN } });
  });

  it(proves('mask.reveal', 'of a list is no tool’s, and revealed all the same'), async () => {
    gateway.upstream.script = answerResult({ tools: [READ_TOOL], _meta: { owner: 'ada@example.com' } });
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    expect((await post(gateway.url, alice, body)).text).not.toContain('ada@');
    expect((await post(gateway.url, both, body)).text).toContain('"owner":"ada@example.com"');
  });
});

describe('a kept answer', () => {
  /** Held for who sees e-mail addresses, approved and run. */
  async function runHeld(): Promise<string> {
    const id = idOf(await callTool(gateway, both, 'pay', { amount }));
    await decide(gateway, 'bob', id, { verdict: 'approve', reason: '' });
    await gateway.deliverMessages();
    return id;
  }

  it(proves('mask.reveal-kept', 'shows what policy revealed when it ran, and still reveals'), async () => {
    const id = await runHeld();
    expect(gateway.records().findLast((each) => each.kind === 'outcome')).toMatchObject({ exposure: [] });
    expect(textOf(await callTool(gateway, both, 'pay', { amount }))).toContain(SHOWN);
    expect(recordsOf(gateway, id).findLast((each) => each.kind === 'delivery')).toMatchObject({
      exposure: [
        { class: 'card', outcome: 'masked', count: 1 },
        { class: 'email', outcome: 'revealed', count: 1 },
      ],
    });
  });

  it(proves('mask.reveal-kept', 'is withheld once policy no longer reveals what stands in it'), async () => {
    const id = await runHeld();
    const collected = textOf(await callTool(gateway, alice, 'pay', { amount }));
    expect(collected).not.toContain('ada@example.com');
    expect(collected).toContain('policy no longer lets you see what it shows');
    expect(recordsOf(gateway, id).findLast((each) => each.kind === 'delivery')).toMatchObject({
      error: { code: 'policy', detail: 'policy no longer reveals email' },
      exposure: [
        { class: 'card', outcome: 'withheld', count: 1 },
        { class: 'email', outcome: 'withheld', count: 1 },
      ],
    });
    expect(textOf(await callTool(gateway, both, 'pay', { amount }))).toContain(SHOWN);
  });
});
