/**
 * A small configuration for policy tests: one server, two quorums, and tools whose schemas have the shapes that matter.
 * It is built by hand, so that these tests say what policy does with a configuration, not how one is read.
 */
import type { PinnedTool, RiskLabel, ServerConfig } from '../../../shared/config/config.ts';
import type { Json, JsonObject } from '../../../shared/json/value.ts';
import { createPolicyEngine, type PolicyConfig } from '../../../shared/policy/create-engine.ts';
import type { Asker, Decision, PolicyEngine } from '../../../shared/policy/engine.ts';

export const ALICE = '5a11e000-0000-4000-8000-0000000000b1';
export const ASSISTANT = '5a11e000-0000-4000-8000-0000000000c1';
export const BOT = '5a11e000-0000-4000-8000-0000000000d2';

/** Everything is permitted: what a test forbids on top is all that can deny. */
export const PERMIT_ALL = '@id("all") permit (principal, action, resource);\n';

const TOOLS: Readonly<Record<string, JsonObject>> = {
  refund: {
    type: 'object',
    properties: { payment_id: { type: 'string' }, amount: { type: 'integer' }, reason: { type: 'string' } },
    required: ['payment_id', 'amount'],
  },
  search: {
    type: 'object',
    properties: {
      query: { type: 'string' },
      limit: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      score: { type: 'number' },
      exact: { type: 'boolean' },
      format: { enum: ['csv', 'json'] },
      tags: { type: 'array', items: { type: 'string' } },
      ids: { type: 'array', items: { type: 'integer' } },
      'sort-by': { type: ['string', 'null'] },
      place: { $ref: '#/$defs/Place' },
      filter: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      extra: { type: 'object', additionalProperties: { type: 'string' } },
      rows: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
      tree: { $ref: '#/$defs/Tree' },
    },
    $defs: {
      Place: {
        type: 'object',
        properties: { city: { type: 'string' }, zone: { type: 'integer' }, any: {} },
        required: ['city'],
      },
      Tree: { type: 'object', properties: { next: { $ref: '#/$defs/Tree' } } },
    },
  },
  ping: { type: 'object' },
};

export interface ConfigParts {
  readonly policies: string;
  readonly tools?: Readonly<Record<string, JsonObject>>;
  readonly labels?: Readonly<Record<string, readonly RiskLabel[]>>;
  readonly groups?: readonly string[];
  readonly quorums?: readonly string[];
  readonly server?: string;
}

export function createConfig(parts: ConfigParts): PolicyConfig {
  const { groups = ['support', 'finance'], quorums = ['finance', 'dba'], server: name = 'crm', tools = TOOLS } = parts;
  const server: ServerConfig = {
    name,
    url: 'https://crm.example.com/mcp',
    retention: 'standard',
    notifications: 'off',
    uninspected: 'deny',
    allowMethods: [],
    drift: 'quarantine',
    protocol: 'auto',
    privateAddresses: 'refuse',
    release: 'worker',
    tools: new Map(Object.entries(parts.labels ?? {}).map(([tool, labels]) => [tool, { labels }])),
  };
  const pinned = Object.entries(tools).map(([tool, inputSchema]): [string, PinnedTool] => [
    tool,
    { name: tool, digest: '0'.repeat(64), definition: { name: tool, inputSchema } },
  ]);
  return {
    groups: new Map(groups.map((group, index) => [group, `5a11e000-0000-4000-8000-0000000000f${index}`])),
    quorums: new Map(
      quorums.map((quorum) => [quorum, { from: [{ group: 'finance', people: 1 }], channels: ['page'] }]),
    ),
    servers: new Map([[name, server]]),
    masking: { classes: ['card', 'email'] },
    policies: { file: 'policies.cedar', text: parts.policies },
    lock: { servers: new Map([[name, new Map(pinned)]]) },
  };
}

/** Throws with every problem: a test that wants an engine wrote policies that are right. */
export function createTestEngine(parts: ConfigParts): PolicyEngine {
  const made = createPolicyEngine(createConfig(parts));
  if (!made.ok)
    throw new Error(made.error.map(({ line, column, message }) => `${line}:${column} ${message}`).join('\n'));
  return made.value;
}

/** Each problem as `line:column id: message`; none where the policies are right. */
export function problemsOf(parts: ConfigParts): readonly string[] {
  const made = createPolicyEngine(createConfig(parts));
  if (made.ok) return [];
  return made.error.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

export function user(...groups: string[]): Asker {
  return {
    principal: { kind: 'user', id: ALICE, guest: false },
    agent: { id: ASSISTANT },
    groups,
    request: { timeMs: Date.UTC(2026, 10, 22, 12), address: '192.0.2.7', era: 'modern' },
  };
}

export function app(...groups: string[]): Asker {
  return { ...user(...groups), principal: { kind: 'app', id: BOT, guest: false } };
}

export function decide(
  policies: string,
  tool: string,
  given: Readonly<Record<string, Json>>,
  asker = user(),
): Decision {
  return createTestEngine({ policies }).decideCall(asker, { server: 'crm', tool, arguments: given });
}
