/** Who may approve, and who may audit, review or administer. */
import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../shared/identity/caller.ts';
import type { ApprovalQuestion, Asker } from '../../../shared/policy/engine.ts';
import { proves } from '../../requirements.ts';
import { ALICE, app, BOT, createTestEngine, PERMIT_ALL, problemsOf, user } from './policy-fixture.ts';

const BOB = '5a11e000-0000-4000-8000-0000000000b2';

const requester: Principal = { kind: 'user', id: ALICE, guest: false };
const QUESTION: ApprovalQuestion = { server: 'crm', tool: 'refund', requester, channel: 'page' };

function bob(...groups: string[]): Asker {
  return { ...user(...groups), principal: { kind: 'user', id: BOB, guest: false } };
}

const APPROVE =
  '@id("approve") permit (principal in Group::"finance", action == Action::"approve", resource in Server::"crm");\n';

const mayApprove = (policies: string, approver = bob('finance'), change: Partial<ApprovalQuestion> = {}): boolean =>
  createTestEngine({ policies }).mayApprove(approver, { ...QUESTION, ...change });

describe('approving', () => {
  it(proves('policy.approve', 'takes a policy that permits it, and none that forbids it'), () => {
    expect(mayApprove(APPROVE)).toBe(true);
    expect(mayApprove(APPROVE, bob('support'))).toBe(false);
    expect(mayApprove('@id("use") permit (principal, action in Action::"use", resource);')).toBe(false);
    expect(mayApprove(`${APPROVE}@id("no") forbid (principal, action, resource == Tool::"crm/refund");`)).toBe(false);
    expect(mayApprove(`${APPROVE}@id("no") forbid (principal, action, resource == Tool::"crm/search");`)).toBe(true);
  });

  it(proves('policy.approve', 'is never for the requester, nor for an app, whatever the policies say'), () => {
    expect(mayApprove(PERMIT_ALL, bob())).toBe(true);
    expect(mayApprove(PERMIT_ALL, user())).toBe(false);
    expect(mayApprove(PERMIT_ALL, app())).toBe(false);
    expect(mayApprove(PERMIT_ALL, app(), { requester: { ...requester, id: BOB } })).toBe(false);
    expect(mayApprove(PERMIT_ALL, bob(), { requester: { kind: 'app', id: BOB, guest: false } })).toBe(false);
  });

  it(proves('policy.approve', 'may depend on the channel, the tool and who asked'), () => {
    const onPage =
      '@id("page") forbid (principal, action == Action::"approve", resource) unless { context.channel == Channel::"page" };\n';
    expect(mayApprove(APPROVE + onPage)).toBe(true);
    expect(mayApprove(APPROVE + onPage, bob('finance'), { channel: 'teams-reply' })).toBe(false);

    const notForBots = `@id("bots") forbid (principal, action == Action::"approve", resource) when { context has requesterApp && context.requesterApp == App::"${BOT}" };\n`;
    expect(mayApprove(APPROVE + notForBots)).toBe(true);
    expect(
      mayApprove(APPROVE + notForBots, bob('finance'), { requester: { kind: 'app', id: BOT, guest: false } }),
    ).toBe(false);

    const notForAlice = `@id("alice") forbid (principal, action == Action::"approve", resource) when { context has requesterUser && context.requesterUser == User::"${ALICE}" };\n`;
    expect(mayApprove(APPROVE + notForAlice)).toBe(false);
    expect(mayApprove(APPROVE + notForAlice, bob('finance'), { requester: { ...requester, id: BOT } })).toBe(true);
  });

  it('knows whether the requester is a guest', () => {
    const noGuests =
      '@id("guests") forbid (principal, action == Action::"approve", resource) when { context has requesterUser && context.requesterUser.guest };\n';
    expect(mayApprove(APPROVE + noGuests)).toBe(true);
    expect(mayApprove(APPROVE + noGuests, bob('finance'), { requester: { ...requester, guest: true } })).toBe(false);
  });

  it('refuses a policy that asks for the requester’s groups: they are not known then', () => {
    for (const test of [
      'context.requesterUser in Group::"finance"',
      'context.requesterUser is User in Group::"finance"',
      '(if context.channel == Channel::"page" then context.requesterUser else principal) in Group::"finance"',
    ]) {
      const policies = `@id("a") forbid (principal, action == Action::"approve", resource) when { context has requesterUser && ${test} };`;
      expect(problemsOf({ policies })).toEqual([
        '1:1 a: the requester’s groups are not known when somebody approves: compare the requester with ==, not "in"',
      ]);
    }
  });

  it(proves('policy.approve', 'is refused when a policy on it errs'), () => {
    const errs = `@id("sum") forbid (principal, action == Action::"approve", resource)
when { context.request.time.offset(duration("9223372036854775807ms")) < context.request.time };\n`;
    expect(mayApprove(APPROVE + errs)).toBe(false);
  });

  it('is of pinned tools alone', () => {
    expect(mayApprove(PERMIT_ALL, bob(), { tool: 'nothing' })).toBe(false);
    expect(mayApprove(PERMIT_ALL, bob(), { server: 'erp' })).toBe(false);
    expect(mayApprove(PERMIT_ALL, bob(), { server: 'crm/refund', tool: '' })).toBe(false);
  });
});

describe('duties', () => {
  const DUTIES = `
@id("audit") permit (principal in Group::"support", action in [Action::"audit", Action::"review"], resource);
@id("admin") permit (principal in Group::"finance", action == Action::"administer", resource == Server::"_gateway");
@id("not-gateway") forbid (principal is App, action == Action::"audit", resource == Server::"_gateway");`;
  const engine = createTestEngine({ policies: DUTIES });

  it(proves('policy.duties', 'are permitted one by one, on a server or on the gateway’s own records'), () => {
    expect(engine.mayDo(user('support'), 'audit', 'crm')).toBe(true);
    expect(engine.mayDo(user('support'), 'review', '_gateway')).toBe(true);
    expect(engine.mayDo(user('support'), 'administer', 'crm')).toBe(false);
    expect(engine.mayDo(user('finance'), 'administer', '_gateway')).toBe(true);
    expect(engine.mayDo(user('finance'), 'administer', 'crm')).toBe(false);
    expect(engine.mayDo(user(), 'audit', 'crm')).toBe(false);
    expect(engine.mayDo(app('support'), 'audit', 'crm')).toBe(true);
    expect(engine.mayDo(app('support'), 'audit', '_gateway')).toBe(false);
  });

  it('are no one’s on a server that is not there', () => {
    expect(createTestEngine({ policies: PERMIT_ALL }).mayDo(user(), 'audit', 'erp')).toBe(false);
  });

  it('come from no policy on tools, resources or prompts, and give nobody a call', () => {
    const tools = createTestEngine({ policies: '@id("a") permit (principal, action, resource is Tool);' });
    expect(tools.mayDo(user(), 'audit', 'crm')).toBe(false);
    expect(engine.decideCall(user('support'), { server: 'crm', tool: 'ping', arguments: {} }).verdict).toBe('deny');
  });

  it(proves('policy.duties', 'are refused when a policy on them errs'), () => {
    const errs = `${PERMIT_ALL}@id("sum") forbid (principal, action == Action::"audit", resource)
when { context.request.time.offset(duration("9223372036854775807ms")) < context.request.time };`;
    const erring = createTestEngine({ policies: errs });
    expect(erring.mayDo(user(), 'audit', 'crm')).toBe(false);
    expect(erring.mayDo(user(), 'review', 'crm')).toBe(true);
  });
});
