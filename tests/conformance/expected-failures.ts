/** Reads expected-failures.yaml and says where it and a direct run disagree. It excuses nothing that happens through the gateway. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Check, SuiteResult } from './run-suite.ts';

const fileSchema = z.strictObject({ server: z.array(z.string()) });

export async function readExpectedFailures(): Promise<ReadonlySet<string>> {
  const text = await readFile(new URL('expected-failures.yaml', import.meta.url), 'utf8');
  return new Set(fileSchema.parse(parse(text)).server);
}

/** One line per disagreement: a failure that nobody expected, an entry whose scenario passes or does not exist. */
export function findDisagreements(expected: ReadonlySet<string>, direct: readonly SuiteResult[]): string[] {
  const failing = new Set(direct.flatMap((result) => [...result].filter(fails).map(([scenario]) => scenario)));
  const unexpected = [...failing].filter((scenario) => !expected.has(scenario));
  const stale = [...expected].filter((scenario) => !failing.has(scenario));
  return [
    ...unexpected.map((scenario) => `${scenario} fails directly and does not stand in expected-failures.yaml`),
    ...stale.map((scenario) => `${scenario} stands in expected-failures.yaml and does not fail directly: remove it`),
  ];
}

function fails([, checks]: readonly [string, readonly Check[]]): boolean {
  return checks.some(({ status }) => status === 'FAILURE');
}
