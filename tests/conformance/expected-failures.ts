/** Reads expected-failures.yaml and holds a run against it. It excuses nothing that happens through the gateway alone. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Check, SuiteResult } from './run-suite.ts';

const fileSchema = z.strictObject({ server: z.array(z.string()) });

export async function readExpectedFailures(): Promise<ReadonlySet<string>> {
  const text = await readFile(new URL('expected-failures.yaml', import.meta.url), 'utf8');
  return new Set(fileSchema.parse(parse(text)).server);
}

/** Scenarios that fail in one of the suites and are not expected to. */
export function findUnexpected(expected: ReadonlySet<string>, results: readonly SuiteResult[]): string[] {
  return [...failing(results)].filter((scenario) => !expected.has(scenario));
}

/** Expected failures that pass in every suite, or that no suite has. */
export function findStale(expected: ReadonlySet<string>, results: readonly SuiteResult[]): string[] {
  const found = failing(results);
  return [...expected].filter((scenario) => !found.has(scenario));
}

function failing(results: readonly SuiteResult[]): Set<string> {
  return new Set(results.flatMap((result) => [...result].filter(fails).map(([scenario]) => scenario)));
}

function fails([, checks]: readonly [string, readonly Check[]]): boolean {
  return checks.some(({ status }) => status === 'FAILURE');
}
