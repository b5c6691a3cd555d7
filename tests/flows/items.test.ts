/** Resources, prompts and completion by policy on URI and name: denied and absent alike, the upstream not asked (DESIGN §2, §4). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { startTestGateway, type TestGateway } from './support/gateway.ts';
import { answerEvents, answerResult } from './support/recording-upstream.ts';
import { modernCall, post, READ_TOOL } from './support/tools.ts';

const ITEM_POLICIES = `
@id("support-uses")
permit (principal in Group::"support", action in [Action::"list", Action::"read", Action::"get"], resource);

@id("not-the-payroll")
forbid (principal, action, resource == Resource::"crm/file:///payroll");

@id("not-the-lawyers-prompt")
forbid (principal, action, resource == Prompt::"crm/legal");
`;

let gateway: TestGateway;
let alice: string;

beforeAll(async () => {
  gateway = await startTestGateway({
    policies: ITEM_POLICIES,
    tools: [READ_TOOL],
    serverYaml: '    allowMethods: [vendor/ping]',
  });
  alice = await gateway.token({ user: 'alice' });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.upstream.arrived.length = 0;
  gateway.upstream.script = answerResult({ resultType: 'complete' });
});

const ask = async (method: string, params: Record<string, unknown> = {}, name?: string) => {
  const { body, headers } = modernCall(method, params, name);
  return JSON.parse((await post(gateway.url, alice, body, headers)).text);
};

describe('lists', () => {
  it(proves('mcp.items', 'of resources, templates and prompts show what policy lets the caller see'), async () => {
    gateway.upstream.script = answerResult({
      resultType: 'complete',
      resources: [{ uri: 'file:///notes' }, { uri: 'file:///payroll' }],
      resourceTemplates: [{ uriTemplate: 'file:///{name}' }],
      prompts: [{ name: 'legal' }, { name: 'summary' }],
      cacheScope: 'public',
    });
    expect((await ask('resources/list')).result).toMatchObject({
      resources: [{ uri: 'file:///notes' }],
      cacheScope: 'private',
      ttlMs: 0,
    });
    expect((await ask('resources/templates/list')).result.resourceTemplates).toHaveLength(1);
    expect((await ask('prompts/list')).result.prompts).toEqual([{ name: 'summary' }]);
  });
});

describe('what is denied', () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['resources/read', { uri: 'file:///payroll' }, 'file:///payroll'],
    ['prompts/get', { name: 'legal' }, 'legal'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'legal' }, argument: {} }, undefined],
    ['completion/complete', { ref: { type: 'ref/resource', uri: 'file:///payroll' }, argument: {} }, undefined],
    [
      'subscriptions/listen',
      { notifications: { resourceSubscriptions: ['file:///notes', 'file:///payroll'] } },
      undefined,
    ],
  ])(
    proves('mcp.items', '%s %j answers as for what is not there, and the upstream is not asked'),
    async (method, params, name) => {
      const answer = await ask(method, params, name);
      expect(answer.error).toMatchObject({ code: -32602 });
      expect(gateway.upstream.arrived).toEqual([]);
      expect(gateway.records().findLast((record) => record.kind === 'refusal')).toMatchObject({ code: 'not-visible' });
    },
  );

  it('a notice about a resource that the caller may not read is recorded and dropped', async () => {
    const notice = (uri: string) => ({ jsonrpc: '2.0', method: 'notifications/resources/updated', params: { uri } });
    gateway.upstream.script = answerEvents([notice('file:///payroll'), notice('file:///notes')]);
    const { body, headers } = modernCall('subscriptions/listen', { notifications: {} });
    const { text } = await post(gateway.url, alice, body, headers);
    expect(text).toContain('file:///notes');
    expect(text).not.toContain('payroll');
  });
});

describe('what is allowed', () => {
  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['resources/read', { uri: 'file:///notes' }, 'file:///notes'],
    ['prompts/get', { name: 'summary' }, 'summary'],
    ['completion/complete', { ref: { type: 'ref/prompt', name: 'summary' }, argument: {} }, undefined],
    ['vendor/ping', {}, undefined],
  ])(proves('mcp.items', '%s reaches the upstream'), async (method, params, name) => {
    await ask(method, params, name);
    expect(gateway.upstream.arrived).toHaveLength(1);
  });

  it(proves('mcp.cache', 'a masked resource goes out private, one that is not as the upstream said'), async () => {
    const read = (text: string) =>
      answerResult({
        resultType: 'complete',
        contents: [{ uri: 'file:///notes', text }],
        ttlMs: 60_000,
        cacheScope: 'public',
      });
    gateway.upstream.script = read('mail ada@example.com');
    expect((await ask('resources/read', { uri: 'file:///notes' }, 'file:///notes')).result).toMatchObject({
      ttlMs: 0,
      cacheScope: 'private',
    });
    gateway.upstream.script = read('nothing here');
    expect((await ask('resources/read', { uri: 'file:///notes' }, 'file:///notes')).result).toMatchObject({
      ttlMs: 60_000,
    });
  });
});
