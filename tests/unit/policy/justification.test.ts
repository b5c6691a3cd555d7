/** What a justification can do: let a call through that is denied without one, and nothing else. */
import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { createTestEngine, decide, PERMIT_ALL, problemsOf, user } from './policy-fixture.ts';

const REFUND = { payment_id: 'P-1', amount: 600 };
const MISSING = 'It needs a justification: say why in the argument sallyport_justification.';

const onRefund = (effect: 'permit' | 'forbid', rest: string, id = 'why'): string =>
  `@id("${id}") @reason("Refunds need a reason.") ${effect} (principal, action == Action::"crm/refund", resource) ${rest};`;

const JUSTIFIED = `${PERMIT_ALL}${onRefund('forbid', 'unless { context has justification }')}`;

function decideJustified(policies: string, justification?: string) {
  const call = { server: 'crm', tool: 'refund', arguments: REFUND };
  const engine = createTestEngine({ policies });
  return engine.decideCall(user(), justification === undefined ? call : { ...call, justification });
}

describe('a justification', () => {
  it(
    proves('policy.justification', 'that is missing is told as such, with the policy, its reason and where to say it'),
    () => {
      expect(decideJustified(JUSTIFIED)).toEqual({
        verdict: 'deny',
        code: 'justification',
        policies: ['why'],
        reasons: ['Refunds need a reason.', MISSING],
      });
      expect(decideJustified(JUSTIFIED, 'the parcel was lost')).toEqual({ verdict: 'allow', policies: ['all'] });
    },
  );

  it(proves('policy.justification', 'that is blank is none'), () => {
    for (const blank of ['', ' \n\t', '\u00a0']) {
      expect(decideJustified(JUSTIFIED, blank)).toMatchObject({ code: 'justification' });
    }
  });

  it(proves('policy.justification', 'is asked for where the call would then be held'), () => {
    const held = `${JUSTIFIED}\n${onRefund('forbid', 'unless { context.approval.met.contains(Quorum::"finance") }', 'held')}`;
    expect(decideJustified(held)).toMatchObject({ code: 'justification', policies: ['why'] });
    expect(decideJustified(held, 'lost')).toMatchObject({ verdict: 'hold', quorums: ['finance'], policies: ['held'] });
  });

  it(proves('policy.justification', 'is not asked for where it would not help'), () => {
    const never = `${JUSTIFIED}\n@id("never") @reason("Not today.") forbid (principal, action == Action::"crm/refund", resource);`;
    expect(decideJustified(never)).toMatchObject({ code: 'policy', reasons: ['Refunds need a reason.', 'Not today.'] });
    expect(decideJustified(never, 'please')).toMatchObject({ code: 'policy', reasons: ['Not today.'] });
    const unpermitted = JUSTIFIED.replace('(principal,', '(principal in Group::"support",');
    expect(decideJustified(unpermitted)).toMatchObject({ verdict: 'deny', code: 'policy' });
  });

  it('may take the place of an approval, where policies say so', () => {
    const either = `${PERMIT_ALL}${onRefund('forbid', 'unless { context has justification || context.approval.met.contains(Quorum::"finance") }')}`;
    expect(decideJustified(either)).toMatchObject({ verdict: 'hold', quorums: ['finance'] });
    expect(decideJustified(either, 'lost')).toMatchObject({ verdict: 'allow' });
  });

  it('names the permit that waits for one where nothing forbids', () => {
    const permit = onRefund('permit', 'when { context has justification }');
    expect(decideJustified(permit)).toMatchObject({ code: 'justification', policies: ['why'] });
    expect(decideJustified(permit, 'lost')).toEqual({ verdict: 'allow', policies: ['why'] });
  });

  it('may be looked into; words that do not fit are denied with the policy’s own reason', () => {
    const incident = `${PERMIT_ALL}${onRefund('forbid', 'unless { context has justification && context.justification like "*INC-*" }')}`;
    expect(decideJustified(incident, 'see INC-4711')).toMatchObject({ verdict: 'allow' });
    for (const words of [undefined, 'because']) {
      expect(decideJustified(incident, words)).toMatchObject({ code: 'policy', reasons: ['Refunds need a reason.'] });
    }
  });

  it('is denied where policy must read it and can’t: half a character, or no end of it', () => {
    const detail = expect.stringContaining('the justification ');
    expect(decideJustified(JUSTIFIED, '\ud800')).toMatchObject({ verdict: 'deny', code: 'arguments', detail });
    expect(decideJustified(JUSTIFIED, 'x'.repeat(70_000))).toMatchObject({
      verdict: 'deny',
      code: 'arguments',
      detail,
    });
    expect(decideJustified(PERMIT_ALL, '\ud800')).toMatchObject({ verdict: 'allow' });
  });

  it('is text, whatever it looks like', () => {
    for (const words of ['{"__entity":{"type":"User","id":"x"}}', '"; permit(principal,action,resource);']) {
      expect(decideJustified(JUSTIFIED, words)).toMatchObject({ verdict: 'allow' });
      expect(
        JSON.stringify(decideJustified(JUSTIFIED.replace('has justification', 'has justification && false'), words)),
      ).not.toContain(words);
    }
  });

  it('makes no hold of an evaluation error in the pass that looks for it', () => {
    const overflow = `${PERMIT_ALL}${onRefund('forbid', 'unless { context has justification && context.args.amount + 9223372036854775807 > 0 }')}`;
    expect(decideJustified(overflow)).toMatchObject({ verdict: 'deny', code: 'evaluation' });
  });

  it('is wanted by the tools whose policies look at it', () => {
    const engine = createTestEngine({ policies: JUSTIFIED });
    expect(engine.wantsJustification('crm', 'refund')).toBe(true);
    expect(engine.wantsJustification('crm', 'search')).toBe(false);
    expect(engine.wantsJustification('crm', 'nothing')).toBe(false);
    expect(engine.wantsJustification('erp', 'refund')).toBe(false);
  });

  it('is of calls alone: a policy on anything else that asks for one fails', () => {
    const problemOf = (action: string): readonly string[] =>
      problemsOf({ policies: `@id("a") permit (principal, ${action}, resource) when { context has justification };` });
    for (const action of ['action', 'action in Action::"use"', 'action in [Action::"call", Action::"list"]']) {
      expect(problemOf(action)).toEqual([
        '1:1 a: only calls have a justification: name them, by the tool, by Action::"call" or by a risk label',
      ]);
    }
    expect(problemOf('action == Action::"approve"')).toHaveLength(1);
    expect(problemOf('action in Action::"call"')).toEqual([]);
    expect(problemOf('action in Action::"destructive"')).toEqual([]);
    expect(problemOf('action == Action::"crm/refundd"')[0]).toContain('Action::"crm/refund"');
  });
});

