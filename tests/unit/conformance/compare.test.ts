/** What counts as falling short of direct: less passed, or a failure or warning that direct has not. */
import { describe, expect, it } from 'vitest';
import { addCounts, compare, countChecks } from '../../conformance/compare.ts';
import { findStale, findUnexpected } from '../../conformance/expected-failures.ts';
import type { Check, SuiteResult } from '../../conformance/run-suite.ts';

const check = (id: string, status: Check['status'], errorMessage?: string): Check => ({ id, status, errorMessage });
const result = (scenarios: Record<string, Check[]>): SuiteResult => new Map(Object.entries(scenarios));
const shortfalls = (direct: Check[], through: Check[]) =>
  compare(result({ one: direct }), result({ one: through }))[0]?.shortfalls;

describe('compare', () => {
  it('finds nothing where both are the same, failures included', () => {
    const same = [check('a', 'SUCCESS'), check('a', 'SUCCESS'), check('b', 'FAILURE'), check('c', 'WARNING')];
    expect(shortfalls(same, same)).toEqual([]);
  });

  it('finds a check that fails only through, with what the suite said', () => {
    expect(shortfalls([check('a', 'SUCCESS')], [check('a', 'FAILURE', 'no such tool')])).toEqual([
      { check: 'a', reason: 'no such tool' },
    ]);
  });

  it('finds one occurrence of several that passed less often', () => {
    const found = shortfalls([check('a', 'SUCCESS'), check('a', 'SUCCESS')], [check('a', 'SUCCESS')]);
    expect(found).toEqual([{ check: 'a', reason: 'passed 1 times fewer; through: SUCCESS' }]);
  });

  it.each(['INFO', 'SKIPPED'] as const)('finds a check that passed directly and is %s through', (status) => {
    expect(shortfalls([check('a', 'SUCCESS')], [check('a', status)])).toEqual([
      { check: 'a', reason: `passed 1 times fewer; through: ${status}` },
    ]);
  });

  it('finds a check that was never reached, and one that only through has and fails', () => {
    const found = shortfalls([check('a', 'SUCCESS')], [check('general', 'FAILURE', 'not asked')]);
    expect(found?.map((each) => each.check)).toEqual(['a', 'general']);
  });

  it('finds a second failure where direct has one', () => {
    expect(shortfalls([check('a', 'FAILURE')], [check('a', 'FAILURE'), check('a', 'FAILURE')])).toHaveLength(1);
  });

  it('finds a new warning', () => {
    expect(shortfalls([check('a', 'SUCCESS')], [check('a', 'SUCCESS'), check('a', 'WARNING', 'slow')])).toEqual([
      { check: 'a', reason: 'slow' },
    ]);
  });

  it('tells what fails directly apart from what falls short', () => {
    const [row] = compare(result({ one: [check('a', 'FAILURE', 'known')] }), result({ one: [check('a', 'FAILURE')] }));
    expect(row).toMatchObject({ failures: [{ check: 'a', reason: 'known' }], shortfalls: [] });
  });

  it('does not mind notes that differ, nor more that passes', () => {
    expect(shortfalls([check('note', 'INFO')], [check('a', 'SUCCESS')])).toEqual([]);
  });

  it('finds a scenario that did not come to its end, even one without checks', () => {
    const rows = compare(result({ one: [check('a', 'SUCCESS')], two: [] }), result({}));
    expect(rows.map(({ scenario, shortfalls: { length } }) => [scenario, length])).toEqual([
      ['one', 1],
      ['two', 1],
    ]);
  });

  it('judges nothing where only one of the two ran', () => {
    const [row] = compare(undefined, result({ one: [check('a', 'FAILURE')] }));
    expect(row).toEqual({
      scenario: 'one',
      through: { passed: 0, failed: 1, warnings: 0 },
      failures: [{ check: 'a', reason: 'no reason given' }],
      shortfalls: [],
    });
  });
});

describe('counts', () => {
  it('leave out what was skipped or is a note', () => {
    const all = (['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO'] as const).map((status) => check('a', status));
    expect(countChecks(all)).toEqual({ passed: 1, failed: 1, warnings: 1 });
  });

  it('add up over scenarios that ran', () => {
    const one = { passed: 2, failed: 1, warnings: 0 };
    expect(addCounts([one, undefined, one])).toEqual({ passed: 4, failed: 2, warnings: 0 });
  });
});

describe('expected failures', () => {
  const direct = [result({ good: [check('a', 'SUCCESS')], bad: [check('a', 'FAILURE')] })];

  it('are neither unexpected nor stale where they fail', () => {
    const expected = new Set(['bad']);
    expect([findUnexpected(expected, direct), findStale(expected, direct)]).toEqual([[], []]);
  });

  it('leave any other failure unexpected', () => {
    expect(findUnexpected(new Set(), direct)).toEqual(['bad']);
  });

  it('are stale where they pass, and where no suite has them', () => {
    expect(findStale(new Set(['bad', 'good', 'gone']), direct)).toEqual(['good', 'gone']);
  });
});
