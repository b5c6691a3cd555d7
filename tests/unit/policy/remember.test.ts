/** Outcomes are remembered by everything they depend on, and by nothing less. */
import { describe, expect, it } from 'vitest';
import type { Outcome, Question } from '../../../shared/policy/evaluate.ts';
import { rememberOutcomes } from '../../../shared/policy/remember.ts';

const question: Question = {
  principal: { type: 'User', id: 'a' },
  action: 'list',
  resource: { type: 'Tool', id: 'crm/search' },
  entities: [{ uid: { type: 'User', id: 'a' }, attrs: { guest: false }, parents: [{ type: 'Group', id: 'support' }] }],
  context: {},
  policySet: 'list',
  schema: 'full',
};
const allow: Outcome = { kind: 'allow', determining: [] };

/** Counts what reached the engine. */
function counting(outcome: Outcome, maxQuestions?: number) {
  const asked: Question[] = [];
  const ask = rememberOutcomes((each) => {
    asked.push(each);
    return outcome;
  }, maxQuestions);
  return { ask, asked };
}

describe('a remembered outcome', () => {
  it('is not asked for again', () => {
    const { ask, asked } = counting(allow);
    expect([ask(question), ask(structuredClone(question))]).toEqual([allow, allow]);
    expect(asked).toHaveLength(1);
  });

  it.each<[string, Partial<Question>]>([
    ['another person', { principal: { type: 'User', id: 'b' } }],
    ['an app of the same id', { principal: { type: 'App', id: 'a' } }],
    ['another action', { action: 'read' }],
    ['another tool', { resource: { type: 'Tool', id: 'crm/delete' } }],
    [
      'another group',
      {
        entities: [{ uid: { type: 'User', id: 'a' }, attrs: { guest: false }, parents: [{ type: 'Group', id: 'x' }] }],
      },
    ],
    [
      'a guest',
      {
        entities: [
          { uid: { type: 'User', id: 'a' }, attrs: { guest: true }, parents: [{ type: 'Group', id: 'support' }] },
        ],
      },
    ],
    ['another moment', { context: { request: { time: '2026-11-23T00:00:00Z' } } }],
    ['other policies', { policySet: 'use' }],
    ['another schema', { schema: 'other' }],
  ])('is not that of %s', (_, other) => {
    const { ask, asked } = counting(allow);
    ask(question);
    ask({ ...question, ...other });
    expect(asked).toHaveLength(2);
  });

  it('is never an error', () => {
    const { ask, asked } = counting({ kind: 'error', detail: 'it failed' });
    ask(question);
    ask(question);
    expect(asked).toHaveLength(2);
  });

  it('is not of a question that a caller made long', () => {
    const { ask, asked } = counting(allow);
    const long = { ...question, resource: { type: 'Resource', id: 'x'.repeat(5_000) } };
    ask(long);
    ask(long);
    expect(asked).toHaveLength(2);
  });

  it('is forgotten for newer ones', () => {
    const { ask, asked } = counting(allow, 2);
    const of = (action: string) => ask({ ...question, action });
    for (const action of ['one', 'two', 'three', 'one']) of(action);
    expect(asked.map(({ action }) => action)).toEqual(['one', 'two', 'three', 'one']);
    of('three');
    expect(asked).toHaveLength(4);
  });
});
