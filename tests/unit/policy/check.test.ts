import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { PERMIT_ALL, problemsOf } from './policy-fixture.ts';

const check = (policies: string): readonly string[] => problemsOf({ policies });
const inArgs = (condition: string): string =>
  `@id("a") forbid (principal, action == Action::"crm/refund", resource) ${condition};`;

describe('the check of policies', () => {
  it('wants an @id on each, of its own, and fit to stand in a record', () => {
    expect(
      check(`// first\npermit (principal, action, resource);\n  @id("b") permit (principal, action, resource);`),
    ).toEqual(['2:1 : a policy needs an @id("…")']);
    expect(check(`${PERMIT_ALL}\n@id("all")\nforbid (principal, action, resource);`)).toEqual([
      '3:1 all: there is another policy with @id("all")',
    ]);
    for (const id of ['', 'a b', 'a\\nb', '<b>']) {
      expect(check(`@id("${id}") permit (principal, action, resource);`)[0]).toContain('an @id is letters, digits');
    }
    expect(check('@id permit (principal, action, resource);')[0]).toContain('a policy needs an @id');
  });

  it('says where the text is not Cedar', () => {
    const [problem] = check(`${PERMIT_ALL}// é\n@id("b")\npermit (principal, action, resourc);`);
    expect(problem).toMatch(/^4:28 : .*resourc.*\(policy scopes must contain/);
  });

  it('refuses templates', () => {
    expect(check('@id("t") permit (principal == ?principal, action, resource);')).not.toEqual([]);
  });

  it('finds each policy whatever its strings and comments hold', () => {
    const policies = `// permit (principal, action, resource);
@id("a") @reason("no; not // a comment \\" either;") // @id("x")
permit (principal, action, resource); @id("b")
forbid (principal in Group::"suport", action, resource);`;
    expect(check(policies)).toEqual([expect.stringContaining('4:22 b: ')]);
  });

  it('names every mistake at once, in the order of the file', () => {
    const places = check(`@id("a") permit (principal in Group::"x", action, resource);
@id("b") permit (principal == User::"alice", action, resource);
@id("c") permit (principal in Group::"y", action == Action::"z", resource);`).map((problem) => problem.split(':')[0]);
    expect(places).toEqual(['1', '2', '3', '3']);
  });

  it('refuses an id that can match no one', () => {
    for (const entity of ['User::"alice"', 'App::"5A11E000-0000-4000-8000-0000000000D2"']) {
      expect(check(`@id("a") permit (principal == ${entity}, action, resource);`)[0]).toContain('can match no one');
    }
    expect(check(inArgs('when { context.agent == Agent::"assistant" }'))[0]).toContain('can match no one');
    expect(check('@id("a") permit (principal, action, resource == Tool::"crm/refnd");')).toEqual([
      '1:1 a: Tool::"crm/refnd" is not in tools.lock.json (did you mean "crm/refund"?)',
    ]);
  });

  it('refuses a policy that can never apply', () => {
    expect(check(inArgs('when { false }'))[0]).toContain('policy is impossible');
    expect(check(inArgs('when { context.args has amonut }'))[0]).toContain('policy is impossible');
  });

  it('wants arguments named one by one', () => {
    for (const [condition, whole] of [
      ['when { context.args == {amount: 1} }', 'context.args'],
      ['when { context.request == context.request }', 'context.request'],
      ['unless { (if true then context else context).approval.met.contains(Quorum::"dba") }', 'context'],
    ]) {
      expect(check(inArgs(`${condition}`))).toEqual([
        `1:1 a: ${whole} can't be used as a whole: name the attributes that the policy needs`,
      ]);
    }
  });

  it('makes a policy ask whether the address is known before it looks at it', () => {
    const range = 'context.request.address.isInRange(ip("192.0.2.0/24"))';
    expect(check(inArgs(`unless { ${range} }`))[0]).toContain('unable to guarantee safety of access');
    expect(check(inArgs(`unless { context.request has address && ${range} }`))).toEqual([]);
  });

  it('takes hidden characters for a mistake', () => {
    expect(check(inArgs('when { context.args.payment_id == "a\u202eb" }'))).toHaveLength(1);
  });
});

describe('where an approval may stand', () => {
  const met = 'context.approval.met.contains(Quorum::"finance")';
  const dba = 'context.approval.met.containsAny([Quorum::"dba"])';
  const big = 'context.args.amount > 500';
  const permit = (condition: string): string =>
    `@id("a") permit (principal, action == Action::"crm/refund", resource) ${condition};`;

  it.each([
    inArgs(`unless { ${met} }`),
    inArgs(`when { ${big} && !${met} }`),
    inArgs(`when { ${big} } unless { ${met} || ${dba} }`),
    inArgs(`unless { !(!${met}) }`),
    inArgs(`when { if ${big} then !${met} else false }`),
    inArgs(`when { if ${met} then false else ${big} }`),
    inArgs(`when { if !${met} then true else !${dba} }`),
    permit(`when { ${met} && ${dba} }`),
    permit(`unless { !${met} }`),
    permit(`when { if ${met} then ${big} else false }`),
  ])(proves('policy.approval-positive', 'is where more approvals can only allow more: %s'), (policy) => {
    expect(check(policy)).toEqual([]);
  });

  it.each([
    inArgs(`when { ${met} }`),
    inArgs(`unless { !${met} }`),
    inArgs(`unless { ${big} || !(${met} && ${dba}) }`),
    permit(`when { !${met} }`),
    permit(`unless { ${met} }`),
    permit(`when { if ${met} then ${big} else !${big} }`),
    permit(`when { if ${met} then false else ${big} }`),
    inArgs(`unless { ${met} == true }`),
    inArgs('unless { context.approval.met == [Quorum::"finance"] }'),
    inArgs('unless { context.approval.met.isEmpty() }'),
    inArgs('unless { [Quorum::"finance"].containsAll(context.approval.met) }'),
    inArgs('unless { context.approval has met }'),
    inArgs('unless { context has approval.met }'),
    inArgs(`unless { context.approval.met.contains(if ${big} then Quorum::"finance" else Quorum::"dba") }`),
    inArgs('unless { {met: context.approval.met}.met.contains(Quorum::"dba") }'),
  ])(proves('policy.approval-positive', 'is nowhere else: %s'), (policy) => {
    expect(check(`\n${policy}`)).toEqual([
      expect.stringMatching(/^2:1 a: context\.approval\.met may stand only where/),
    ]);
  });
});
