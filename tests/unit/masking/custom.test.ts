/** Classes of the configuration's own: patterns, words, and what may not be one. */
import { describe, expect, it } from 'vitest';
import { checkPattern } from '../../../shared/config/bounded-pattern.ts';
import { parsePath } from '../../../shared/config/json-path.ts';
import { createMasker } from '../../../shared/masking/mask.ts';
import { proves } from '../../requirements.ts';

const custom = new Map([
  ['employee-id', { pattern: 'EMP-[0-9]{6}' }],
  ['ward', { pattern: 'W[0-9]{2}' }],
  ['visit', { pattern: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}' }],
  ['account', { pattern: '77[0-9]{6}' }],
  ['project', { words: ['Bluebird', 'Operation Falcon', 'Überflieger'] }],
]);
const masker = createMasker({ classes: ['email', ...custom.keys()], custom });
const maskedText = (text: string) => masker.maskRequest(text);

describe('a class of one’s own', () => {
  it.each([
    ['of EMP-123456 and EMP-1234567', 'of [masked:employee-id] and [masked:employee-id]7'],
    ['W12', '[masked:ward]'],
    ['5a11e000-0000-4000-8000-0000000000b1', '[masked:visit]'],
    [
      'The BLUEBIRD budget; operation  falcon; überflieger',
      'The [masked:project] budget; [masked:project]; [masked:project]',
    ],
    ['bluebirds, Falcon', 'bluebirds, Falcon'],
    ['EMP\u2011123456', '[masked:employee-id]'],
    [Buffer.from('secret of EMP-123456, keep it').toString('base64'), '[masked:employee-id]'],
  ])(proves('mask.custom-classes', 'is found like any other: %s'), (given, expected) => {
    expect(maskedText(given)).toBe(expected);
    expect(maskedText(expected)).toBe(expected);
  });

  it(proves('mask.custom-classes', 'is found in numbers, as a whole'), () => {
    expect(masker.maskRequest({ a: 77123456, b: 771234567, c: 5 })).toEqual({ a: 0, b: 771234567, c: 5 });
  });
});

describe('a pattern', () => {
  it.each([
    'EMP-[0-9]{6}',
    '\\bKST[ -]?\\d{3,8}\\b',
    '(?:AB|CD)\\d{4}',
    '[\\]a]{3,5}',
    '\\p{Lu}{2}\\d{2,4}',
    '^x{1,9}$',
    '\\u{1F600}\\x41',
  ])(proves('mask.custom-classes', 'may be what has bounded work: %s'), (pattern) =>
    expect(checkPattern(pattern)).toEqual({ ok: true, value: undefined }),
  );

  it.each([
    ['\\d+', 'repeats something without end'],
    ['a*b', 'repeats something without end'],
    ['a{3,}', 'repeats something without end'],
    ['(a|b|ab){2,8}c', 'too many ways'],
    ['(x{1,16}){1,9}', 'too many ways'],
    ['(?:\\w{1,20}){20}', 'may match more than'],
    ['(?<=x)abc', 'has a group other than'],
    ['(?=.{1,9}x)abc', 'has a group other than'],
    ['(?<n>a)b', 'has a group other than'],
    ['(a)\\1', 'refers back'],
    ['a{200}', 'more than 128 times'],
    ['x?', 'matches nothing at all'],
    ['(', 'is not a regular expression'],
    ['\\d{1,9}'.repeat(3), 'too many ways'],
  ])(proves('mask.custom-classes', 'is refused where its work has no bound: %s'), (pattern, why) => {
    expect(checkPattern(pattern)).toMatchObject({ ok: false, error: expect.stringContaining(why) });
  });

  it.each([
    ['$', 'names everything'],
    ['salary', 'is not a JSONPath'],
    ['$..a[?@.b > 1]', 'has a filter'],
    [`$${'.a'.repeat(17)}`, 'more than 16 steps'],
  ])(proves('mask.field-rules', 'of a path is refused where it can’t be followed: %s'), (path, why) => {
    expect(parsePath(path)).toMatchObject({ ok: false, error: expect.stringContaining(why) });
  });
});
