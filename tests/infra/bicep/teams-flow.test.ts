/**
 * The Teams workflow, compiled by the real Bicep compiler and evaluated without Azure; what flows through it is the
 * gateway's own message and what the gateway reads. What only Azure and Teams could say (whether they take it) it cannot.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createCard } from '../../../shared/approvals/card.ts';
import { readFlowAnswer } from '../../../shared/approvals/flow/read-answer.ts';
import { createTeamsWebhook } from '../../../shared/azure/teams-webhook.ts';
import { Secret } from '../../../shared/credentials/secret.ts';
import { proves } from '../../requirements.ts';
import { makeApproval } from '../../unit/approvals/approval-fixture.ts';
import { submitsOf } from '../../unit/approvals/flow/answer-scene.ts';
import { createWorkspace, findCompiler, type Workspace } from './compiler.ts';
import { createTemplate, stringsOf, type Template } from './template.ts';

const compiler = findCompiler();
const FLOW = 'infra/teams/flow.bicep';
const CLIENT_ID = '5a11e000-0000-4000-8000-0000000000c0';
const IDENTITY = '/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-flow';
const parameters = `using 'flow.bicep'
param name = 'logic-flow'
param location = 'westeurope'
param tags = {}
param identityId = '${IDENTITY}'
param publicUrl = 'https://gateway.example.com'
param entraClientId = '${CLIENT_ID}'
param channel = { teamId: '5a11e000-0000-4000-8000-0000000000e0', channelId: '19:x@thread.tacv2' }
param vaultName = 'kv-flow'
param workspaceId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.OperationalInsights/workspaces/log'
`;

/** What the Teams connector gives the workflow when somebody has pressed a button, as far as we know it. */
const response = (data: unknown) => ({
  responseTime: '2026-11-22T12:00:00.0000000Z',
  messageId: '1763812800000',
  responder: {
    objectId: '5a11e000-0000-4000-8000-0000000000b2',
    tenantId: '5a11e000-0000-4000-8000-000000000001',
    email: 'bob@sallyport.example',
    userPrincipalName: 'bob@sallyport.example',
    displayName: 'Bob Banks',
  },
  data,
});

const partSchema = z.looseObject({ type: z.string(), runAfter: z.record(z.string(), z.array(z.string())).optional() });
const definitionSchema = z.looseObject({
  triggers: z.object({ Card: partSchema.extend({ inputs: z.looseObject({ schema: z.unknown() }) }) }),
  actions: z.record(z.string(), partSchema.extend({ inputs: z.unknown() })),
});