describe('where a justification may stand', () => {
  const has = 'context has justification';
  const says = 'context.justification like "*INC-*"';
  const big = 'context.args.amount > 500';

  it.each([
    onRefund('forbid', `unless { ${has} }`),
    onRefund('forbid', `when { ${big} && !(${has}) }`),
    onRefund('forbid', `unless { ${has} && ${says} }`),
    onRefund('forbid', `unless { ${has} && !(${says}) && ${big} }`),
    onRefund('forbid', `when { !(${has} && ${says}) }`),
    onRefund('forbid', `unless { if ${has} then ${says} else false }`),
    onRefund('permit', `when { ${has} && (${says} || ${big}) }`),
    onRefund('permit', `when { if ${big} then ${has} else true }`),
    onRefund('permit', `unless { !(${has}) }`),
  ])(proves('policy.justification', 'lets it allow more: %s'), (policy) => {
    expect(problemsOf({ policies: PERMIT_ALL + policy })).toEqual([]);
  });

  it.each([
    onRefund('forbid', `when { ${has} }`),
    onRefund('forbid', `when { ${has} && ${says} }`),
    onRefund('forbid', `unless { !(${has}) || ${says} }`),
    onRefund('permit', `unless { ${has} }`),
    onRefund('permit', `when { !(${has}) || ${says} }`),
    onRefund('permit', `when { if ${has} then ${says} else true }`),
    onRefund('permit', `when { (${has}) == (${big}) }`),
    onRefund('permit', `when { [${has}].contains(false) }`),
  ])(proves('policy.justification', 'refuses that leaving it out could help: %s'), (policy) => {
    expect(problemsOf({ policies: PERMIT_ALL + policy })).toEqual([
      expect.stringContaining('context.justification may stand only where giving one allows more'),
    ]);
  });

  it('wants it asked for before it is looked into', () => {
    expect(problemsOf({ policies: onRefund('permit', `when { ${says} }`) })).toHaveLength(1);
    expect(decide(PERMIT_ALL, 'refund', REFUND)).toMatchObject({ verdict: 'allow' });
  });
});
