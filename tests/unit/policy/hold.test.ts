import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { createTestEngine, decide, PERMIT_ALL, user } from './policy-fixture.ts';

const REFUND = { payment_id: 'P-1', amount: 600 };

const FINANCE = `${PERMIT_ALL}
@id("over-500") @reason("Refunds over 500 need finance.")
forbid (principal, action == Action::"crm/refund", resource)
when { context.args.amount > 500 }
unless { context.approval.met.contains(Quorum::"finance") };`;

describe('a hold', () => {
  it(proves('policy.hold', 'is a deny that approvals would lift, with the quorums, the policy and its reason'), () => {
    expect(decide(FINANCE, 'refund', REFUND)).toEqual({
      verdict: 'hold',
      quorums: ['finance'],
      policies: ['over-500'],
      reasons: ['Refunds over 500 need finance.'],
    });
    expect(decide(FINANCE, 'refund', { ...REFUND, amount: 500 })).toEqual({ verdict: 'allow', policies: ['all'] });
  });

  it(
    proves('policy.hold', 'is none where another forbid stands whatever is approved, and then only that one is named'),
    () => {
      const never = `${FINANCE}\n@id("never") @reason("Not today.") forbid (principal, action == Action::"crm/refund", resource);`;
      expect(decide(never, 'refund', REFUND)).toEqual({
        verdict: 'deny',
        code: 'policy',
        policies: ['never'],
        reasons: ['Not today.'],
      });
    },
  );

  it(proves('policy.hold', 'is none where nothing permits the call at all'), () => {
    const engine = createTestEngine({ policies: FINANCE.replace('(principal,', '(principal in Group::"support",') });
    const call = { server: 'crm', tool: 'refund', arguments: REFUND };
    const denied = { verdict: 'deny', code: 'policy', policies: [], reasons: [] };
    expect(engine.decideCall(user('finance'), call)).toEqual(denied);
    expect(engine.decideCall(user('support'), call)).toMatchObject({ verdict: 'hold' });
  });

  it(proves('policy.hold', 'asks for every quorum that is needed, in configured order'), () => {
    const both = `${FINANCE}
@id("dba-too") @reason("A database administrator as well.")
forbid (principal, action == Action::"crm/refund", resource)
unless { context.approval.met.containsAll([Quorum::"dba"]) };`;
    expect(decide(both, 'refund', REFUND)).toMatchObject({
      verdict: 'hold',
      quorums: ['finance', 'dba'],
      policies: ['over-500', 'dba-too'],
    });
    expect(decide(both, 'refund', { ...REFUND, amount: 1 })).toMatchObject({ verdict: 'hold', quorums: ['dba'] });
  });

  it('drops the first configured quorum where either one would do', () => {
    const either = FINANCE.replace('contains(Quorum::"finance")', 'containsAny([Quorum::"finance", Quorum::"dba"])');
    expect(decide(either, 'refund', REFUND)).toMatchObject({ verdict: 'hold', quorums: ['dba'] });
  });

  it('names the permit that waits for approvals where nothing forbids', () => {
    const permit = `@id("with-finance") @reason("Finance says.")
permit (principal, action == Action::"crm/refund", resource) when { context.approval.met.contains(Quorum::"finance") };`;
    expect(decide(permit, 'refund', REFUND)).toEqual({
      verdict: 'hold',
      quorums: ['finance'],
      policies: ['with-finance'],
      reasons: ['Finance says.'],
    });
  });

  it('is never made of an evaluation error, in either pass', () => {
    const overflow = `${FINANCE}
@id("sum") forbid (principal, action == Action::"crm/refund", resource)
when { !context.approval.met.contains(Quorum::"dba") && context.args.amount + 9223372036854775807 > 0 };`;
    expect(decide(overflow, 'refund', REFUND)).toEqual({
      verdict: 'deny',
      code: 'evaluation',
      policies: [],
      reasons: [],
      detail: 'evaluation failed of sum',
    });
    const later = `${FINANCE}
@id("sum") permit (principal, action == Action::"crm/refund", resource)
when { context.approval.met.contains(Quorum::"dba") && context.args.amount + 9223372036854775807 > 0 };`;
    expect(decide(later, 'refund', REFUND)).toMatchObject({ verdict: 'deny', code: 'evaluation' });
  });
});
