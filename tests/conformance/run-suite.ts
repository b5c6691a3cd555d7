/**
 * Runs one suite of the official conformance tool in a process of its own, and reads the checks that it writes by scenario.
 * It judges nothing. A run that takes too long is ended: what it had not come to is then missing from the result.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export interface Suite {
  readonly name: string;
  /** Of the tool's command `server`. */
  readonly flags: readonly string[];
}

export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string | undefined;
}

/** By scenario, in the order in which they ran. */
export type SuiteResult = ReadonlyMap<string, readonly Check[]>;

/** What the official tool calls conformance to a revision, and everything else that it has for the newest one. */
export const suites: readonly Suite[] = [
  { name: 'requirements 2025-11-25', flags: ['--requirements', '2025-11-25'] },
  { name: 'requirements 2026-07-28', flags: ['--requirements', '2026-07-28'] },
  { name: 'all 2026-07-28', flags: ['--suite', 'all', '--spec-version', '2026-07-28'] },
];

const suiteDeadlineMs = 300_000;
/** Of one scenario; the slowest takes about two seconds where everything works. */
const scenarioDeadlineMs = 20_000;

/** Stands for the scenarios that a suite had not come to. */
const cutShort: Check = {
  id: 'suite-deadline',
  status: 'FAILURE',
  errorMessage: `the suite took longer than ${suiteDeadlineMs / 1_000} s and was ended`,
};

const packageDir = dirname(createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/package.json'));

/** The tool names a scenario's folder so, with the time in it. */
const folderName = /^server-(?<scenario>.+)-(?<time>\d{4}-\d{2}-\d{2}T[\d-]+Z)$/;

const checksFile = z.array(
  z.object({
    id: z.string(),
    status: z.enum(['SUCCESS', 'FAILURE', 'WARNING', 'SKIPPED', 'INFO']),
    errorMessage: z.string().optional(),
  }),
);

const requirementsFile = z.object({
  not_scored: z.array(z.object({ scenario: z.string(), leg: z.string(), reason: z.string() })),
});

/** Rejects when the signal is aborted, or when the tool ends before its first scenario. */
export async function runSuite(suite: Suite, url: string, signal: AbortSignal): Promise<SuiteResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-suite-'));
  try {
    const limits = ['--timeout', `${scenarioDeadlineMs}`, '--output-dir', folder];
    const child = spawn(
      process.execPath,
      [join(packageDir, 'dist/index.js'), 'server', '--url', url, ...suite.flags, ...limits],
      { stdio: ['ignore', 'ignore', 'pipe'], timeout: suiteDeadlineMs, killSignal: 'SIGKILL', signal },
    );
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    await once(child, 'close');
    const result = await readResult(folder);
    if (result.size === 0) throw new Error(`the conformance suite did not run: ${errors.slice(0, 1_000)}`);
    return child.signalCode === null ? result : new Map([...result, ['(the suite)', [cutShort]]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readResult(folder: string): Promise<SuiteResult> {
  const folders = (await readdir(folder)).flatMap((name) => {
    const { scenario, time } = folderName.exec(name)?.groups ?? {};
    return scenario === undefined || time === undefined ? [] : [{ name, scenario, time }];
  });
  folders.sort((one, other) => one.time.localeCompare(other.time) || one.scenario.localeCompare(other.scenario));
  const read = folders.map(async ({ name, scenario }) => {
    // A scenario that never came to its end has a folder and no file in it.
    const text = await readFile(join(folder, name, 'checks.json'), 'utf8').catch(() => undefined);
    return text === undefined ? [] : [[scenario, checksFile.parse(JSON.parse(text))] as const];
  });
  return new Map((await Promise.all(read)).flat());
}

/** Why the tool runs a scenario without counting it, by scenario. Empty for a suite that is no requirement set. */
export async function readUnscored({ flags }: Suite): Promise<ReadonlyMap<string, string>> {
  const [flag, revision] = flags;
  if (flag !== '--requirements') return new Map();
  const text = await readFile(join(packageDir, 'requirements', `${revision}.yaml`), 'utf8');
  const { not_scored } = requirementsFile.parse(parse(text));
  return new Map(not_scored.flatMap(({ scenario, leg, reason }) => (leg === 'server' ? [[scenario, reason]] : [])));
}
