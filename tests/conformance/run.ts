/**
 * `npm run conformance [-- --only direct|through] [--instances N] [--json FILE]`: the official MCP conformance suite against
 * the reference server, and against the same server through the gateway with every part switched on. Exit code 1 where
 * through falls short of direct, or where direct is not what expected-failures.yaml says; 2 for wrong flags.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { waitForStopRequest } from '../../infra/local/stop-request.ts';
import { compare } from './compare.ts';
import { findStale, findUnexpected, readExpectedFailures } from './expected-failures.ts';
import { formatSuite, type SuiteReport } from './print-report.ts';
import { startReferenceServer } from './reference-server/start.ts';
import { readUnscored, runSuite, type Suite, type SuiteResult, suites } from './run-suite.ts';
import { startThroughGateway } from './through-gateway.ts';

interface Flags {
  readonly isDirect: boolean;
  readonly isThrough: boolean;
  readonly instances: number;
  readonly jsonFile?: string;
}

interface Outcome {
  readonly suite: Suite;
  readonly direct?: SuiteResult;
  readonly through?: SuiteResult;
}

const options = {
  only: { type: 'string' },
  instances: { type: 'string', default: '1' },
  json: { type: 'string' },
} as const;

const exitCodes = { ok: 0, short: 1, badFlags: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const flags = parseFlags();
  if (typeof flags === 'string') {
    console.error(flags);
    return exitCodes.badFlags;
  }
  const stopping = new AbortController();
  void waitForStopRequest(() => stopping.abort());
  try {
    const outcomes = await runAll(flags, stopping.signal);
    return await report(flags, outcomes);
  } catch (cause) {
    if (stopping.signal.aborted) return exitCodes.interrupted;
    throw cause;
  }
}

/** A text is what is wrong with them. */
function parseFlags(): Flags | string {
  try {
    const { values } = parseArgs({ options });
    const { only, json } = values;
    const instances = Number(values.instances);
    if (only !== undefined && only !== 'direct' && only !== 'through') return '--only takes direct or through';
    if (!Number.isInteger(instances) || instances < 1 || instances > 8) return '--instances takes a number from 1 to 8';
    return {
      isDirect: only !== 'through',
      isThrough: only !== 'direct',
      instances,
      ...(json === undefined ? {} : { jsonFile: json }),
    };
  } catch (cause) {
    if (cause instanceof TypeError) return cause.message;
    throw cause;
  }
}

/** One after the other: some scenarios measure time. */
async function runAll({ isDirect, isThrough, instances }: Flags, signal: AbortSignal): Promise<Outcome[]> {
  const reference = await startReferenceServer({ port: 0 });
  try {
    const gateway = isThrough ? await startThroughGateway(reference.url, instances) : undefined;
    try {
      const directUrl = reference.url.replace('127.0.0.1', 'localhost');
      const outcomes: Outcome[] = [];
      for (const suite of suites) {
        outcomes.push({
          suite,
          ...(isDirect ? { direct: await runSuite(suite, directUrl, signal) } : {}),
          ...(gateway ? { through: await runSuite(suite, gateway.url, signal) } : {}),
        });
      }
      return outcomes;
    } finally {
      await gateway?.stop();
    }
  } finally {
    await reference.stop();
  }
}

async function report({ jsonFile }: Flags, outcomes: readonly Outcome[]): Promise<number> {
  const reports: SuiteReport[] = await Promise.all(
    outcomes.map(async ({ suite, direct, through }) => ({
      name: suite.name,
      rows: compare(direct, through),
      unscored: await readUnscored(suite),
    })),
  );
  for (const each of reports) console.log(formatSuite(each));

  const verdict = [...(await judgeFailures(outcomes)), ...describeShortfalls(reports)];
  console.log(['', ...(verdict.length > 0 ? verdict : ['nothing falls short'])].join('\n'));
  if (jsonFile !== undefined) await writeFile(jsonFile, `${JSON.stringify(toJson(reports, verdict), null, 2)}\n`);
  return verdict.length > 0 ? exitCodes.short : exitCodes.ok;
}

/** The direct run is what the file of expected failures speaks of; through alone, it is all there is to judge by. */
async function judgeFailures(outcomes: readonly Outcome[]): Promise<string[]> {
  const expected = await readExpectedFailures();
  const direct = outcomes.flatMap((outcome) => outcome.direct ?? []);
  if (direct.length === 0) {
    const through = outcomes.flatMap((outcome) => outcome.through ?? []);
    return findUnexpected(expected, through).map((scenario) => `${scenario} fails through the gateway`);
  }
  return [
    ...findUnexpected(expected, direct).map((one) => `${one} fails directly and is not in expected-failures.yaml`),
    ...findStale(expected, direct).map((one) => `${one} passes: remove it from expected-failures.yaml`),
  ];
}

function describeShortfalls(reports: readonly SuiteReport[]): string[] {
  return reports.flatMap(({ name, rows }) => {
    const short = rows.filter(({ shortfalls }) => shortfalls.length > 0).length;
    return short > 0 ? [`${name}: through falls short of direct in ${short} of ${rows.length} scenarios`] : [];
  });
}

function toJson(reports: readonly SuiteReport[], verdict: readonly string[]) {
  return {
    suites: reports.map(({ name, rows, unscored }) => ({ name, rows, unscored: Object.fromEntries(unscored) })),
    verdict,
  };
}

process.exit(await main());
