/**
 * `context.approval.met` may stand only where more approvals can only allow more (DESIGN §4): a hold asks "would every
 * quorum together lift this deny?", which means nothing if some approval could also take an allow away. So it may stand
 * positively in what permits and negatively in what forbids, and only in tests that more quorums can only make true.
 */
import { contextPath, type Expression, partsOf } from './expression.ts';
import type { Policy } from './policy.ts';

/** `up`: more approvals may make it true, never false. `down`: the reverse. */
type Direction = 'up' | 'down';

const NOT_MONOTONE =
  'context.approval.met may stand only where more approvals allow more: in a permit’s "when" or a forbid’s "unless", ' +
  'as .contains(Quorum::"…"), or .containsAll or .containsAny of a list of quorums';

/** What is wrong with a policy's use of approvals, or undefined. */
export function findApprovalProblem(policy: Policy): string | undefined {
  const isFine = policy.conditions.every(({ kind, body }) => {
    const isUp = (policy.effect === 'permit') === (kind === 'when');
    return isMonotone(body, isUp ? 'up' : 'down');
  });
  return isFine ? undefined : NOT_MONOTONE;
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

function isMonotone(expression: Expression, direction: Direction): boolean {
  if (!mentionsApproval(expression)) return true;
  switch (expression.kind) {
    case 'contains':
      return direction === 'up' && isApprovalTest(expression);
    case 'not':
      return isMonotone(expression.of, turn(direction));
    case 'and':
    case 'or':
      return isMonotone(expression.left, direction) && isMonotone(expression.right, direction);
    case 'if':
      return isMonotoneChoice(expression, direction);
    default:
      return false;
  }
}

/**
 * Where the test itself asks for approvals, `if` switches between two answers, and only a constant one tells which way:
 * `if t then true else b` is `t || b`, `if t then a else false` is `t && a`, and with the constants swapped, of `!t`.
 */
function isMonotoneChoice({ test, yes, no }: Expression & { kind: 'if' }, direction: Direction): boolean {
  if (!isMonotone(yes, direction) || !isMonotone(no, direction)) return false;
  if (!mentionsApproval(test)) return true;
  if (isConstant(yes, true) || isConstant(no, false)) return isMonotone(test, direction);
  if (isConstant(yes, false) || isConstant(no, true)) return isMonotone(test, turn(direction));
  return false;
}

function isApprovalTest({ of, what, all }: Expression & { kind: 'contains' }): boolean {
  if (contextPath(of)?.join('.') !== 'approval.met') return false;
  const isQuorum = (part: Expression): boolean => part.kind === 'entity' && part.entity.type === 'Quorum';
  return all ? what.kind === 'set' && what.parts.every(isQuorum) : isQuorum(what);
}

/** `context.approval` in any form, and a bare `context`, which holds it. */
function mentionsApproval(expression: Expression): boolean {
  const path = contextPath(expression);
  if (path !== undefined) return path[0] === 'approval' || path.length === 0;
  if (expression.kind === 'has') {
    const base = contextPath(expression.of);
    if (base !== undefined) return [...base, ...expression.path][0] === 'approval';
  }
  return partsOf(expression).some(mentionsApproval);
}

function isConstant(expression: Expression, value: boolean): boolean {
  return expression.kind === 'boolean' && expression.value === value;
}

function turn(direction: Direction): Direction {
  return direction === 'up' ? 'down' : 'up';
}
