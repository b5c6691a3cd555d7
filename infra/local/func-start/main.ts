/**
 * `npm run stand-ins`: for `func start` on one machine. Starts what no official emulator plays, writes the settings that
 * lead the app there, says what to do next, and ends all of it on Ctrl-C, the settings too. Whatever is wrong is told in
 * one line per mistake on stderr, with an exit code other than 0 (2: flags).
 */
import { dirname, join } from 'node:path';
import { claimDataFolder } from '../data-folder.ts';
import { describeStack } from '../describe-stack.ts';
import { removeNote, writeNote } from '../find-stack.ts';
import { commandFlags, quoteForShell, shortenPath } from '../show-path.ts';
import { StackProblem } from '../stack.ts';
import { removeStackFile, writeStackFile } from '../stack-file.ts';
import { stopInTime } from '../stop-in-time.ts';
import { waitForStopRequest } from '../stop-request.ts';
import { formatSummary, type Part } from '../summary.ts';
import { help, parseStandInFlags, type StandInFlags } from './flags.ts';
import { checkSettingsFile, writeSettingsFile } from './settings-file.ts';
import { type FuncStack, startFuncStack } from './start.ts';

const appDir = join(import.meta.dirname, '../../..');
const exitCodes = { stopped: 0, failed: 1, badFlags: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const flags = parseStandInFlags(process.argv.slice(2), process.cwd(), appDir);
  if (!flags.ok) return fail([flags.error], exitCodes.badFlags);
  if (flags.value === 'help') {
    console.log(help);
    return exitCodes.stopped;
  }
  const folder = await claimDataFolder(flags.value.dataDir);
  if (!folder.ok) return fail([folder.error]);
  try {
    return await run(flags.value);
  } finally {
    folder.value.release();
  }
}

async function run(flags: StandInFlags): Promise<number> {
  let stack: FuncStack | undefined;
  // Before everything runs, or at the second request, nothing is worth waiting for: children end with this process.
  const stopRequested = waitForStopRequest((count) => {
    if (stack !== undefined && count === 1) return;
    stack?.kill();
    process.exit(exitCodes.interrupted);
  });
  const settings = { file: flags.settingsFile, dataDir: flags.dataDir, mayOverwrite: flags.mayOverwrite };
  const checked = await checkSettingsFile(settings);
  if (!checked.ok) return fail([checked.error]);
  try {
    stack = await startFuncStack(flags);
  } catch (cause) {
    if (!(cause instanceof StackProblem)) throw cause;
    return fail(cause.lines);
  }
  const written = await writeSettingsFile(settings, {
    IsEncrypted: false,
    Values: stack.values,
    Host: { LocalHttpPort: stack.port },
  });
  if (!written.ok) {
    await stopInTime(stack);
    return fail([written.error]);
  }
  await Promise.all([
    writeStackFile(flags.dataDir, describeStack(stack)),
    writeNote(appDir, stack.port, flags.dataDir),
  ]);
  if (!flags.isQuiet) console.log(describe(stack, flags));
  console.log(`ready for func start, which will answer on ${stack.url}`);

  const end = await Promise.race([stopRequested, stack.lost]);
  if (end !== undefined) fail([`${end.name} (process ${end.pid}) ended by itself, stopping the rest`]);
  await stopInTime(stack);
  await Promise.all([written.value.remove(), removeStackFile(flags.dataDir), removeNote(appDir, stack.port)]);
  return end === undefined ? exitCodes.stopped : exitCodes.failed;
}

function describe(stack: FuncStack, flags: StandInFlags): string {
  const { url, teams } = stack;
  const folder = dirname(flags.settingsFile);
  const start = folder === appDir ? 'npm run build && func start' : `cd ${quoteForShell(folder)} && func start`;
  const first = [
    `# the gateway, on ${shortenPath(flags.settingsFile)}, which this command wrote and takes away again`,
    start,
    '',
  ];
  return formatSummary({
    ...{ url, teamsUrl: teams.url, first },
    parts: listParts(stack, flags),
    commandFlags: commandFlags(flags.dataDir, appDir),
  });
}

function listParts(stack: FuncStack, { dataDir, emulators }: StandInFlags): Part[] {
  const { azurite, keyVault, graph, entra, serviceBus, teams, crm } = stack;
  const kept = (name: string) => shortenPath(join(dataDir, name));
  const inProcess = `process ${process.pid}`;
  const yours = { process: 'yours', data: '' };
  return [
    { name: 'crm', urls: [crm.url], process: inProcess, data: kept('crm.sqlite') },
    { name: 'entra', urls: [entra.url], process: inProcess, data: kept('entra.json') },
    { name: 'key vault', urls: [keyVault.url], process: inProcess, data: kept('key-vault.json') },
    { name: 'graph', urls: [graph.url], process: inProcess, data: 'the sample tenant' },
    { name: 'teams', urls: [teams.url], process: inProcess, data: kept('teams.json') },
    {
      name: 'service bus',
      urls: [serviceBus.url],
      ...(emulators.serviceBus === undefined ? { process: inProcess, data: kept('service-bus') } : yours),
    },
    {
      name: 'azurite',
      urls: [azurite.blobUrl, azurite.queueUrl, azurite.tableUrl],
      ...(azurite.pid === undefined ? yours : { process: `process ${azurite.pid}`, data: kept('azurite') }),
    },
  ];
}

function fail(lines: readonly string[], code: number = exitCodes.failed): number {
  for (const line of lines) console.error(line);
  return code;
}

process.exit(await main());
