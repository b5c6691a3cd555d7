import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { createTestEngine, PERMIT_ALL, problemsOf, user } from './policy-fixture.ts';

const problemOf = (policy: string, parts = {}): readonly string[] => problemsOf({ policies: policy, ...parts });

describe('the generated schema', () => {
  it.each([
    ['a group', 'permit (principal in Group::"suport", action, resource);', '1:31', 'valid entity eids: "support"'],
    ['a server', 'permit (principal, action == Action::"list", resource in Server::"crn");', '1:67', '"crm"'],
    ['a tool', 'permit (principal, action == Action::"crm/refundd", resource);', '1:39', 'Action::"crm/refund"'],
    ['a group of actions', 'permit (principal, action in Action::"usee", resource);', '1:39', 'Action::"use"'],
    [
      'an argument',
      'permit (principal, action == Action::"crm/refund", resource) when { context.args.amont > 1 };',
      '1:78',
      'did you mean `amount`?',
    ],
    [
      'a quorum',
      'permit (principal, action == Action::"crm/refund", resource) when { context.approval.met.contains(Quorum::"fin") };',
      '1:108',
      'valid entity eids: "finance", "dba"',
    ],
    [
      'an era',
      'permit (principal, action == Action::"list", resource) when { context.request.era == Era::"moden" };',
      '1:95',
      'valid entity eids: "modern", "legacy"',
    ],
    [
      'a class of data',
      'permit (principal, action == Action::"reveal", resource) when { context.class == Class::"crad" };',
      '1:91',
      'valid entity eids: "card", "email"',
    ],
    [
      'a channel',
      'permit (principal, action == Action::"approve", resource) when { context.channel == Channel::"fax" };',
      '1:94',
      'valid entity eids: "page", "api", "teams-reply", "teams-flow"',
    ],
  ])(
    proves('policy.schema', 'makes a misspelt name of %s a problem with its place and a hint'),
    (_, policy, place, hint) => {
      const problems = problemOf(`@id("a") ${policy}`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toContain(`${place} a: `);
      expect(problems[0]).toContain(hint);
    },
  );

  it(proves('policy.schema', 'gives an argument its type: a comparison with another type is a problem'), () => {
    const [problem] = problemOf(`@id("a") permit (principal, action == Action::"crm/refund", resource)
when { context.args.amount == "600" };`);
    expect(problem).toContain('2:8 a: ');
  });

  it(
    proves('policy.schema', 'makes an argument that may be missing or null one that policies must ask for first'),
    () => {
      for (const argument of ['limit', 'query', '["sort-by"]']) {
        const access = argument.startsWith('[') ? argument : `.${argument}`;
        const policy = `@id("a") permit (principal, action == Action::"crm/search", resource) when { context.args${access} == context.args${access} };`;
        expect(problemOf(policy)[0]).toContain('unable to guarantee safety of access to optional attribute');
      }
    },
  );

  it(
    proves('policy.schema', 'holds strings, integers, decimals, booleans, lists, records, values and references'),
    () => {
      const policies = `@id("a") permit (principal, action == Action::"crm/search", resource) when {
      context.args has query && context.args.query like "a*" &&
      context.args has limit && context.args.limit > 1 &&
      context.args has score && context.args.score.greaterThan(decimal("0.5")) &&
      context.args has exact && context.args.exact &&
      context.args has format && context.args.format == "csv" &&
      context.args has tags && context.args.tags.contains("vip") &&
      context.args has ids && context.args.ids.containsAny([1, 2]) &&
      context.args has "sort-by" && context.args["sort-by"] == "name" &&
      context.args has place.zone && context.args.place.zone == 3 && context.args.place.city == "Oslo" };`;
      expect(problemOf(policies)).toEqual([]);
      const engine = createTestEngine({ policies });
      const given = {
        query: 'abc',
        limit: 2,
        score: 0.75,
        exact: true,
        format: 'csv',
        tags: ['vip', 'new'],
        ids: [9, 2],
        'sort-by': 'name',
        place: { city: 'Oslo', zone: 3 },
      };
      const verdictOf = (changed: object) =>
        engine.decideCall(user(), { server: 'crm', tool: 'search', arguments: { ...given, ...changed } }).verdict;
      expect(verdictOf({})).toBe('allow');
      for (const change of [{ query: 'b' }, { limit: 1 }, { score: 0.5 }, { exact: false }, { format: 'json' }]) {
        expect(verdictOf(change)).toBe('deny');
      }
      for (const change of [{ tags: [] }, { ids: [3] }, { 'sort-by': null }, { place: { city: 'Rome', zone: 3 } }]) {
        expect(verdictOf(change)).toBe('deny');
      }
    },
  );

  it.each([
    ['filter', 'it may be of several types'],
    ['extra', 'its schema names no properties'],
    ['rows', 'its items are not plain values'],
    ['place.any', 'its schema names no type'],
    ['tree.next', 'its schema refers to itself'],
  ])(proves('policy.schema', 'leaves out what Cedar cannot hold: a policy that mentions %s fails'), (path, reason) => {
    const policy = `\n@id("a")\npermit (principal, action == Action::"crm/search", resource) when { context.args has ${path} };`;
    expect(problemOf(policy)).toEqual([`2:1 a: argument "${path}" of crm/search can't be used in policies: ${reason}`]);
  });

  it('has the risk labels as groups of actions, and lets a policy wait for the first tool of a label', () => {
    const policies = `${PERMIT_ALL}@id("careful") forbid (principal, action in Action::"destructive", resource);`;
    expect(problemOf(policies)).toEqual([]);
    const engine = createTestEngine({ policies, labels: { refund: ['destructive'] } });
    const verdictOf = (tool: string, given: object) =>
      engine.decideCall(user(), { server: 'crm', tool, arguments: { ...given } }).verdict;
    expect(verdictOf('refund', { payment_id: 'P', amount: 1 })).toBe('deny');
    expect(verdictOf('search', {})).toBe('allow');
  });

  it('lets no name break out: quotes, backslashes and Cedar text in tools and arguments stay names', () => {
    const tool = 'a"; permit(principal,action,resource); //\\';
    const argument = 'x" in Server::"crm';
    const tools = {
      [tool]: { type: 'object', properties: { [argument]: { type: 'string' }, '': { type: 'integer' } } },
    };
    const engine = createTestEngine({ policies: '@id("none") forbid (principal, action, resource);', tools });
    const call = { server: 'crm', tool, arguments: { [argument]: 'y' } };
    expect(engine.decideCall(user(), call)).toMatchObject({ verdict: 'deny', policies: ['none'] });
    expect(createTestEngine({ policies: PERMIT_ALL, tools }).decideCall(user(), call).verdict).toBe('allow');
  });

  it('stands without groups, quorums and tools', () => {
    const parts = { groups: [], quorums: [], tools: {} };
    expect(problemOf(PERMIT_ALL, parts)).toEqual([]);
    const [problem] = problemOf('@id("a") permit (principal in Group::"x", action, resource);', parts);
    expect(problem).toContain('(none is configured)');
  });

  it('declares the actions that are decided elsewhere, so that policies may name them', () => {
    expect(
      problemOf(`
@id("reveal") permit (principal, action == Action::"reveal", resource == Server::"crm") when { context.class == Class::"email" };
@id("approve") permit (principal in Group::"finance", action == Action::"approve", resource)
unless { context has requesterUser && context.requesterUser == principal };
@id("audit") permit (principal, action in [Action::"audit", Action::"review", Action::"administer"], resource == Server::"_gateway");
@id("read") permit (principal, action in [Action::"read", Action::"get"], resource is Resource in Server::"crm");`),
    ).toEqual([]);
  });
});
