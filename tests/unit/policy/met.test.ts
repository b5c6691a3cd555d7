/** What a held call still needs, once some quorums are met. */
import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { createTestEngine, PERMIT_ALL, problemsOf, user } from './policy-fixture.ts';

const QUORUMS = ['finance', 'dba', 'legal'];
const CALL = { server: 'crm', tool: 'refund', arguments: { payment_id: 'P-1', amount: 600 } };

const met = (quorum: string): string => `context.approval.met.contains(Quorum::"${quorum}")`;
const needs = (condition: string, id = 'needs'): string =>
  `@id("${id}") forbid (principal, action == Action::"crm/refund", resource) unless { ${condition} };\n`;

function decideWith(condition: string, quorums: readonly string[]) {
  const engine = createTestEngine({ policies: PERMIT_ALL + needs(condition), quorums: QUORUMS });
  return engine.decideCall(user(), CALL, quorums);
}

describe('a call with quorums met', () => {
  const both = `${met('finance')} && ${met('dba')}`;

  it(proves('policy.met', 'is allowed once they suffice, and held for the rest until then'), () => {
    expect(decideWith(both, [])).toMatchObject({ verdict: 'hold', quorums: ['finance', 'dba'] });
    expect(decideWith(both, ['finance'])).toMatchObject({ verdict: 'hold', quorums: ['dba'], policies: ['needs'] });
    expect(decideWith(both, ['dba', 'finance'])).toEqual({ verdict: 'allow', policies: ['all'] });
  });

  it(proves('policy.met', 'needs nobody a second time: what is met is kept before anything is dropped'), () => {
    const chain = `(${met('finance')} && ${met('dba')}) || (${met('dba')} && ${met('legal')})`;
    expect(decideWith(chain, [])).toMatchObject({ quorums: ['dba', 'legal'] });
    expect(decideWith(chain, ['finance'])).toMatchObject({ quorums: ['dba'] });
  });

  it('is not moved by quorums that its policies do not test, or that nobody configured', () => {
    expect(decideWith(both, ['legal', 'mallory', 'finance', 'finance'])).toMatchObject({ quorums: ['dba'] });
  });

  it('stays denied where no approval lifts it, whatever is met', () => {
    const never = `${PERMIT_ALL}${needs(both)}@id("never") forbid (principal, action == Action::"crm/refund", resource);`;
    const engine = createTestEngine({ policies: never, quorums: QUORUMS });
    for (const quorums of [[], ['finance'], ['finance', 'dba'], QUORUMS]) {
      expect(engine.decideCall(user(), CALL, quorums)).toMatchObject({ verdict: 'deny', policies: ['never'] });
    }
  });

  it('is denied when its evaluation errs with what is met', () => {
    const overflow = `${met('finance')} && context.args.amount + 9223372036854775807 > 0`;
    expect(decideWith(overflow, ['finance'])).toMatchObject({ verdict: 'deny', code: 'evaluation' });
  });
});

describe('what can be held', () => {
  it(proves('policy.met', 'is known beforehand: the quorums that policies on a tool’s call test for'), () => {
    const policies = PERMIT_ALL + needs(`${met('legal')} || ${met('finance')}`);
    const engine = createTestEngine({ policies, quorums: QUORUMS });
    expect(engine.quorumsOf('crm', 'refund')).toEqual(['finance', 'legal']);
    expect(engine.mayHold('crm', 'refund')).toBe(true);
    for (const [server, tool] of [
      ['crm', 'search'],
      ['crm', 'nothing'],
      ['erp', 'refund'],
    ] as const) {
      expect(engine.quorumsOf(server, tool)).toEqual([]);
      expect(engine.mayHold(server, tool)).toBe(false);
    }
  });

  it('is by at most ten quorums, because every set of them may have to be tried', () => {
    const quorums = Array.from({ length: 11 }, (_, index) => `q${index}`);
    const policies = (count: number) => needs(quorums.slice(0, count).map(met).join(' && '));
    expect(problemsOf({ policies: policies(10), quorums })).toEqual([]);
    expect(problemsOf({ policies: policies(11), quorums })).toEqual([
      '1:1 needs: policies on crm/refund test for more than 10 quorums',
    ]);
  });
});
