/** Masking as the configuration has it, through the gateway: rules, tokens, the deadline, and what an approver sees. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { apiToken, callTool, idOf, rpc, textOf } from './support/held-calls.ts';
import { answerResult } from './support/recording-upstream.ts';
import { APPROVING_POLICIES, PAY_TOOL, READ_TOOL, SECRET_TOOL } from './support/tools.ts';

const POLICIES = `${APPROVING_POLICIES}
@id("approvers-see-emails")
permit (principal in Group::"finance", action == Action::"reveal", resource == Server::"crm")
when { context.class == Class::"email" };
`;
const YAML = `masking:
  custom:
    salary: { column: salary }
    badge: { pattern: 'BDG-[0-9]{4}' }
  actions: { email: token, card: partial }
`;
const SERVER_YAML = `    masking:
      rules:
        - { class: salary, path: $..bonus }
`;
const NOTED = {
  ...READ_TOOL,
  outputSchema: { type: 'object', properties: { salary: { type: 'integer', minimum: 1 } }, required: ['salary'] },
};

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  const tools = [NOTED, PAY_TOOL, SECRET_TOOL];
  gateway = await startTestGateway({ policies: POLICIES, tools, yaml: YAML, serverYaml: SERVER_YAML });
  alice = await gateway.token({ user: 'alice' });
});
beforeEach(() => {
  gateway.graph.groups = 'directory';
});
afterAll(() => gateway.stop());

const read = () => callTool(gateway, alice, 'read_note', { id: '1', salary: 90_000 });
const lastOf = (kind: string) => gateway.records().findLast((each) => each.kind === kind);

describe('masking as configured', () => {
  it(
    proves('mask.field-rules', 'goes for answers and for what is recorded of requests, and keeps the output schema'),
    async () => {
      const structuredContent = { salary: 90_000, bonus: 'ten', badge: 'BDG-1234' };
      gateway.upstream.script = answerResult({
        content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
        structuredContent,
      });
      const { result } = rpc(await read());
      expect(result.structuredContent).toEqual({ salary: 1, bonus: '[masked:salary]', badge: '[masked:badge]' });
      expect(JSON.parse(result.content[0].text)).toEqual({
        salary: 0,
        bonus: '[masked:salary]',
        badge: '[masked:badge]',
      });
      expect(lastOf('intent')).toMatchObject({ request: { name: 'read_note', arguments: { id: '1', salary: 0 } } });
      expect(gateway.upstream.arrived.at(-1)?.body).toContain('"salary":90000');
    },
  );

  it(proves('mask.actions', 'gives a token of the keyring’s, the same in every answer and record'), async () => {
    gateway.upstream.script = answerResult({
      content: [{ type: 'text', text: 'ada@example.com, 4111 1111 1111 1111' }],
    });
    const first = textOf(await read());
    expect(first).toMatch(/^\[masked:email [b-t]{20}\], \[masked:card \*1111\]$/);
    expect(textOf(await read())).toBe(first);
    expect(JSON.stringify(lastOf('outcome')?.message)).toContain(`${first.split(',')[0]}, [masked:card]`);
  });

  it(proves('mask.deadline', 'withholds what it can’t look through in time, and says so'), async () => {
    const slow = await startTestGateway({
      policies: POLICIES,
      tools: [NOTED, PAY_TOOL, SECRET_TOOL],
      yaml: `${YAML}limits: { maskingMs: 50 }\n`,
    });
    try {
      // Far more than fifty milliseconds of work on any machine that runs this.
      const text = 'call 4111 1111 1111 1112 or +1 (555) 010-0199 x@y '.repeat(120_000);
      slow.upstream.script = answerResult({ content: Array.from({ length: 8 }, () => ({ type: 'text', text })) });
      const answer = rpc(await callTool(slow, await slow.token({ user: 'alice' }), 'read_note', { id: '1' }));
      expect(answer.error.message).toContain('The answer is withheld');
      expect(slow.records().findLast((each) => each.kind === 'outcome')).toMatchObject({
        status: 'withheld',
        error: { code: 'masking', detail: 'not masked within 50 ms' },
        exposure: [{ class: 'unread', outcome: 'withheld', count: 1 }],
      });
    } finally {
      await slow.stop();
    }
  });
});

describe('what an approver sees', () => {
  const show = async (user: string, id: string) => {
    const answer = await fetch(new URL(`/api/approvals/${id}`, gateway.url), {
      headers: { authorization: `Bearer ${await apiToken(gateway, user)}` },
    });
    const body: { readonly arguments?: unknown } = JSON.parse(await answer.text());
    return { status: answer.status, body };
  };
  const views = () => gateway.records().filter((each) => each.kind === 'view');

  it(
    proves('mask.approver-view', 'in clear is what policy reveals to them, on record by class before it is shown'),
    async () => {
      const id = idOf(await callTool(gateway, alice, 'pay', { amount: 5_000, note: 'to ada@example.com, BDG-1234' }));
      expect((await show('bob', id)).body.arguments).toEqual({
        amount: 5_000,
        note: 'to ada@example.com, [masked:badge]',
      });
      expect(views().at(-1)).toMatchObject({
        what: 'approval',
        subject: id,
        by: { principal: { id: '5a11e000-0000-4000-8000-0000000000b2' }, channel: 'api' },
        exposure: [
          { class: 'badge', outcome: 'masked', count: 1 },
          { class: 'email', outcome: 'revealed', count: 1 },
        ],
      });
      expect(JSON.stringify(views())).not.toContain('ada@');
      const asked = await show('alice', id);
      expect(JSON.stringify(asked.body)).not.toContain('ada@');
      expect(views().at(-1)).toMatchObject({
        exposure: [{ outcome: 'masked' }, { class: 'email', outcome: 'masked' }],
      });
    },
  );

  it(proves('mask.approver-view', 'is nothing where it can’t be recorded'), async () => {
    const id = idOf(await callTool(gateway, alice, 'pay', { amount: 5_001, note: 'to ada@example.com' }));
    gateway.store.mishap = () => 'fails';
    const shown = await show('bob', id);
    gateway.store.mishap = () => undefined;
    expect(shown.status).toBeGreaterThanOrEqual(500);
    expect(JSON.stringify(shown.body)).not.toContain('ada@');
  });
});