describe.skipIf(compiler === undefined)('the workflow', () => {
  let workspace: Workspace;
  let template: Template;
  let definition: z.output<typeof definitionSchema>;

  beforeAll(async () => {
    workspace = createWorkspace(compiler ?? '');
    workspace.write('infra/teams/flow.bicepparam', parameters);
    template = createTemplate(await workspace.snapshot('infra/teams/flow.bicepparam'));
    definition = definitionSchema.parse(template.one('Microsoft.Logic/workflows').properties.definition);
  });
  afterAll(() => workspace.remove());

  const inputsOf = (name: string): unknown => definition.actions[name]?.inputs;

  it(
    proves('teams.flow-deployed', 'compiles without a word of the compiler or the linter, and is formatted'),
    async () => {
      expect(await workspace.run('lint', FLOW)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      const before = workspace.read(FLOW);
      await workspace.run('format', FLOW);
      expect(workspace.read(FLOW)).toBe(before);
      expect(template.diagnostics).toEqual([]);
      expect(template.all.map(({ type }) => type).toSorted()).toEqual([
        'Microsoft.Insights/diagnosticSettings',
        'Microsoft.KeyVault/vaults/secrets',
        'Microsoft.Logic/workflows',
        'Microsoft.Web/connections',
      ]);
    },
  );

  it(proves('teams.flow-deployed', 'takes what the gateway posts, and gives Teams the card as it is'), async () => {
    const answer = { card: '0'.repeat(32), round: 1 };
    const card = createCard(makeApproval(), { publicUrl: 'https://gateway.example.com', mayReply: false, answer });
    const message = await postedBy(card);
    const schema = z.fromJSONSchema(z.record(z.string(), z.json()).parse(definition.triggers.Card.inputs.schema));
    expect(schema.safeParse(message).success).toBe(true);
    expect(schema.safeParse({ ...message, attachments: [] }).success).toBe(false);
    const asked = evaluate(inputsOf('Ask'), { triggerBody: message });
    expect(asked).toMatchObject({ body: { notificationUrl: '@listCallbackUrl()' } });
    const shown = z.object({ body: z.object({ body: z.object({ messageBody: z.string() }) }) }).parse(asked);
    expect(JSON.parse(shown.body.body.messageBody)).toEqual(card);

    const [approve] = submitsOf(card);
    const bodies = { Ask: response({ ...(approve as object), approveReason: 'why' }) };
    const told = evaluate(inputsOf('Tell'), { bodies, outputs: { Answered_at: '2026-11-22T12:00:01.2345678Z' } });
    const { body } = z.object({ body: z.unknown() }).parse(told);
    expect(readFlowAnswer(Buffer.from(JSON.stringify(body)))).toMatchObject({
      tenant: '5a11e000-0000-4000-8000-000000000001',
      person: { id: '5a11e000-0000-4000-8000-0000000000b2', name: 'Bob Banks' },
      approval: makeApproval().id,
      verdict: 'approve',
      evidence: makeApproval().evidence,
      reason: 'why',
      sentMs: Date.UTC(2026, 10, 22, 12, 0, 1, 234),
      ...answer,
    });
  });

  it(
    proves('teams.flow-deployed', 'proves itself by its identity, to the gateway alone, and follows no other address'),
    () => {
      expect(inputsOf('Tell')).toMatchObject({
        method: 'POST',
        uri: 'https://gateway.example.com/teams/flow',
        authentication: { type: 'ManagedServiceIdentity', identity: IDENTITY, audience: `api://${CLIENT_ID}` },
      });
      const calls = Object.values(definition.actions).filter(({ type }) => type === 'Http');
      expect(calls).toHaveLength(1);
    },
  );

  it('says below the card what the gateway answered, or that it did not, and then counts as failed', () => {
    expect(definition.actions.Say?.runAfter).toEqual({ Tell: ['Succeeded'] });
    const bodies = { Ask: response({}), Tell: { text: 'Taken: you approve K7Q2XY.' } };
    expect(evaluate(inputsOf('Say'), { bodies })).toMatchObject({
      body: { parentMessageId: '1763812800000', messageBody: '<p>Taken: you approve K7Q2XY.</p>' },
    });
    expect(definition.actions.Say_that_nobody_heard?.runAfter).toEqual({ Tell: ['Failed', 'TimedOut'] });
    expect(definition.actions.Fail).toMatchObject({ type: 'Terminate', inputs: { runStatus: 'Failed' } });
  });

  it(proves('teams.flow-deployed', 'leaves its URL in the vault and nowhere else, and no card in its history'), () => {
    const { properties } = template.one('Microsoft.KeyVault/vaults/secrets');
    expect(properties.value).toMatch(
      /^\[listCallbackUrl\(resourceId\(.*'logic-flow', 'Card'\), '2019-05-01'\)\.value]$/,
    );
    const others = template.all.filter(({ type }) => type !== 'Microsoft.KeyVault/vaults/secrets');
    const places = [...stringsOf({ outputs: template.outputs, others })].filter(([, text]) =>
      /listCallbackUrl/i.test(text),
    );
    // Of the workflow's own: where Teams tells it of an answer.
    expect(places.map(([path]) => path.split('/').slice(-4).join('/'))).toEqual(['Ask/inputs/body/notificationUrl']);
    const seen = [definition.triggers.Card, ...Object.values(definition.actions)]
      .filter(({ type }) => type !== 'Compose' && type !== 'Terminate')
      .filter(({ runtimeConfiguration }) => JSON.stringify(runtimeConfiguration) !== UNSEEN);
    expect(seen).toEqual([]);
  });

  it(proves('teams.flow-deployed', 'shows nobody in the portal what its runs took and gave'), () => {
    expect(template.one('Microsoft.Logic/workflows').properties.accessControl).toEqual({
      contents: { allowedCallerIpAddresses: [{ addressRange: '0.0.0.0-0.0.0.0' }] },
    });
  });

  it('leaves a connection alone that somebody has consented to', async () => {
    workspace.write('infra/teams/stands.bicepparam', `${parameters}param connectionStands = true\n`);
    const again = createTemplate(await workspace.snapshot('infra/teams/stands.bicepparam'));
    expect(again.of('Microsoft.Web/connections')).toEqual([]);
    expect(again.of('Microsoft.Logic/workflows')).toHaveLength(1);
  });
});

const UNSEEN = '{"secureData":{"properties":["inputs","outputs"]}}';

/** What the gateway's own client sends to the workflow's URL. */
async function postedBy(card: ReturnType<typeof createCard>): Promise<Record<string, unknown>> {
  const sent: string[] = [];
  const version = { value: new Secret('https://flow.example.com/?sig=x'), version: '1' };
  const poster = createTeamsWebhook({
    url: { current: async () => version, newerThan: async () => undefined },
    fetch: async (_url, init) => {
      sent.push(String(init?.body));
      return new Response(null, { status: 202 });
    },
  });
  await poster.post(card);
  return z.record(z.string(), z.unknown()).parse(JSON.parse(sent[0] ?? ''));
}

interface Run {
  readonly triggerBody?: unknown;
  readonly bodies?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The few expressions of this workflow, as Logic Apps evaluates them; throws for any other. */
function evaluate(value: unknown, run: Run): unknown {
  if (typeof value === 'string') return evaluateText(value, run);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => evaluate(each, run));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, evaluate(each, run)]));
}

