/**
 * Holds what a suite found through the gateway against what it found directly: the same scenarios, the same checks, the same
 * numbers. Pure. More than direct is no shortfall; less is, and a failure or warning that direct has not.
 */
import type { Check, SuiteResult } from './run-suite.ts';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly warnings: number;
}

export interface Finding {
  readonly check: string;
  /** What the suite said, else what is missing. */
  readonly reason: string;
}

export interface ScenarioRow {
  readonly scenario: string;
  readonly direct?: Counts;
  readonly through?: Counts;
  /** Of the direct run, or of the only one. */
  readonly failures: readonly Finding[];
  /** Of through against direct. */
  readonly shortfalls: readonly Finding[];
}

const noReason = 'no reason given';

type Status = Check['status'];

/** One row a scenario, in the order of the direct run. Without one of the two there is nothing to fall short of. */
export function compare(direct: SuiteResult | undefined, through: SuiteResult | undefined): ScenarioRow[] {
  const scenarios = new Set([...(direct?.keys() ?? []), ...(through?.keys() ?? [])]);
  return [...scenarios].map((scenario) => {
    const wanted = direct?.get(scenario);
    const got = through?.get(scenario);
    return {
      scenario,
      ...(wanted === undefined ? {} : { direct: countChecks(wanted) }),
      ...(got === undefined ? {} : { through: countChecks(got) }),
      failures: findFailures((direct ? wanted : got) ?? []),
      shortfalls: direct && through ? findShortfalls(wanted ?? [], got) : [],
    };
  });
}

export function countChecks(checks: readonly Check[]): Counts {
  return {
    passed: countStatus(checks, 'SUCCESS'),
    failed: countStatus(checks, 'FAILURE'),
    warnings: countStatus(checks, 'WARNING'),
  };
}

export function addCounts(all: readonly (Counts | undefined)[]): Counts {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + (counts?.[key] ?? 0), 0);
  return { passed: sum('passed'), failed: sum('failed'), warnings: sum('warnings') };
}

function findFailures(checks: readonly Check[]): Finding[] {
  return checks.flatMap(({ id, status, errorMessage }) =>
    status === 'FAILURE' ? [{ check: id, reason: errorMessage ?? noReason }] : [],
  );
}

/** Check by check, because an id may stand for several occurrences: a loop, a retried flow. */
function findShortfalls(wanted: readonly Check[], got: readonly Check[] | undefined): Finding[] {
  if (got === undefined) return [{ check: '(all)', reason: 'the scenario did not come to its end' }];
  const ids = new Set([...wanted, ...got].map(({ id }) => id));
  return [...ids].flatMap((check) => {
    const before = wanted.filter(({ id }) => id === check);
    const after = got.filter(({ id }) => id === check);
    const isWorse = (status: Status) => countStatus(after, status) > countStatus(before, status);
    const said = after.find(({ status }) => status === 'FAILURE' || status === 'WARNING')?.errorMessage;
    if (isWorse('FAILURE') || isWorse('WARNING')) return [{ check, reason: said ?? noReason }];
    const missing = countStatus(before, 'SUCCESS') - countStatus(after, 'SUCCESS');
    if (missing <= 0) return [];
    const instead = [...new Set(after.map(({ status }) => status))].join(', ');
    return [{ check, reason: `passed ${missing} times fewer; through: ${instead || 'never reached'}` }];
  });
}

function countStatus(checks: readonly Check[], wanted: Status): number {
  return checks.filter(({ status }) => status === wanted).length;
}
