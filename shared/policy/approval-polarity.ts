/**
 * `context.approval.met` may stand only where more approvals can only allow more (DESIGN §4): a hold asks "would every
 * quorum together lift this deny?", which means nothing if some approval could also take an allow away. So it may stand
 * positively in what permits and negatively in what forbids, and only in tests that more quorums can only make true.
 */
import { contextPath, type Expression, mentionsContext, partsOf } from './expression.ts';
import { allowsMore, type Fact } from './monotone.ts';
import type { Policy } from './policy.ts';

const NOT_MONOTONE =
  'context.approval.met may stand only where more approvals allow more: in a permit’s "when" or a forbid’s "unless", ' +
  'as .contains(Quorum::"…"), or .containsAll or .containsAny of a list of quorums';

/** Of the tests that ask for approvals, one of quorums turns up with them, and nothing else is known. */
const APPROVALS: Fact = {
  isIn: (expression) => mentionsContext(expression, 'approval'),
  turns: (expression, direction) => expression.kind === 'contains' && direction === 'up' && isApprovalTest(expression),
};

/** What is wrong with a policy's use of approvals, or undefined. */
export function findApprovalProblem(policy: Policy): string | undefined {
  return allowsMore(policy, APPROVALS) ? undefined : NOT_MONOTONE;
}

/** The quorums that policies test for, each once. */
export function collectQuorums(policies: readonly Policy[]): ReadonlySet<string> {
  const quorums = new Set<string>();
  const collect = (expression: Expression): void => {
    if (expression.kind === 'entity' && expression.entity.type === 'Quorum') quorums.add(expression.entity.id);
    for (const part of partsOf(expression)) collect(part);
  };
  for (const { conditions } of policies) for (const { body } of conditions) collect(body);
  return quorums;
}

function isApprovalTest({ of, what, all }: Expression & { kind: 'contains' }): boolean {
  if (contextPath(of)?.join('.') !== 'approval.met') return false;
  const isQuorum = (part: Expression): boolean => part.kind === 'entity' && part.entity.type === 'Quorum';
  return all ? what.kind === 'set' && what.parts.every(isQuorum) : isQuorum(what);
}
