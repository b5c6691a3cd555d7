/**
 * Makes the policy engine from a configuration (DESIGN §4): generate the schema, check the policies against it, parse
 * both once, and decide. A configuration with any mistake makes no engine. What an engine remembers of a question is its
 * outcome, which is always the same.
 */
import type { Config, ConfigProblem } from '../config/config.ts';
import { err, ok, type Result } from '../result.ts';
import { type Cedar, loadCedar } from './cedar.ts';
import { checkPolicies } from './check-policies.ts';
import { type Compiled, type CompiledTool, compile } from './compile.ts';
import type { CompiledKind } from './compile-items.ts';
import { createCallDecider } from './decide-call.ts';
import type { Asker, Decision, Item, PolicyEngine } from './engine.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import { type Circumstances, decide, type Explainer } from './hold.ts';
import type { Mentions } from './mentions.ts';
import { itemId, LIST_ACTION } from './names.ts';
import { createOverseer } from './oversee.ts';
import { type Policy, readPolicies } from './policy.ts';
import { rememberOutcomes } from './remember.ts';
import { askerContext, entitiesFor, principalOf } from './request.ts';
import { createFullSchema } from './schema.ts';
import { listToolActions } from './tool-action.ts';

export type PolicyConfig = Pick<Config, 'groups' | 'quorums' | 'servers' | 'masking' | 'policies' | 'lock'>;

/** Every mistake in the policies, with file, line and column; or an engine over policies that have none. */
export function createPolicyEngine(config: PolicyConfig): Result<PolicyEngine, readonly ConfigProblem[]> {
  const cedar = loadCedar();
  const read = readPolicies(cedar, config.policies);
  if (!read.ok) return read;
  const policies = read.value;
  const tools = listToolActions(config);
  const schema = createFullSchema(config, tools);
  const problems = checkPolicies({
    cedar,
    source: config.policies,
    policies,
    tools,
    schema,
    servers: [...config.servers.keys()],
  });
  if (problems.length > 0) return err(problems);
  return ok(createEngine(cedar, compile(cedar, config, policies, tools), createExplainer(policies)));
}

function createEngine(cedar: Cedar, compiled: Compiled, explainer: Explainer): PolicyEngine {
  const ask = rememberOutcomes((question) => evaluate(cedar, question));

  function askOf(asker: Asker, server: string, question: Asked): Outcome {
    const { action, resource, mentions, policySet } = question;
    return ask({
      principal: principalOf(asker),
      action,
      resource,
      entities: entitiesFor(asker, server, resource),
      context: askerContext(asker, mentions),
      policySet,
      schema: compiled.schema,
    });
  }

  function maySee(asker: Asker, server: string, resource: Asked['resource'], listSet: string): boolean {
    const question = { action: LIST_ACTION, resource, mentions: compiled.listMentions, policySet: listSet };
    return askOf(asker, server, question).kind === 'allow';
  }

  function maySeeTool(asker: Asker, { id, server, listSet }: CompiledTool): boolean {
    return maySee(asker, server, { type: 'Tool', id }, listSet);
  }

  function maySeeItem(asker: Asker, server: string, { type, listSet }: CompiledKind, name: string): boolean {
    return maySee(asker, server, { type, id: itemId(server, name) }, listSet);
  }

  function decideItem(asker: Asker, { server, kind, name }: Item): Decision {
    const known = compiled.items.get(server)?.[kind];
    if (known === undefined) return { verdict: 'deny', code: 'policy', policies: [], reasons: [] };
    const { type, action, mentions, useSet } = known;
    const resource = { type, id: itemId(server, name) };
    const askUse = (): Outcome => askOf(asker, server, { action, resource, mentions, policySet: useSet });
    return decide(askUse, NO_APPROVALS, explainer);
  }

  const toolNamed = (server: string, tool: string): CompiledTool | undefined => compiled.tools.get(server)?.get(tool);

  return {
    decideCall: createCallDecider(cedar, compiled, explainer),
    decideItem,
    ...createOverseer(cedar, compiled, ask),
    quorumsOf: (server, tool) => toolNamed(server, tool)?.quorums ?? [],
    mayHold: (server, tool) => (toolNamed(server, tool)?.quorums.length ?? 0) > 0,
    wantsJustification: (server, tool) => toolNamed(server, tool)?.mentions.inside.has('justification') ?? false,
    mayList(asker, server, tool) {
      const known = toolNamed(server, tool);
      return known !== undefined && maySeeTool(asker, known);
    },
    mayListItem(asker, { server, kind, name }) {
      const known = compiled.items.get(server)?.[kind];
      return known !== undefined && maySeeItem(asker, server, known, name);
    },
    mayUse(asker, server) {
      if ([...(compiled.tools.get(server)?.values() ?? [])].some((tool) => maySeeTool(asker, tool))) return true;
      // Which resources and prompts a server has, nobody knows beforehand: one that no policy names stands for them.
      const items = compiled.items.get(server);
      if (items === undefined) return false;
      return [items.resource, items.prompt].some((known) =>
        ['', ...known.named].some((name) => maySeeItem(asker, server, known, name)),
      );
    },
  };
}

/** There are none in the context of these actions, so no quorum could lift a deny. */
const NO_APPROVALS: Circumstances = { quorums: [], met: [] };

interface Asked {
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string };
  /** What the policies on the action mention of the context. */
  readonly mentions: Mentions;
  readonly policySet: string;
}

/** In the order of the file; a reason that several policies give is said once. */
function createExplainer(policies: readonly Policy[]): Explainer {
  return {
    explain(determining) {
      const named = policies.filter(({ id }) => determining.includes(id));
      const reasons = new Set(named.map(({ reason }) => reason).filter((reason) => reason !== undefined));
      return { policies: named.map(({ id }) => id), reasons: [...reasons] };
    },
  };
}
