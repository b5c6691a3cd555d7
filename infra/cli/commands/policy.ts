/**
 * `sallyport policy`: checks policies before anything runs, says what they would decide and why, and prints the schema
 * they are checked against. It reads the configuration folder and nothing else: no gateway, no cloud.
 */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { Config, ConfigProblem } from '../../../shared/config/config.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import { loadCedar } from '../../../shared/policy/cedar.ts';
import { createPolicyEngine } from '../../../shared/policy/create-engine.ts';
import type { PolicyEngine } from '../../../shared/policy/engine.ts';
import { createFullSchema } from '../../../shared/policy/schema.ts';
import { listToolActions } from '../../../shared/policy/tool-action.ts';
import { DEFAULT_CONFIG_FOLDER, loadConfigFolder } from '../config-folder.ts';
import { explainCall, type WhatIf } from '../explain-call.ts';
import { CommandFailure, describeExitCodes, exitCodes } from '../outcome.ts';

interface FolderFlags {
  readonly config: string;
  readonly json?: boolean;
}

type Loaded =
  | { readonly problems: readonly ConfigProblem[] }
  | { readonly problems: readonly []; readonly config: Config; readonly engine: PolicyEngine };

export function addPolicyCommand(program: Command): void {
  const policy = program
    .command('policy')
    .description('check policies.cedar, and ask what it would decide')
    .helpCommand(false);

  withFolder(policy.command('check'))
    .description('say what is wrong with the policies and the rest of the configuration, with file and line')
    .addHelpText('after', describeExitCodes('there are problems'))
    .action(check);

  withFolder(policy.command('explain'))
    .description('say what would be decided of a call, by which policies and for what reason')
    .addOption(new Option('--user <who>', 'a person of the sample tenant (alice), or an object id').conflicts('app'))
    .addOption(new Option('--app <which>', 'an app of the sample tenant (reporting-bot), or an object id'))
    .option('--agent <which>', 'the client app that a person calls through', 'assistant')
    .option('--groups <names>', 'groups of gateway.yaml, with commas; for a person of the sample tenant: theirs')
    .requiredOption('--server <name>', 'a server of gateway.yaml')
    .requiredOption('--tool <name>', 'a tool of that server')
    .option('--args <json>', 'the arguments of the call', '{}')
    .option('--justification <text>', 'what the agent says it is for')
    .option('--met <quorums>', 'quorums of gateway.yaml that have approved, with commas')
    .option('--address <ip>', 'the caller’s address', 'unknown')
    .addHelpText('after', describeExitCodes('there are problems, so nothing can be decided'))
    .action(explain);

  withFolder(policy.command('schema'))
    .description('print the Cedar schema that gateway.yaml and tools.lock.json make, as editors read it')
    .addHelpText('after', describeExitCodes('there are problems in the configuration'))
    .action(printSchema);
}

function withFolder(command: Command): Command {
  return command.option('--config <dir>', 'configuration folder', DEFAULT_CONFIG_FOLDER).option('--json', 'print JSON');
}

async function check({ config: folder, json }: FolderFlags): Promise<void> {
  const loaded = await load(folder);
  if (json) console.log(JSON.stringify({ ok: 'engine' in loaded, problems: loaded.problems }, null, 2));
  else if ('engine' in loaded) console.log(`${describe(loaded.config)}: the policies fit`);
  if ('engine' in loaded) return;
  fail(loaded.problems, json);
}

async function explain({ config: folder, json, ...whatIf }: FolderFlags & WhatIf): Promise<void> {
  const loaded = await load(folder);
  if (!('engine' in loaded)) return fail(loaded.problems);
  const { decision, text } = explainCall(loaded.config, loaded.engine, whatIf);
  console.log(json ? JSON.stringify(decision, null, 2) : text);
}

async function printSchema({ config: folder, json }: FolderFlags): Promise<void> {
  const read = await loadConfigFolder(resolve(folder));
  if (!read.ok) return fail(read.error);
  const schema = createFullSchema(read.value, listToolActions(read.value));
  if (json) return console.log(JSON.stringify(schema, null, 2));
  const answer = loadCedar().schemaToText(schema);
  if (answer.type === 'failure') throw new CommandFailure(answer.errors.map(({ message }) => message).join('\n'));
  console.log(answer.text.trimEnd());
}

async function load(folder: string): Promise<Loaded> {
  const read = await loadConfigFolder(resolve(folder));
  if (!read.ok) return { problems: read.error };
  const engine = createPolicyEngine(read.value);
  return engine.ok ? { problems: [], config: read.value, engine: engine.value } : { problems: engine.error };
}

function fail(problems: readonly ConfigProblem[], isTold?: boolean): void {
  if (!isTold) console.error(formatProblems(problems));
  process.exitCode = exitCodes.wrong;
}

function describe({ servers, lock, policies }: Config): string {
  const tools = [...lock.servers.values()].reduce((sum, ofServer) => sum + ofServer.size, 0);
  return `${policies.file} over ${count(servers.size, 'server')} and ${count(tools, 'pinned tool')}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
