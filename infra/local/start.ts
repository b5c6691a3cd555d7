/**
 * `npm start`: builds the app, starts the embedded stack with the gateway in front, says what runs where, and stops it
 * all on Ctrl-C. Whatever is wrong is told in one line per mistake on stderr, with an exit code other than 0 (2: flags).
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { buildApp, describeBuild } from '../build.ts';
import { checkConfig } from './check-config.ts';
import { claimDataFolder } from './data-folder.ts';
import { describeStack } from './describe-stack.ts';
import { removeNote, writeNote } from './find-stack.ts';
import { type Flags, help, parseFlags } from './flags.ts';
import { commandFlags, shortenPath } from './show-path.ts';
import { type Stack, StackProblem, startStack } from './stack.ts';
import { removeStackFile, writeStackFile } from './stack-file.ts';
import { stopInTime } from './stop-in-time.ts';
import { waitForStopRequest } from './stop-request.ts';
import { formatSummary, type Part } from './summary.ts';

const appDir = join(import.meta.dirname, '../..');
const exitCodes = { stopped: 0, failed: 1, badFlags: 2, interrupted: 130 } as const;

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2), process.cwd(), appDir);
  if (!flags.ok) return fail([flags.error], exitCodes.badFlags);
  if (flags.value === 'help') {
    console.log(help);
    return exitCodes.stopped;
  }
  const folder = await claimDataFolder(flags.value.dataDir);
  if (!folder.ok) return fail([folder.error]);
  try {
    return await runStack(flags.value);
  } finally {
    folder.value.release();
  }
}

async function runStack(flags: Flags): Promise<number> {
  let stack: Stack | undefined;
  // Before everything runs, or at the second request, nothing is worth waiting for: children end with this process.
  const stopRequested = waitForStopRequest((count) => {
    if (stack !== undefined && count === 1) return;
    stack?.kill();
    process.exit(exitCodes.interrupted);
  });
  const say = flags.isQuiet ? () => undefined : (line: string) => console.log(line);
  const [config, built] = await Promise.all([checkConfig(flags.configDir, process.env), buildApp(appDir)]);
  if (!config.ok) return fail(config.error);
  if (!built.ok) return fail(built.error);
  say(describeBuild(built.value));

  const startedMs = performance.now();
  const logFile = join(flags.dataDir, 'gateway.log');
  const log = createWriteStream(logFile, { mode: 0o600 });
  try {
    stack = await startStack({
      configDir: flags.configDir,
      port: flags.port,
      instances: flags.instances,
      appDir,
      onLog: (line) => log.write(`${line}\n`),
      ...(flags.isEphemeral ? {} : { dataDir: flags.dataDir }),
    });
  } catch (cause) {
    if (!(cause instanceof StackProblem)) throw cause;
    return fail(cause.lines);
  }
  await Promise.all([
    writeStackFile(flags.dataDir, describeStack(stack)),
    writeNote(appDir, stack.port, flags.dataDir),
  ]);
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  say(`started in ${seconds} s (${formatTimings(stack)})`);
  const parts = listParts(stack, flags, logFile);
  say(
    formatSummary({
      url: stack.url,
      teamsUrl: stack.teams.url,
      parts,
      commandFlags: commandFlags(flags.dataDir, appDir),
    }),
  );
  console.log(`ready ${stack.url}`);

  const end = await Promise.race([stopRequested, stack.lost]);
  if (end === undefined) say('stopping');
  else fail([`${end.name} (process ${end.pid}) ended by itself, stopping the rest; see ${shortenPath(logFile)}`]);
  await stopInTime(stack);
  await Promise.all([removeStackFile(flags.dataDir), removeNote(appDir, stack.port)]);
  return end === undefined ? exitCodes.stopped : exitCodes.failed;
}

function listParts(stack: Stack, flags: Flags, logFile: string): Part[] {
  const { azurite, keyVault, graph, entra, serviceBus, teams, crm, gateway } = stack;
  const kept = (name: string) => (flags.isEphemeral ? 'in memory' : shortenPath(join(flags.dataDir, name)));
  const inProcess = `process ${process.pid}`;
  return [
    {
      name: 'gateway',
      urls: [stack.url],
      process: `process ${gateway?.pids.join(', ')}`,
      data: `log in ${shortenPath(logFile)}`,
    },
    { name: 'crm', urls: [crm.url], process: inProcess, data: kept('crm.sqlite') },
    { name: 'entra', urls: [entra.url], process: inProcess, data: kept('entra.json') },
    { name: 'key vault', urls: [keyVault.url], process: inProcess, data: kept('key-vault.json') },
    { name: 'graph', urls: [graph.url], process: inProcess, data: 'the sample tenant' },
    { name: 'service bus', urls: [serviceBus.url], process: inProcess, data: kept('service-bus') },
    { name: 'teams', urls: [teams.url], process: inProcess, data: kept('teams.json') },
    {
      name: 'azurite',
      urls: [azurite.blobUrl, azurite.queueUrl, azurite.tableUrl],
      process: `process ${azurite.pid}`,
      data: kept('azurite'),
    },
  ];
}

function formatTimings({ timings }: Stack): string {
  return Object.entries(timings)
    .map(([name, ms]) => `${name} ${ms} ms`)
    .join(', ');
}

function fail(lines: readonly string[], code: number = exitCodes.failed): number {
  for (const line of lines) console.error(line);
  return code;
}

process.exit(await main());
