/**
 * The Cedar schema, generated from gateway.yaml and tools.lock.json (DESIGN §4). Names are enumerated, so that a misspelt
 * one fails at load; every tool's call is an action of its own with typed arguments. It is JSON, never Cedar text: no
 * name from a file or an upstream can break out of a string.
 */
import { CHANNELS } from '../config/channels.ts';
import type { Config } from '../config/config.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import type { ArgumentType, RecordType } from './argument-type.ts';
import type { Mentions } from './mentions.ts';
import {
  APPROVE_ACTION,
  CALL_ACTION,
  CONTENT_ACTIONS,
  DUTIES,
  ERAS,
  REVEAL_ACTION,
  RISK_LABELS,
  USE_ACTION,
} from './names.ts';
import type { ToolAction } from './tool-action.ts';

/** Cedar's JSON schema, as far as we write it. */
export type SchemaType =
  | { readonly type: 'String' | 'Long' | 'Boolean' }
  | { readonly type: 'Extension'; readonly name: 'datetime' | 'decimal' | 'ipaddr' }
  | { readonly type: 'Entity'; readonly name: string }
  | { readonly type: 'Set'; readonly element: SchemaType }
  | SchemaRecord;

export interface SchemaRecord {
  readonly type: 'Record';
  readonly attributes: Record<string, SchemaType & { readonly required?: boolean }>;
}

interface SchemaAction {
  readonly memberOf?: { readonly id: string }[];
  readonly appliesTo?: {
    readonly principalTypes: string[];
    readonly resourceTypes: string[];
    readonly context: SchemaRecord;
  };
}

export type PolicySchema = Record<
  '',
  {
    readonly entityTypes: Record<string, { enum: string[] } | { memberOfTypes?: string[]; shape?: SchemaRecord }>;
    readonly actions: Record<string, SchemaAction>;
  }
>;

export type SchemaConfig = Pick<Config, 'groups' | 'quorums' | 'servers' | 'masking'>;

/** What policies are checked against: everything that they may name. */
export function createFullSchema(config: SchemaConfig, tools: readonly ToolAction[]): PolicySchema {
  return createSchema(config, tools, (_action, context) => context);
}

/** What requests are evaluated against: of each action's context, only what policies mention. */
export function createReducedSchema(
  config: SchemaConfig,
  tools: readonly ToolAction[],
  mentionsFor: (action: string) => Mentions,
): PolicySchema {
  return createSchema(config, tools, (action, context) => reduce(context, mentionsFor(action)));
}

function createSchema(
  config: SchemaConfig,
  tools: readonly ToolAction[],
  contextOf: (action: string, context: SchemaRecord) => SchemaRecord,
): PolicySchema {
  const applies = (action: string, principalTypes: string[], resourceTypes: string[], context: SchemaRecord) => ({
    appliesTo: { principalTypes, resourceTypes, context: contextOf(action, context) },
  });
  const groups: [string, SchemaAction][] = [USE_ACTION, ...RISK_LABELS].map((name) => [name, {}]);
  const content = Object.entries(CONTENT_ACTIONS).map(([name, types]): [string, SchemaAction] => [
    name,
    { memberOf: [{ id: USE_ACTION }], ...applies(name, ['User', 'App'], [...types], asked({})) },
  ]);
  const calls = tools.map((tool): [string, SchemaAction] => [
    tool.id,
    {
      memberOf: tool.groups.map((id) => ({ id })),
      ...applies(
        tool.id,
        ['User', 'App'],
        ['Tool'],
        asked({ approval: APPROVAL, justification: JUSTIFICATION, args: writeRecord(tool.type) }),
      ),
    },
  ]);
  const onServers = DUTIES.map((name): [string, SchemaAction] => [
    name,
    applies(name, ['User', 'App'], ['Server'], asked({})),
  ]);

  return {
    '': {
      entityTypes: {
        Group: enumerate(config.groups.keys()),
        Quorum: enumerate(config.quorums.keys()),
        Server: enumerate([...config.servers.keys(), GATEWAY_SERVER]),
        Class: enumerate(config.masking.classes),
        Channel: enumerate(CHANNELS),
        Era: enumerate(ERAS),
        User: { memberOfTypes: ['Group'], shape: record({ guest: { type: 'Boolean' } }) },
        App: { memberOfTypes: ['Group'] },
        Agent: {},
        Tool: { memberOfTypes: ['Server'] },
        Resource: { memberOfTypes: ['Server'] },
        Prompt: { memberOfTypes: ['Server'] },
      },
      actions: Object.fromEntries([
        ...groups,
        [CALL_ACTION, { memberOf: [{ id: USE_ACTION }] }],
        ...content,
        ...calls,
        [REVEAL_ACTION, applies(REVEAL_ACTION, ['User', 'App'], ['Server'], asked(REVEALING))],
        [APPROVE_ACTION, applies(APPROVE_ACTION, ['User'], ['Tool'], asked(APPROVING))],
        ...onServers,
      ]),
    },
  };
}

