import { describe, expect, it } from 'vitest';
import type { Item } from '../../../shared/policy/engine.ts';
import { proves } from '../../requirements.ts';
import { app, createTestEngine, PERMIT_ALL, problemsOf, user } from './policy-fixture.ts';

const resource = (name: string, server = 'crm'): Item => ({ server, kind: 'resource', name });
const prompt = (name: string, server = 'crm'): Item => ({ server, kind: 'prompt', name });

const READ_ONE =
  '@id("one") permit (principal, action in [Action::"list", Action::"read"], resource == Resource::"crm/doc://a");';

describe('a resource or prompt', () => {
  it(proves('policy.items', 'is neither seen nor used where no policy permits'), () => {
    const engine = createTestEngine({ policies: '' });
    const denied = { verdict: 'deny', code: 'policy', policies: [], reasons: [] };
    for (const item of [resource('doc://a'), prompt('summarise')]) {
      expect(engine.mayListItem(user('support'), item)).toBe(false);
      expect(engine.decideItem(user('support'), item)).toEqual(denied);
    }
  });

  it(proves('policy.items', 'is used by read and get, each for its kind, apart from whether it is seen'), () => {
    const engine = createTestEngine({
      policies: `@id("reads") permit (principal in Group::"support", action == Action::"read", resource in Server::"crm");
@id("gets") permit (principal in Group::"finance", action == Action::"get", resource in Server::"crm");
@id("sees") permit (principal, action == Action::"list", resource is Prompt in Server::"crm");`,
    });
    const verdicts = (item: Item) =>
      ['support', 'finance'].map((group) => engine.decideItem(user(group), item).verdict);
    expect(verdicts(resource('doc://a'))).toEqual(['allow', 'deny']);
    expect(verdicts(prompt('summarise'))).toEqual(['deny', 'allow']);
    expect(engine.mayListItem(user(), resource('doc://a'))).toBe(false);
    expect(engine.mayListItem(user(), prompt('summarise'))).toBe(true);
  });

  it(proves('policy.items', 'is known by its server and exact name: a forbid of one leaves the others'), () => {
    const engine = createTestEngine({
      policies: `${PERMIT_ALL}
@id("sealed") @reason("Closed file.") forbid (principal, action in Action::"use", resource == Resource::"crm/doc://a");
@id("when") forbid (principal, action, resource) when { resource == Prompt::"crm/secret" };`,
    });
    expect(engine.decideItem(user(), resource('doc://a'))).toEqual({
      verdict: 'deny',
      code: 'policy',
      policies: ['sealed'],
      reasons: ['Closed file.'],
    });
    expect(engine.mayListItem(user(), resource('doc://a'))).toBe(false);
    for (const item of [resource('doc://b'), resource('doc://A'), resource(''), prompt('doc://a')]) {
      expect(engine.decideItem(user(), item)).toEqual({ verdict: 'allow', policies: ['all'] });
      expect(engine.mayListItem(user(), item)).toBe(true);
    }
    expect(engine.decideItem(user(), prompt('secret')).verdict).toBe('deny');
    expect(engine.decideItem(user(), resource('secret')).verdict).toBe('allow');
  });

  it(proves('policy.items', 'is a deny on a server that is not there, whatever its name'), () => {
    const engine = createTestEngine({ policies: PERMIT_ALL });
    for (const server of ['other', 'constructor', '__proto__', '', 'crm/crm', '_gateway']) {
      expect(engine.decideItem(user(), resource('doc://a', server)).verdict).toBe('deny');
      expect(engine.mayListItem(user(), prompt('summarise', server))).toBe(false);
      expect(engine.mayUse(user(), server)).toBe(false);
    }
  });

  it(proves('policy.items', 'never holds: policies on its actions know no approval'), () => {
    const policy = `${PERMIT_ALL}@id("a") forbid (principal, action == Action::"read", resource)
unless { context.approval.met.contains(Quorum::"finance") };`;
    expect(problemsOf({ policies: policy })).toEqual([expect.stringContaining('approval')]);
  });

  it(proves('policy.items', 'is a deny where a forbid errs or the request does not fit the schema'), () => {
    const engine = createTestEngine({
      policies: `${PERMIT_ALL}@id("far") forbid (principal, action == Action::"read", resource)
when { context.request.time.offset(duration("9223372036854775807ms")) > context.request.time };`,
    });
    expect(engine.decideItem(user(), resource('doc://a'))).toMatchObject({ verdict: 'deny', code: 'evaluation' });
    expect(engine.decideItem(user('nobody'), prompt('p'))).toMatchObject({ verdict: 'deny', code: 'evaluation' });
    expect(engine.mayListItem(user('nobody'), prompt('p'))).toBe(false);
    expect(engine.decideItem(user(), resource('\ud800'))).toMatchObject({ verdict: 'deny' });
  });

  it('is decided by who asks, from where and how, as far as policies look', () => {
    const engine = createTestEngine({
      policies: `@id("old") permit (principal is User, action in [Action::"read", Action::"get"], resource)
when { context.request.era == Era::"legacy" && context.agent == Agent::"5a11e000-0000-4000-8000-0000000000c1" };`,
    });
    const asker = user();
    const legacy = { ...asker, request: { ...asker.request, era: 'legacy' as const } };
    expect(engine.decideItem(legacy, resource('doc://a'))).toEqual({ verdict: 'allow', policies: ['old'] });
    expect(engine.decideItem(legacy, prompt('p')).verdict).toBe('allow');
    expect(engine.decideItem(asker, resource('doc://a')).verdict).toBe('deny');
    expect(engine.decideItem({ ...legacy, principal: app().principal }, prompt('p')).verdict).toBe('deny');
  });

  it.each([
    ['Resource::"crn/doc://a"', 'list'],
    ['Resource::"doc://a"', 'read'],
    ['Prompt::"summarise"', 'get'],
  ])('that no server can have is a mistake at load: %s', (entity, action) => {
    const policies = `@id("a") forbid (principal, action == Action::"${action}", resource == ${entity});`;
    expect(problemsOf({ policies })).toEqual([`1:1 a: ${entity} is on no server: an id is "{server}/{URI or name}"`]);
  });

  it.each([
    ['read', 'Prompt'],
    ['read', 'Tool'],
    ['get', 'Resource'],
  ])('a policy on %s of a %s could never apply, and is a mistake at load', (action, type) => {
    const policies = `@id("a") forbid (principal, action == Action::"${action}", resource is ${type});`;
    expect(problemsOf({ policies })[0]).toMatch(/^1:1 a: /);
  });
});

