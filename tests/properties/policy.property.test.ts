import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '../../shared/json/parse.ts';
import { isObject, type Json, type JsonObject } from '../../shared/json/value.ts';
import { findApprovalProblem } from '../../shared/policy/approval-polarity.ts';
import { loadCedar } from '../../shared/policy/cedar.ts';
import { readDecimal, readLong } from '../../shared/policy/exact-number.ts';
import { readPolicies } from '../../shared/policy/policy.ts';
import { proves } from '../requirements.ts';
import { createTestEngine, PERMIT_ALL, user } from '../unit/policy/policy-fixture.ts';

const numberOf = (text: string) => {
  const parsed = parseJson(text);
  if (!parsed.ok || (typeof parsed.value !== 'number' && !JSON.isRawJSON(parsed.value))) throw new Error(text);
  return parsed.value;
};

/** A JSON number's text, and its exact value in units of 10^-8, built without any arithmetic of ours. */
const numberText = fc
  .tuple(
    fc.boolean(),
    fc.bigInt({ min: 0n, max: 10n ** 24n }),
    fc.integer({ min: 0, max: 8 }),
    fc.integer({ min: -3, max: 3 }),
  )
  .map(([isNegative, units, places, exponent]) => {
    const digits = units.toString().padStart(places + 1, '0');
    const whole = digits.slice(0, digits.length - places);
    const fraction = places === 0 ? '' : `.${digits.slice(-places)}`;
    const sign = isNegative ? '-' : '';
    const text = `${sign}${whole}${fraction}${exponent === 0 ? '' : `e${exponent}`}`;
    // units × 10^(exponent - places), as a fraction: numerator / denominator.
    const shift = exponent - places;
    const value = (isNegative ? -units : units) * 10n ** BigInt(Math.max(shift, 0));
    return { text, numerator: value, denominator: 10n ** BigInt(Math.max(-shift, 0)) };
  });

const MOST = 2n ** 63n - 1n;
const fits = (value: bigint): boolean => value <= MOST && value >= -(2n ** 63n);

describe('argument mapping', () => {
  it(proves('policy.arguments', 'gives the exact integer where there is one of 64 bits, and nothing otherwise'), () => {
    fc.assert(
      fc.property(numberText, ({ text, numerator, denominator }) => {
        const expected = numerator % denominator === 0n && fits(numerator / denominator);
        expect(readLong(numberOf(text))).toBe(expected ? (numerator / denominator).toString() : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it(proves('policy.arguments', 'gives the exact decimal where four places hold it, and nothing otherwise'), () => {
    fc.assert(
      fc.property(numberText, ({ text, numerator, denominator }) => {
        const scaled = numerator * 10_000n;
        const expected = scaled % denominator === 0n && fits(scaled / denominator);
        const decimal = readDecimal(numberOf(text));
        expect(decimal === undefined).toBe(!expected);
        if (decimal === undefined) return;
        expect(decimal).toMatch(/^-?\d+\.\d{4}$/);
        expect(BigInt(decimal.replace('.', ''))).toBe(scaled / denominator);
      }),
      { numRuns: 2000 },
    );
  });

  it(proves('policy.arguments', 'agrees with the policy for every integer: over the limit or not, or a deny'), () => {
    const policies = `${PERMIT_ALL}@id("limit") forbid (principal, action == Action::"crm/refund", resource)
when { context.args.amount > 9007199254740992 };`;
    const engine = createTestEngine({ policies });
    fc.assert(
      fc.property(numberText, ({ text, numerator, denominator }) => {
        const call = { server: 'crm', tool: 'refund', arguments: { payment_id: 'P', amount: numberOf(text) } };
        const decision = engine.decideCall(user(), call);
        const isLong = numerator % denominator === 0n && fits(numerator / denominator);
        const isOver = isLong && numerator / denominator > 9_007_199_254_740_992n;
        const expected = isOver ? { verdict: 'deny', code: 'policy' } : { verdict: 'allow' };
        expect(decision).toMatchObject(isLong ? expected : { verdict: 'deny', code: 'arguments' });
      }),
      { numRuns: 300 },
    );
  });
});

/** JSON as a hostile client sends it: any shape, with the keys that Cedar would interpret well represented. */
const hostileKey = fc.constantFrom(
  '__entity',
  '__extn',
  '__expr',
  'type',
  'id',
  'fn',
  'arg',
  'payment_id',
  'amount',
  'Amount',
  'constructor',
);
const { value: hostileValue } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<Json>(
      'User',
      'Group',
      'support',
      'ip',
      'decimal',
      '0.0.0.0/0',
      true,
      null,
      1e308,
      -1,
      501,
      '\ud800',
    ),
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.array(tie('value'), { maxLength: 4 }),
    tie('object'),
  ),
  object: fc.dictionary(fc.oneof(hostileKey, fc.string()), tie('value'), { maxKeys: 5 }),
}));

function holdsReserved(value: Json): boolean {
  if (Array.isArray(value)) return value.some(holdsReserved);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, member]) => key.startsWith('__e') || holdsReserved(member));
}