const APPROVAL = record({ met: { type: 'Set', element: entity('Quorum') } });

/** The agent's own words, which it may leave out. */
const JUSTIFICATION = { type: 'String', required: false } as const;

/** Who asked is one of two kinds, so each is optional. */
const APPROVING = {
  requesterUser: { ...entity('User'), required: false },
  requesterApp: { ...entity('App'), required: false },
  channel: entity('Channel'),
};

/** A resource or a prompt is no tool's: a policy can't look at one without asking first whether it is there. */
const REVEALING = { class: entity('Class'), tool: { ...entity('Tool'), required: false } };

/** An address that is not known is absent: a policy can't look at it without asking first whether it is there. */
const REQUEST = record({
  time: { type: 'Extension', name: 'datetime' },
  address: { type: 'Extension', name: 'ipaddr', required: false },
  era: entity('Era'),
});

function asked(attributes: SchemaRecord['attributes']): SchemaRecord {
  return record({ agent: entity('Agent'), request: REQUEST, ...attributes });
}

function record(attributes: SchemaRecord['attributes']): SchemaRecord {
  return { type: 'Record', attributes };
}

function entity(name: string): SchemaType {
  return { type: 'Entity', name };
}

/** Cedar wants at least one name. This one is no one's, and says in Cedar's hints why nothing fits. */
function enumerate(names: Iterable<string>): { enum: string[] } {
  const known = [...names];
  return { enum: known.length > 0 ? known : ['(none is configured)'] };
}

function writeRecord({ attributes }: RecordType): SchemaRecord {
  const written = [...attributes].map(([name, { type, required, nullable }]) => [
    name,
    { ...writeType(type), required: required && !nullable },
  ]);
  return record(Object.fromEntries(written));
}

function writeType(type: ArgumentType): SchemaType {
  switch (type.kind) {
    case 'string':
      return { type: 'String' };
    case 'long':
      return { type: 'Long' };
    case 'boolean':
      return { type: 'Boolean' };
    case 'decimal':
      return { type: 'Extension', name: 'decimal' };
    case 'set':
      return { type: 'Set', element: writeType(type.element) };
    case 'record':
      return writeRecord(type);
  }
}

function reduce(type: SchemaRecord, mentions: Mentions): SchemaRecord {
  if (mentions.isWhole) return type;
  const kept: [string, SchemaRecord['attributes'][string]][] = [];
  for (const [name, inside] of mentions.inside) {
    const attribute = Object.hasOwn(type.attributes, name) ? type.attributes[name] : undefined;
    if (attribute === undefined) continue;
    kept.push([name, attribute.type === 'Record' ? { ...attribute, ...reduce(attribute, inside) } : attribute]);
  }
  return record(Object.fromEntries(kept));
}
