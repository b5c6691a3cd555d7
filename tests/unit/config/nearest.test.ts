/** "Did you mean" helps with slips of the finger and keeps quiet otherwise. */
import { expect, it } from 'vitest';
import { suggest } from '../../../shared/config/nearest.ts';

it.each([
  ['finace', ['support', 'finance'], ' (did you mean "finance"?)'],
  ['grousp', ['groups', 'quorums'], ' (did you mean "groups"?)'],
  ['clockskewseconds', ['clockSkewSeconds'], ' (did you mean "clockSkewSeconds"?)'],
  ['masking', ['servers', 'limits'], ''],
  ['x', [], ''],
])('for %s', (name, known, expected) => {
  expect(suggest(name, known)).toBe(expected);
});