describe('hostile arguments', () => {
  const condition = `context.args.payment_id == "P" && context.args.amount <= 500`;
  const engine = createTestEngine({
    policies: `@id("only") permit (principal, action == Action::"crm/refund", resource) when { ${condition} };`,
  });

  it(
    proves('policy.reserved-keys', 'never become entities or calls, and never an allow but for what fits exactly'),
    () => {
      const given = fc.record({
        payment_id: fc.oneof(fc.constant('P'), hostileValue),
        amount: hostileValue,
        more: hostileValue,
      });
      fc.assert(
        fc.property(given, ({ payment_id, amount, more }) => {
          const sent = { payment_id, amount, more };
          const decision = engine.decideCall(user(), { server: 'crm', tool: 'refund', arguments: sent });
          const isReserved = holdsReserved(sent);
          if (isReserved) expect(decision).toMatchObject({ verdict: 'deny', code: 'arguments' });
          const isFit = payment_id === 'P' && typeof amount === 'number' && Number.isInteger(amount) && amount <= 500;
          expect(decision.verdict).toBe(isFit && !isReserved && amount >= -(2 ** 63) ? 'allow' : 'deny');
        }),
        { numRuns: 1000 },
      );
    },
  );

  it('never make the engine throw, nor say in the detail what they hold', () => {
    fc.assert(
      fc.property(hostileValue, (value) => {
        const given = { payment_id: value, amount: 1, secret: 'QZXJ-4711' };
        const decision = engine.decideCall(user(), { server: 'crm', tool: 'refund', arguments: given });
        expect(JSON.stringify(decision)).not.toContain('QZXJ');
      }),
      { numRuns: 300 },
    );
  });
});

/** Conditions of any form, approvals in good places and bad. */
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom(
      'context.approval.met.contains(Quorum::"finance")',
      'context.approval.met.containsAny([Quorum::"finance", Quorum::"dba"])',
      'context.approval.met.containsAll([Quorum::"dba"])',
      'context.amount > 500',
      'true',
      'false',
    ),
    tie('condition').map((one) => `!(${one})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} && ${other})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, other]) => `(${one} || ${other})`),
    fc.tuple(tie('condition'), tie('condition'), tie('condition')).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`),
  ),
}));

const policyText = fc
  .tuple(fc.constantFrom('permit', 'forbid'), fc.constantFrom('when', 'unless'), condition)
  .map(([effect, kind, body]) => `${effect} (principal, action, resource) ${kind} { ${body} };`);

describe('approvals', () => {
  it(
    proves(
      'policy.approval-positive',
      'never turn an allow into a deny, in any set of policies that the check lets in',
    ),
    () => {
      const cedar = loadCedar();
      let accepted = 0;
      const allows = (amount: number, met: readonly string[]): boolean => {
        const entity = { type: 'Agent', id: 'x' };
        const answer = cedar.statefulIsAuthorized({
          principal: entity,
          action: { type: 'Action', id: 'x' },
          resource: entity,
          context: { amount, approval: { met: met.map((id) => ({ __entity: { type: 'Quorum', id } })) } },
          entities: [],
          preparsedPolicySetId: 'monotone',
        });
        if (answer.type === 'failure' || answer.response.diagnostics.errors.length > 0) throw new Error('cannot err');
        return answer.response.decision === 'allow';
      };
      fc.assert(
        fc.property(fc.array(policyText, { minLength: 1, maxLength: 4 }), (texts) => {
          const text = texts.map((each, index) => `@id("p${index}") ${each}`).join('\n');
          const read = readPolicies(cedar, { file: 'policies.cedar', text });
          if (!read.ok) throw new Error('the generated policies are Cedar');
          const good = read.value.filter((policy) => findApprovalProblem(policy) === undefined);
          accepted += good.length;
          const staticPolicies = Object.fromEntries(good.map(({ id, span }) => [id, span.text]));
          expect(cedar.preparsePolicySet('monotone', { staticPolicies }).type).toBe('success');
          for (const amount of [1, 501]) {
            const [none, finance, dba, both] = [[], ['finance'], ['dba'], ['finance', 'dba']].map((met) =>
              allows(amount, met),
            );
            for (const [fewer, more] of [
              [none, finance],
              [none, dba],
              [finance, both],
              [dba, both],
            ]) {
              expect(fewer && !more).toBe(false);
            }
          }
        }),
        { numRuns: 500 },
      );
      // The check lets enough through for this to mean something.
      expect(accepted).toBeGreaterThan(300);
    },
  );
});
