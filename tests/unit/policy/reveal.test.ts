/** Who may see a class of data in clear (DESIGN §4): nobody, unless a policy that names it says so. */
import { describe, expect, it } from 'vitest';
import type { RevealQuestion } from '../../../shared/policy/engine.ts';
import { proves } from '../../requirements.ts';
import { app, createTestEngine, PERMIT_ALL, user } from './policy-fixture.ts';

const QUESTION: RevealQuestion = { server: 'crm', tool: 'search', class: 'email' };
const SUPPORT = user('support');

const EMAILS =
  '@id("emails") permit (principal in Group::"support", action == Action::"reveal", resource == Server::"crm") when { context.class == Class::"email" };\n';

const mayReveal = (policies: string, change: Partial<RevealQuestion> = {}, asker = SUPPORT): boolean =>
  createTestEngine({ policies }).mayReveal(asker, { ...QUESTION, ...change });

describe('revealing', () => {
  it(proves('mask.reveal', 'takes a permit for the class, the person and the server'), () => {
    expect(mayReveal('')).toBe(false);
    expect(mayReveal(EMAILS)).toBe(true);
    expect(mayReveal(EMAILS, { class: 'card' })).toBe(false);
    expect(mayReveal(EMAILS, { server: '_gateway' })).toBe(false);
    expect(mayReveal(EMAILS, {}, user('finance'))).toBe(false);
    expect(mayReveal(EMAILS, {}, app())).toBe(false);
  });

  it(
    proves('mask.reveal', 'takes a permit that names the action: who may do everything does not see everything'),
    () => {
      expect(mayReveal(PERMIT_ALL)).toBe(false);
      expect(mayReveal('@id("named") permit (principal, action == Action::"reveal", resource);')).toBe(true);
      expect(
        mayReveal('@id("both") permit (principal, action in [Action::"reveal", Action::"audit"], resource);'),
      ).toBe(true);
    },
  );

  it(proves('mask.reveal', 'takes no forbid, not even one of everything'), () => {
    const guests = '@id("no") forbid (principal is User, action, resource) when { principal.guest };\n';
    const guest = { ...SUPPORT, principal: { ...SUPPORT.principal, kind: 'user', guest: true } } as const;
    expect(mayReveal(EMAILS + guests)).toBe(true);
    expect(mayReveal(EMAILS + guests, {}, guest)).toBe(false);
  });

  it(proves('mask.reveal', 'may depend on the tool; what comes from none has none'), () => {
    const fromSearch =
      '@id("search") permit (principal, action == Action::"reveal", resource) when { context has tool && context.tool == Tool::"crm/search" };\n';
    expect(mayReveal(fromSearch)).toBe(true);
    expect(mayReveal(fromSearch, { tool: 'refund' })).toBe(false);
    expect(createTestEngine({ policies: fromSearch }).mayReveal(SUPPORT, { server: 'crm', class: 'email' })).toBe(
      false,
    );
  });

  it(proves('mask.reveal', 'is no where evaluation errs, and for a class that nobody configured'), () => {
    const overflow = `${EMAILS}@id("errs") forbid (principal, action == Action::"reveal", resource) when { context.request.time.toTime().toMilliseconds() * 9223372036854775807 > 1 };\n`;
    const late = { ...SUPPORT, request: { ...SUPPORT.request, timeMs: 86_399_999 } };
    expect(mayReveal(overflow, {}, late)).toBe(false);
    const others =
      '@id("others") permit (principal, action == Action::"reveal", resource) when { context.class != Class::"card" };';
    expect(mayReveal(others)).toBe(true);
    expect(mayReveal(others, { class: 'binary' })).toBe(false);
  });
});
