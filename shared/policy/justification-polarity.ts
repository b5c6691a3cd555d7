/**
 * `context.justification` may stand only where giving one can only allow more (DESIGN §4). An agent may always leave it
 * out: were less allowed with one than without, leaving it out would be the way around. And what is missing can only be
 * told by a second pass if that pass can only allow more. Words may be tested, after asking whether they are there.
 */
import { contextPath, type Expression, mentionsContext } from './expression.ts';
import { allowsMore, type Fact } from './monotone.ts';
import type { Policy } from './policy.ts';

const NAME = 'justification';

const NOT_MONOTONE =
  'context.justification may stand only where giving one allows more: in a permit’s "when" or a forbid’s "unless", ' +
  'after `context has justification &&`';

/** What is false without a justification can only become true by one; what it says then makes no difference. */
const JUSTIFICATION: Fact = {
  isIn: (expression) => mentionsContext(expression, NAME),
  turns: (expression, direction) => valueWithout(expression) === (direction === 'down'),
};

/** What is wrong with a policy's use of the justification, or undefined. */
export function findJustificationProblem(policy: Policy): string | undefined {
  return allowsMore(policy, JUSTIFICATION) ? undefined : NOT_MONOTONE;
}

/** What an expression comes to where there is no justification, as far as that alone says. */
function valueWithout(expression: Expression): boolean | undefined {
  switch (expression.kind) {
    case 'has':
      return contextPath(expression.of)?.length === 0 && expression.path[0] === NAME ? false : undefined;
    case 'boolean':
      return expression.value;
    case 'not':
      return negate(valueWithout(expression.of));
    case 'and':
      return conjoin(valueWithout(expression.left), valueWithout(expression.right));
    case 'or':
      return negate(conjoin(negate(valueWithout(expression.left)), negate(valueWithout(expression.right))));
    case 'if': {
      const [test, yes, no] = [expression.test, expression.yes, expression.no].map(valueWithout);
      if (test !== undefined) return test ? yes : no;
      return yes === no ? yes : undefined;
    }
    default:
      return undefined;
  }
}

function conjoin(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  if (one === false || other === false) return false;
  return one === true && other === true ? true : undefined;
}

function negate(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}
