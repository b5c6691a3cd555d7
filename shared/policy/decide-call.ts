/**
 * One tool call as one question to Cedar, asked again with more approvals or with a justification where that tells what
 * is missing (DESIGN §4). What policies mention and cannot be mapped exactly is a deny. It never throws.
 */
import type { CedarValueJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Cedar } from './cedar.ts';
import type { Compiled } from './compile.ts';
import type { Decision, PolicyEngine } from './engine.ts';
import { evaluate, type Outcome } from './evaluate.ts';
import { decide, type Explainer } from './hold.ts';
import { mapArguments, mapJustification } from './map-arguments.ts';
import { mentionsOf } from './mentions.ts';
import { type Ask, rememberOutcomes } from './remember.ts';
import { askerContext, entitiesFor, principalOf } from './request.ts';

/** Stands for any words, to see whether some would help. A policy that looks for certain ones says so in its @reason. */
const SOME_WORDS = 'a justification';

export function createCallDecider(cedar: Cedar, compiled: Compiled, explainer: Explainer): PolicyEngine['decideCall'] {
  const askNow: Ask = (question) => evaluate(cedar, question);
  const askOnce = rememberOutcomes(askNow);

  return (asker, call, met = []) => {
    const { server, tool } = call;
    const known = compiled.tools.get(server)?.get(tool);
    if (known === undefined) return { verdict: 'deny', code: 'not-pinned', policies: [], reasons: [] };
    const { id, type, mentions, quorums, callSet } = known;

    const args = mapArguments(call.arguments, type, mentionsOf(mentions, 'args'));
    if (!args.ok) return refuseArguments(args.error);
    const wantsJustification = mentions.inside.has('justification');
    const given = wantsJustification ? mapJustification(call.justification) : undefined;
    if (given?.ok === false) return refuseArguments(given.error);

    const context = {
      ...askerContext(asker, mentions),
      ...(mentions.inside.has('args') && { args: args.value }),
    };
    const resource = { type: 'Tool', id };
    const question = {
      principal: principalOf(asker),
      action: id,
      resource,
      entities: entitiesFor(asker, server, resource),
      policySet: callSet,
      schema: compiled.schema,
    };
    // What a caller wrote is nobody's to remember.
    const askCedar = wantsJustification || mentions.inside.has('args') ? askNow : askOnce;
    const ask = (quorumsMet: readonly string[], justification: CedarValueJson | undefined): Outcome => {
      const approval = { met: quorumsMet.map((quorum) => ({ __entity: { type: 'Quorum', id: quorum } })) };
      return askCedar({
        ...question,
        context: {
          ...context,
          ...(mentions.inside.has('approval') && { approval }),
          ...(justification !== undefined && { justification }),
        },
      });
    };
    const isMissing = wantsJustification && given?.value === undefined;
    return decide(
      (quorumsMet) => ask(quorumsMet, given?.value),
      {
        quorums,
        met: quorums.filter((quorum) => met.includes(quorum)),
        ...(isMissing && { askJustified: (quorumsMet: readonly string[]) => ask(quorumsMet, SOME_WORDS) }),
      },
      explainer,
    );
  };
}

function refuseArguments(detail: string): Decision {
  return { verdict: 'deny', code: 'arguments', policies: [], reasons: [], detail };
}
