/**
 * Whether a condition can turn only one way when more of something is given: more approvals, or a justification. It is
 * what makes a second pass of evaluation mean something (DESIGN §4). It may refuse what would be fine; never the reverse.
 */
import type { Expression } from './expression.ts';
import type { Policy } from './policy.ts';

/** `up`: more may make it true, never false. `down`: the reverse. */
export type Direction = 'up' | 'down';

export interface Fact {
  /** Whether the expression depends on it. */
  isIn(expression: Expression): boolean;
  /** Whether a whole expression that does is known to turn only this way. */
  turns(expression: Expression, direction: Direction): boolean;
}

/** Whether more of the fact can only allow more: it turns a permit's conditions up, and a forbid's down. */
export function allowsMore({ effect, conditions }: Policy, fact: Fact): boolean {
  return conditions.every(({ kind, body }) => {
    const isUp = (effect === 'permit') === (kind === 'when');
    return isMonotone(body, isUp ? 'up' : 'down', fact);
  });
}

function isMonotone(expression: Expression, direction: Direction, fact: Fact): boolean {
  if (!fact.isIn(expression) || fact.turns(expression, direction)) return true;
  switch (expression.kind) {
    case 'not':
      return isMonotone(expression.of, turn(direction), fact);
    case 'and':
    case 'or':
      return isMonotone(expression.left, direction, fact) && isMonotone(expression.right, direction, fact);
    case 'if':
      return isMonotoneChoice(expression, direction, fact);
    default:
      return false;
  }
}

/**
 * Where the test itself depends on it, `if` switches between two answers, and only a constant one tells which way:
 * `if t then true else b` is `t || b`, `if t then a else false` is `t && a`, and with the constants swapped, of `!t`.
 */
function isMonotoneChoice({ test, yes, no }: Expression & { kind: 'if' }, direction: Direction, fact: Fact): boolean {
  if (!isMonotone(yes, direction, fact) || !isMonotone(no, direction, fact)) return false;
  if (!fact.isIn(test)) return true;
  if (isConstant(yes, true) || isConstant(no, false)) return isMonotone(test, direction, fact);
  if (isConstant(yes, false) || isConstant(no, true)) return isMonotone(test, turn(direction), fact);
  return false;
}

function isConstant(expression: Expression, value: boolean): boolean {
  return expression.kind === 'boolean' && expression.value === value;
}

function turn(direction: Direction): Direction {
  return direction === 'up' ? 'down' : 'up';
}