const LEFT_AS_THEY_ARE = ['@listCallbackUrl()', "@parameters('$connections')['teams']['connectionId']"];

function evaluateText(text: string, run: Run): unknown {
  if (LEFT_AS_THEY_ARE.includes(text)) return text;
  if (/^@[^{]/.test(text)) return evaluateExpression(text.slice(1), run);
  return text.replace(/@\{([^}]*)\}/g, (_whole, expression: string) => {
    const result = evaluateExpression(expression, run);
    return typeof result === 'string' ? result : JSON.stringify(result);
  });
}

function evaluateExpression(expression: string, run: Run): unknown {
  const card = /^string\(first\((\w+\(\)[^)]*)\)(.*)\)$/.exec(expression);
  if (card) {
    const [list] = z.array(z.unknown()).parse(evaluateExpression(card[1] ?? '', run));
    return JSON.stringify(walk(list, card[2] ?? ''));
  }
  if (expression === "encodeURIComponent('Channel')") return 'Channel';
  const [, source, name = '', path = ''] =
    /^(triggerBody|body|outputs)\((?:'(\w+)')?\)((?:\?\['\w+'\])*)$/.exec(expression) ?? [];
  if (source === 'triggerBody') return walk(run.triggerBody, path);
  if (source === 'body') return walk(run.bodies?.[name], path);
  if (source === 'outputs') return walk(run.outputs?.[name], path);
  throw new Error(`nobody knows ${expression}`);
}

function walk(value: unknown, path: string): unknown {
  const keys = [...path.matchAll(/\?\['(\w+)'\]/g)].map(([, key = '']) => key);
  return keys.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : null),
    value,
  );
}