describe('a server without tools', () => {
  const mayUse = (policies: string, asker = user('support')) =>
    createTestEngine({ policies, tools: {} }).mayUse(asker, 'crm');

  it(proves('policy.items', 'may be used by whoever may see resources or prompts of it'), () => {
    for (const scope of ['resource in Server::"crm"', 'resource is Resource', 'resource is Prompt in Server::"crm"']) {
      const policies = `@id("a") permit (principal in Group::"support", action == Action::"list", ${scope});`;
      expect(mayUse(policies)).toBe(true);
      expect(mayUse(policies, user('finance'))).toBe(false);
    }
    expect(mayUse('@id("a") permit (principal, action, resource is Tool);')).toBe(false);
    expect(mayUse('@id("a") permit (principal, action == Action::"read", resource);')).toBe(false);
    expect(mayUse('')).toBe(false);
  });

  it('may be used by somebody who may see a single one that a policy names', () => {
    expect(mayUse(READ_ONE)).toBe(true);
    expect(mayUse(`${READ_ONE}@id("b") forbid (principal, action, resource in Server::"crm");`)).toBe(false);
    const inCondition = `@id("a") permit (principal, action == Action::"list", resource) when { resource == Prompt::"crm/p" };`;
    expect(mayUse(inCondition)).toBe(true);
  });
});
