/**
 * Everything that can be done once for all decisions: of each tool, the policies that can matter to it, parsed; what they
 * mention; and the schema reduced to that. Cedar keeps what it parsed under a name, in a cache that is never emptied:
 * names are unique in the process, so a later engine can't change what an earlier one decides by.
 */
import type { Config } from '../config/config.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import { collectQuorums } from './approval-polarity.ts';
import type { RecordType } from './argument-type.ts';
import type { Cedar } from './cedar.ts';
import { type CompiledItems, planItems } from './compile-items.ts';
import { type CompiledOversight, planOversight } from './compile-oversight.ts';
import { collectMentions, type Mentions, NO_MENTIONS } from './mentions.ts';
import { LIST_ACTION } from './names.ts';
import type { Policy } from './policy.ts';
import { createReducedSchema, type SchemaConfig } from './schema.ts';
import { callTarget, listTarget, mayApply } from './scope.ts';
import type { ToolAction } from './tool-action.ts';

export interface Compiled {
  readonly schema: string;
  readonly listMentions: Mentions;
  /** By server and tool. */
  readonly tools: ReadonlyMap<string, ReadonlyMap<string, CompiledTool>>;
  /** By server, each configured one. */
  readonly items: ReadonlyMap<string, CompiledItems>;
  readonly oversight: CompiledOversight;
}

export interface CompiledTool {
  readonly id: string;
  readonly server: string;
  readonly type: RecordType;
  /** What the policies on its call mention of the context. */
  readonly mentions: Mentions;
  /** Quorums that these policies test for, in configured order. */
  readonly quorums: readonly string[];
  /** Names of the parsed policies on its call, and on seeing it. */
  readonly callSet: string;
  readonly listSet: string;
}

let engines = 0;

export function compile(
  cedar: Cedar,
  config: SchemaConfig & Pick<Config, 'quorums'>,
  policies: readonly Policy[],
  tools: readonly ToolAction[],
): Compiled {
  engines += 1;
  const name = `engine-${engines}`;
  const parse = createParser(cedar, name);

  const calls = new Map(
    tools.map((tool) => [tool.id, policies.filter((policy) => mayApply(policy, callTarget(tool)))]),
  );
  const lists = new Map(
    tools.map((tool) => [tool.id, policies.filter((policy) => mayApply(policy, listTarget(tool)))]),
  );
  const items = planItems(config.servers.keys(), policies);
  const oversight = planOversight([...config.servers.keys(), GATEWAY_SERVER], policies, tools);
  // One action for all that can be seen, so one context: of every policy that matters to any of it.
  const listMentions = collectMentions([...new Set([...lists.values(), items.onList].flat())]);
  const mentions = new Map([...calls].map(([id, some]) => [id, collectMentions(some)]));

  const compiled = new Map<string, Map<string, CompiledTool>>();
  for (const { id, server, tool, type } of tools) {
    const onCall = calls.get(id) ?? [];
    const tested = collectQuorums(onCall);
    const ofServer = compiled.get(server) ?? new Map<string, CompiledTool>();
    compiled.set(server, ofServer);
    ofServer.set(tool, {
      id,
      server,
      type,
      mentions: mentions.get(id) ?? NO_MENTIONS,
      quorums: [...config.quorums.keys()].filter((quorum) => tested.has(quorum)),
      callSet: parse(onCall),
      listSet: parse(lists.get(id) ?? []),
    });
  }

  const ofActions = new Map([
    ...mentions,
    ...items.mentions,
    ...oversight.mentions,
    [LIST_ACTION, listMentions] as const,
  ]);
  const schema = createReducedSchema(config, tools, (action) => ofActions.get(action) ?? NO_MENTIONS);
  const answer = cedar.preparseSchema(name, schema);
  if (answer.type === 'failure') throw new Error('Cedar refused the schema of evaluation', { cause: answer.errors });
  return {
    schema: name,
    listMentions,
    tools: compiled,
    items: items.compile(parse),
    oversight: oversight.compile(parse),
  };
}

/** Gives a set's name; tools that the same policies matter to share one. */
function createParser(cedar: Cedar, engine: string): (policies: readonly Policy[]) => string {
  const names = new Map<string, string>();
  return (policies) => {
    const key = policies.map(({ id }) => id).join(' ');
    const known = names.get(key);
    if (known !== undefined) return known;
    const name = `${engine}-${names.size}`;
    const staticPolicies = Object.fromEntries(policies.map(({ id, span }) => [id, span.text]));
    const answer = cedar.preparsePolicySet(name, { staticPolicies });
    if (answer.type === 'failure')
      throw new Error('Cedar refused policies that it had checked', { cause: answer.errors });
    names.set(key, name);
    return name;
  };
}
