/**
 * What is known beforehand of approving calls, of revealing data, and of duties on servers (audit, review, administer):
 * the policies that can matter to each tool or server, and what they mention of the context. An action has one context,
 * on any of them.
 */

import type { Duty } from './engine.ts';
import { collectMentions, type Mentions } from './mentions.ts';
import { APPROVE_ACTION, DUTIES, REVEAL_ACTION } from './names.ts';
import type { Policy } from './policy.ts';
import { approveTarget, dutyTarget, mayApply, revealTarget, type Target } from './scope.ts';
import type { ToolAction } from './tool-action.ts';

export interface CompiledOversight {
  /** Name of the parsed policies on approving a call, by the tool's id. */
  readonly approveSets: ReadonlyMap<string, string>;
  /** By server; only those where some policy permits to reveal anything. */
  readonly revealSets: ReadonlyMap<string, string>;
  /** By duty, and by server with `_gateway`. */
  readonly dutySets: ReadonlyMap<Duty, ReadonlyMap<string, string>>;
  /** By action. */
  readonly mentions: ReadonlyMap<string, Mentions>;
}

export interface OversightPlan {
  readonly mentions: ReadonlyMap<string, Mentions>;
  /** `parse` gives the name of a parsed set. */
  compile(parse: (policies: readonly Policy[]) => string): CompiledOversight;
}

export function planOversight(
  servers: readonly string[],
  policies: readonly Policy[],
  tools: readonly ToolAction[],
): OversightPlan {
  const on = (target: Target): readonly Policy[] => policies.filter((policy) => mayApply(policy, target));
  const approving = tools.map((tool) => [tool.id, on(approveTarget(tool))] as const);
  const duties = DUTIES.map(
    (duty) => [duty, servers.map((server) => [server, on(dutyTarget(duty, server))] as const)] as const,
  );

  const revealing = servers
    .map((server) => [server, on(revealTarget(server)).filter(isAboutRevealing)] as const)
    .filter(([, some]) => some.some(({ effect }) => effect === 'permit'));

  const mentionsIn = (sets: readonly (readonly [string, readonly Policy[]])[]): Mentions =>
    collectMentions([...new Set(sets.flatMap(([, some]) => some))]);
  const mentions = new Map<string, Mentions>([
    [APPROVE_ACTION, mentionsIn(approving)],
    [REVEAL_ACTION, mentionsIn(revealing)],
    ...duties.map(([duty, sets]) => [duty, mentionsIn(sets)] as const),
  ]);
  return {
    mentions,
    compile(parse) {
      const parseEach = (sets: readonly (readonly [string, readonly Policy[]])[]) =>
        new Map(sets.map(([name, some]) => [name, parse(some)]));
      return {
        approveSets: parseEach(approving),
        revealSets: parseEach(revealing),
        dutySets: new Map(duties.map(([duty, sets]) => [duty, parseEach(sets)])),
        mentions,
      };
    },
  };
}

/** A permit of every action was not written with data in mind: it must name `reveal`. A forbid counts in any case. */
function isAboutRevealing({ effect, actions }: Policy): boolean {
  return effect === 'forbid' || actions !== undefined;
}
