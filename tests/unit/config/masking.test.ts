/** `masking` of gateway.yaml: what it becomes, and every mistake at its line. */
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../shared/config/load-config.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import { proves } from '../../requirements.ts';
import { goodGateway, loadOptions } from './folder.ts';

const load = (masking: string, more: { readonly policies?: string } = {}) =>
  loadConfig(loadOptions({ gateway: `${goodGateway}masking:\n${masking}`, ...more }));

async function problemsOf(masking: string): Promise<string[]> {
  const loaded = await load(masking);
  return loaded.ok ? [] : formatProblems(loaded.error).split('\n');
}

describe('masking in gateway.yaml', () => {
  it('becomes classes, rules and actions', async () => {
    const loaded = await load(`  classes: [email]
  custom:
    employee-id: { pattern: 'EMP-[0-9]{6}', words: [Bluebird] }
    salary: { column: Annual pay, path: '$..compensation.amount' }
  rules:
    - { class: email, column: contact, action: drop }
  actions: { email: token, salary: partial }
`);
    if (!loaded.ok) throw new Error(formatProblems(loaded.error));
    const { classes, custom, rules, actions } = loaded.value.masking;
    expect(classes).toEqual(['email', 'employee-id', 'salary']);
    expect([...(custom ?? [])]).toEqual([
      ['employee-id', { pattern: 'EMP-[0-9]{6}', words: ['Bluebird'] }],
      ['salary', {}],
    ]);
    expect(rules).toEqual([
      { class: 'salary', path: '$..compensation.amount' },
      { class: 'salary', column: 'Annual pay' },
      { class: 'email', column: 'contact', action: 'drop' },
    ]);
    expect([...(actions ?? [])]).toEqual([
      ['email', 'token'],
      ['salary', 'partial'],
    ]);
  });

  it.each<[string, string, string]>([
    [
      'a slow pattern',
      "  custom:\n    id: { pattern: '(\\w+)+x' }",
      'masking.custom.id.pattern: repeats something without end',
    ],
    ['a path with a filter', "  custom:\n    id: { path: '$[?@.a]' }", 'masking.custom.id.path: has a filter'],
    [
      'a name that is taken',
      '  custom:\n    card: { words: [Visa] }',
      'masking.custom.card: is the name of a class that the gateway has',
    ],
    ['a reserved name', '  custom:\n    binary: { words: [Visa] }', 'masking.custom.binary: is the name of a class'],
    [
      'a rule of no class',
      '  rules:\n    - { class: salry, column: pay }',
      'masking.rules[0].class: is no class under masking.classes',
    ],
    ['a rule of nothing', '  rules:\n    - { class: email }', 'masking.rules[0]: wants either a path or a column'],
    ['a part of a secret', '  actions: { secret: partial }', 'masking.actions.secret: is not for this class'],
    ['an action of no class', '  actions: { ip: drop }', 'masking.actions.ip: is no class'],
  ])(proves('mask.custom-classes', 'has a mistake with its line: %s'), async (_what, masking, expected) => {
    const problems = await problemsOf(`${masking}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^gateway\.yaml:\d+:\d+ /);
    expect(problems[0]).toContain(expected);
  });

  it(proves('mask.custom-classes', 'are names that policies know, and no others'), async () => {
    const policy = (name: string) =>
      `@id("r") permit (principal, action == Action::"reveal", resource) when { context.class == Class::"${name}" };`;
    const engineFor = async (name: string) => {
      const loaded = await load('  custom: { salary: { column: pay } }\n', { policies: policy(name) });
      if (!loaded.ok) throw new Error(formatProblems(loaded.error));
      return createPolicyEngine(loaded.value);
    };
    expect((await engineFor('salary')).ok).toBe(true);
    expect((await engineFor('salry')).ok).toBe(false);
  });
});
