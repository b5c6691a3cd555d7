import { describe, expect, it } from 'vitest';
import { proves } from '../../requirements.ts';
import { app, createTestEngine, decide, PERMIT_ALL, user } from './policy-fixture.ts';

const REFUND = { payment_id: 'P-1', amount: 1 };
const SUPPORT =
  '@id("support") permit (principal in Group::"support", action in Action::"use", resource in Server::"crm");';

describe('a decision', () => {
  it(proves('policy.default-deny', 'is a deny where no policy permits'), () => {
    const denied = { verdict: 'deny', code: 'policy', policies: [], reasons: [] };
    expect(decide('', 'refund', REFUND)).toEqual(denied);
    expect(decide(SUPPORT, 'refund', REFUND, user('finance'))).toEqual(denied);
    expect(decide(SUPPORT, 'refund', REFUND, user('support'))).toEqual({ verdict: 'allow', policies: ['support'] });
  });

  it(
    proves('policy.default-deny', 'is a deny where one policy forbids, with its reason, whatever others permit'),
    () => {
      const policies = `${PERMIT_ALL}${SUPPORT}
@id("b") @reason("Closed.") forbid (principal, action, resource);
@id("a") @reason("Closed.") forbid (principal, action in Action::"call", resource);`;
      expect(decide(policies, 'refund', REFUND, user('support'))).toEqual({
        verdict: 'deny',
        code: 'policy',
        policies: ['b', 'a'],
        reasons: ['Closed.'],
      });
    },
  );

  it('is a deny for a tool that is not pinned, and for a server that is not there', () => {
    const engine = createTestEngine({ policies: PERMIT_ALL });
    const denied = { verdict: 'deny', code: 'not-pinned', policies: [], reasons: [] };
    for (const [server, tool] of [
      ['crm', 'drop'],
      ['crm', '__proto__'],
      ['constructor', 'refund'],
      ['crm/refund', ''],
    ]) {
      expect(engine.decideCall(user(), { server: `${server}`, tool: `${tool}`, arguments: {} })).toEqual(denied);
    }
  });

  it('knows apps in groups as it knows users, and tells the two apart', () => {
    expect(decide(SUPPORT, 'refund', REFUND, app('support')).verdict).toBe('allow');
    const people = '@id("people") permit (principal is User, action, resource);';
    expect(decide(people, 'refund', REFUND, user()).verdict).toBe('allow');
    expect(decide(people, 'refund', REFUND, app()).verdict).toBe('deny');
  });

  it('knows guests, the agent, the time, the era and the address', () => {
    const asker = user();
    const holds = (condition: string, request: object = {}) =>
      decide(
        `@id("a") permit (principal is User, action in Action::"call", resource) when { ${condition} };`,
        'ping',
        {},
        {
          ...asker,
          request: { ...asker.request, ...request },
        },
      ).verdict === 'allow';
    expect(holds('!principal.guest')).toBe(true);
    expect(holds(`context.agent == Agent::"${asker.agent.id}"`)).toBe(true);
    expect(holds('context.request.era == Era::"modern"', { era: 'legacy' })).toBe(false);
    const officeHours =
      'context.request.time.toTime() >= duration("8h") && context.request.time.toTime() < duration("18h")';
    expect(holds(officeHours)).toBe(true);
    expect(holds(officeHours, { timeMs: Date.UTC(2026, 10, 22, 18) })).toBe(false);
    const nearby = 'context.request has address && context.request.address.isInRange(ip("192.0.2.0/24"))';
    expect(holds(nearby)).toBe(true);
    for (const address of ['198.51.100.1', 'unknown', '', '192.0.2.7:80', '2001:db8::7']) {
      expect(holds(nearby, { address })).toBe(false);
    }
    for (const address of ['::ffff:192.0.2.7', '::FFFF:c000:207', '0:0:0:0:0:ffff:192.0.2.7']) {
      expect(holds(nearby, { address })).toBe(true);
    }
  });

  it(proves('policy.evaluation-error', 'is a deny where a forbid errs, though Cedar itself would say allow'), () => {
    const policies = `${PERMIT_ALL}@id("sum") forbid (principal, action == Action::"crm/refund", resource)
when { context.args.amount + 1 > 500 };`;
    const amount = JSON.rawJSON('9223372036854775807');
    expect(decide(policies, 'refund', { payment_id: 'P', amount })).toEqual({
      verdict: 'deny',
      code: 'evaluation',
      policies: [],
      reasons: [],
      detail: 'evaluation failed of sum',
    });
  });

  it(proves('policy.evaluation-error', 'is a deny where the request does not fit the schema'), () => {
    const denied = { verdict: 'deny', code: 'evaluation', policies: [], reasons: [] };
    expect(decide(PERMIT_ALL, 'refund', REFUND, user('no-such-group'))).toMatchObject(denied);
    const broken = { ...user(), principal: { ...user().principal, id: '\ud800' } };
    expect(decide(PERMIT_ALL, 'refund', REFUND, broken)).toMatchObject(denied);
  });

  it('is the same for one engine after another was made', () => {
    const first = createTestEngine({ policies: PERMIT_ALL });
    const second = createTestEngine({ policies: '@id("none") forbid (principal, action, resource);' });
    const call = { server: 'crm', tool: 'refund', arguments: REFUND };
    expect([first, second].map((engine) => engine.decideCall(user(), call).verdict)).toEqual(['allow', 'deny']);
  });
});

describe('what is visible', () => {
  const policies = `${SUPPORT}
@id("hidden") forbid (principal, action == Action::"list", resource == Tool::"crm/search");
@id("night") forbid (principal, action == Action::"crm/refund", resource) when { context.args.amount > 500 };`;

  it(proves('policy.list', 'is decided by list, apart from whether a call is allowed'), () => {
    const engine = createTestEngine({ policies });
    const visible = (...groups: string[]) =>
      ['refund', 'search', 'ping', 'drop'].filter((tool) => engine.mayList(user(...groups), 'crm', tool));
    expect(visible('support')).toEqual(['refund', 'ping']);
    expect(visible('finance')).toEqual([]);
    expect(engine.mayList(user('support'), 'no-such-server', 'refund')).toBe(false);
  });

  it(proves('policy.list', 'decides who may use a server at all'), () => {
    const engine = createTestEngine({ policies });
    expect(engine.mayUse(user('support'), 'crm')).toBe(true);
    expect(engine.mayUse(user('finance'), 'crm')).toBe(false);
    expect(engine.mayUse(user('support'), 'other')).toBe(false);
  });

  it('looks at the request where a policy on any tool does', () => {
    const engine = createTestEngine({
      policies: `${SUPPORT}
@id("late") forbid (principal, action == Action::"list", resource == Tool::"crm/ping")
when { context.request.time.toTime() >= duration("18h") && context.agent != Agent::"5a11e000-0000-4000-8000-0000000000c9" };`,
    });
    const asker = user('support');
    const late = { ...asker, request: { ...asker.request, timeMs: Date.UTC(2026, 10, 22, 19) } };
    expect(engine.mayList(asker, 'crm', 'ping')).toBe(true);
    expect(engine.mayList(late, 'crm', 'ping')).toBe(false);
    expect(engine.mayList(late, 'crm', 'refund')).toBe(true);
  });
});
