/**
 * Makes the policy engine from a configuration (DESIGN §4): generate the schema, check the policies against it, parse
 * both once, and decide. A configuration with any mistake makes no engine. The engine holds no state between decisions.
 */
import type { Config, ConfigProblem } from '../config/config.ts';
import { err, ok, type Result } from '../result.ts';
import { type Cedar, loadCedar } from './cedar.ts';
import { checkPolicies } from './check-policies.ts';
import { type Compiled, type CompiledTool, compile } from './compile.ts';
import type { Asker, Decision, PolicyEngine, ToolCall } from './engine.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import { decide, type Explainer } from './hold.ts';
import { mapArguments } from './map-arguments.ts';
import { mentionsOf } from './mentions.ts';
import { type Policy, readPolicies } from './policy.ts';
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
  const problems = checkPolicies({ cedar, source: config.policies, policies, tools, schema });
  if (problems.length > 0) return err(problems);
  return ok(createEngine(cedar, compile(cedar, config, policies, tools), createExplainer(policies)));
}

function createEngine(cedar: Cedar, compiled: Compiled, explainer: Explainer): PolicyEngine {
  function decideCall(asker: Asker, { server, tool, arguments: given }: ToolCall): Decision {
    const known = compiled.tools.get(server)?.get(tool);
    if (known === undefined) return { verdict: 'deny', code: 'not-pinned', policies: [], reasons: [] };
    const { id, type, mentions, quorums, callSet } = known;

    const mapped = mapArguments(given, type, mentionsOf(mentions, 'args'));
    if (!mapped.ok) return { verdict: 'deny', code: 'arguments', policies: [], reasons: [], detail: mapped.error };

    const context = askerContext(asker, mentions);
    if (mentions.inside.has('args')) context.args = mapped.value;
    const question = {
      principal: principalOf(asker),
      action: id,
      tool: id,
      entities: entitiesFor(asker, server, id),
      policySet: callSet,
      schema: compiled.schema,
    };
    const ask = (met: readonly string[]): Outcome => {
      const approval = { met: met.map((quorum) => ({ __entity: { type: 'Quorum', id: quorum } })) };
      return evaluate(cedar, {
        ...question,
        context: mentions.inside.has('approval') ? { ...context, approval } : context,
      });
    };
    return decide(ask, quorums, explainer);
  }

  function maySee(asker: Asker, { id, server, listSet }: CompiledTool): boolean {
    const outcome = evaluate(cedar, {
      principal: principalOf(asker),
      action: 'list',
      tool: id,
      entities: entitiesFor(asker, server, id),
      context: askerContext(asker, compiled.listMentions),
      policySet: listSet,
      schema: compiled.schema,
    });
    return outcome.kind === 'allow';
  }

  return {
    decideCall,
    mayList(asker, server, tool) {
      const known = compiled.tools.get(server)?.get(tool);
      return known !== undefined && maySee(asker, known);
    },
    mayUse(asker, server) {
      return [...(compiled.tools.get(server)?.values() ?? [])].some((tool) => maySee(asker, tool));
    },
  };
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
