/** A justification can only allow more: whatever policies the load check lets in, leaving it out never helps. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { loadCedar } from '../../shared/policy/cedar.ts';
import { findJustificationProblem } from '../../shared/policy/justification-polarity.ts';
import { readPolicies } from '../../shared/policy/policy.ts';
import { proves } from '../requirements.ts';

/** Conditions of any form, the justification in good places and bad; looked into only where it is there. */
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(
      'context has justification',
      '(context has justification && context.justification like "*INC-*")',
      '(context has justification && !(context.justification like "*INC-*"))',
      '(if context has justification then context.justification == "INC-1" else true)',
      'context.amount > 500',
      'true',
      'false',
    ),
    tie('condition').map((one) => `!(${one})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} && ${other})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} || ${other})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `((${one}) == (${other}))`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
}));

const policyText = fc
  .tuple(fc.constantFrom('permit', 'forbid'), fc.constantFrom('when', 'unless'), condition)
  .map(([effect, kind, body]) => `${effect} (principal, action, resource) ${kind} { ${body} };`);

it(
  proves('policy.justification', 'never turns an allow into a deny, in any set of policies that the check lets in'),
  () => {
    const cedar = loadCedar();
    let depending = 0;
    const allows = (amount: number, justification?: string): boolean => {
      const entity = { type: 'Agent', id: 'x' };
      const answer = cedar.statefulIsAuthorized({
        principal: entity,
        action: { type: 'Action', id: 'x' },
        resource: entity,
        context: { amount, ...(justification !== undefined && { justification }) },
        entities: [],
        preparsedPolicySetId: 'justified',
      });
      if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) throw new Error('cannot err');
      return answer.response.decision === 'allow';
    };
    fc.assert(
      fc.property(fc.array(policyText, { minLength: 1, maxLength: 4 }), (texts) => {
        const text = texts.map((each, index) => `@id("p${index}") ${each}`).join('\n');
        const read = readPolicies(cedar, { file: 'policies.cedar', text });
        if (!read.ok) throw new Error('the generated policies are Cedar');
        const good = read.value.filter((policy) => findJustificationProblem(policy) === undefined);
        const staticPolicies = Object.fromEntries(good.map(({ id, span }) => [id, span.text]));
        expect(cedar.preparsePolicySet('justified', { staticPolicies }).type).toBe('success');
        for (const amount of [1, 501]) {
          const without = allows(amount);
          for (const words of ['lost', 'see INC-4711', 'INC-1']) {
            const withWords = allows(amount, words);
            expect(without && !withWords).toBe(false);
            if (withWords !== without) depending += 1;
          }
        }
      }),
      { numRuns: 800 },
    );
    expect(depending).toBeGreaterThan(20);
  },
);
