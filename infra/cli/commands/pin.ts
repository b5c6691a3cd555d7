/**
 * `sallyport pin`: asks the upstreams for their tools and writes tools.lock.json, which policies are checked against and
 * calls are held to; all of it, or with --accept only the changes that somebody names. What it prints is for review:
 * whoever commits the file vouches for these definitions. It sends each upstream's own credential and never shows it.
 */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { createVariables } from '../../../shared/azure/environment.ts';
import { GATEWAY_FILE } from '../../../shared/config/config-files.ts';
import { findUrlMistake, urlMistakeMessages } from '../../../shared/config/loopback.ts';
import { formatProblems } from '../../../shared/config/problems.ts';
import { readGateway } from '../../../shared/config/read-gateway.ts';
import { LOCK_FILE } from '../../../shared/config/tools-lock.ts';
import {
  type CredentialBroker,
  createCredentialBroker,
  type SecretSource,
} from '../../../shared/credentials/broker.ts';
import { readStackFile, type Stack } from '../../local/stack-file.ts';
import { createLenientVariables, DEFAULT_CONFIG_FOLDER } from '../config-folder.ts';
import { CommandFailure, describeExitCodes, exitCodes } from '../outcome.ts';
import { askUpstream, createVariableSource, openVault, type Upstream } from '../pins/ask-upstream.ts';
import {
  applyChanges,
  comparePins,
  findChange,
  formatChanges,
  formatDifferences,
  type PinChange,
} from '../pins/compare-pins.ts';
import { visibleJson } from '../pins/visible-text.ts';
import { type Pin, type Pins, quoteName, readPins, writePins } from '../tools-lock-file.ts';

interface PinFlags {
  readonly config: string;
  readonly server?: string;
  readonly local?: boolean;
  readonly data: string;
  readonly url?: string;
  readonly secretEnv?: string;
  readonly vault?: string;
  readonly check?: boolean;
  readonly diff?: boolean;
  /** `true`: all. */
  readonly accept?: true | readonly string[];
  readonly json?: boolean;
}

export function addPinCommand(program: Command): void {
  program
    .command('pin')
    .description('write tools.lock.json from what the upstream servers offer now, and print what changed')
    .option('--config <dir>', 'configuration folder', DEFAULT_CONFIG_FOLDER)
    .option('--server <name>', 'only this server; the pins of the others stay (default: all)')
    .option('--local', 'the upstreams and the vault of the stack that runs on this machine')
    .option('--data <dir>', 'with --local: the stack’s data folder', join(import.meta.dirname, '../../../.local'))
    .option('--url <url>', 'with --server: ask at this address instead of the one in gateway.yaml')
    .option('--vault <url>', 'the Key Vault that holds the credentials (default: KEY_VAULT_URL)')
    .option('--secret-env <name>', 'with --server: take the credential from this variable, not from a vault')
    .option('--accept [tools...]', 'write only these changes, named as printed: server/tool (default: all)')
    .option('--diff', 'write nothing; show each change in full, texts word by word, hidden characters as \\u{…}')
    .option('--check', 'write nothing; say whether the upstreams still offer what is pinned')
    .option('--json', 'print JSON')
    .addHelpText('after', describeExitCodes('with --check: the tools are not as pinned'))
    .action(pin);
}

async function pin(flags: PinFlags): Promise<void> {
  if (flags.server === undefined && (flags.url ?? flags.secretEnv) !== undefined) {
    throw new CommandFailure('--url and --secret-env belong to one --server');
  }
  if (flags.accept !== undefined && (flags.diff ?? flags.check)) {
    throw new CommandFailure('--accept writes, --diff and --check write nothing: give one or the other');
  }
  const folder = resolve(flags.config);
  const file = join(folder, LOCK_FILE);
  const stack = flags.local ? await readStack(flags.data) : undefined;
  const [servers, before] = await Promise.all([readServers(folder, flags, stack), readPins(file)]);

  const broker = createCredentialBroker({ source: createSource(flags, stack), nowMs: Date.now });
  const listed = await Promise.all(servers.map(async (server) => [server.name, await ask(server, broker)] as const));
  const kept = flags.server === undefined ? [] : before;
  const offered: Pins = new Map([...kept, ...listed]);

  const changes = comparePins(before, offered);
  const accepted = selectAccepted(changes, flags.accept);
  const writes = !flags.check && !flags.diff;
  if (writes && accepted.length > 0) await writePins(file, applyChanges(before, offered, accepted));
  print(accepted, flags);
  const left = changes.filter((change) => !accepted.includes(change));
  if (left.length > 0 && !flags.json) console.log(`\nnot accepted, still as pinned:\n${formatChanges(left)}`);
  if (flags.check && changes.length > 0) process.exitCode = exitCodes.wrong;
}

function selectAccepted(changes: readonly PinChange[], accept: PinFlags['accept']): readonly PinChange[] {
  if (accept === undefined || accept === true) return changes;
  const named = accept.map((name) => {
    const change = findChange(changes, name);
    if (change === undefined) throw new CommandFailure(`${quoteName(name)} is no change: see sallyport pin --diff`);
    return change;
  });
  return changes.filter((change) => named.includes(change));
}

function print(changes: readonly PinChange[], { diff, json }: PinFlags): void {
  if (json) {
    // Differences hold whole definitions: only for who asks for them.
    const shown = diff ? changes : changes.map(({ differences: _, ...change }) => change);
    console.log(visibleJson({ changes: shown }));
    return;
  }
  if (changes.length === 0) console.log('nothing changed');
  else console.log(diff ? formatDifferences(changes, TERMINAL) : formatChanges(changes));
}

/** No colour where the output is no terminal, or `NO_COLOR` says so. */
const TERMINAL = {
  removed: (text: string) => styleText('red', text, { stream: process.stdout }),
  added: (text: string) => styleText('green', text, { stream: process.stdout }),
};

async function readServers(folder: string, flags: PinFlags, stack: Stack | undefined): Promise<readonly Upstream[]> {
  const file = join(folder, GATEWAY_FILE);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new CommandFailure(`${file} can't be read`, { cause });
  });
  const variables = flags.url === undefined ? createVariables(environmentFor(stack)) : createLenientVariables();
  // Before the first pin there is nothing that the labels of gateway.yaml could be held against.
  const { gateway, problems } = readGateway(text, variables, undefined);
  if (gateway === undefined) throw new CommandFailure(formatProblems(problems));
  const servers = Object.entries(gateway.servers).map(([name, server]) => ({ name, ...server }));
  if (flags.server === undefined) return servers;
  const server = servers.find(({ name }) => name === flags.server);
  if (server === undefined) throw new CommandFailure(`${flags.server} is no server of ${GATEWAY_FILE}`);
  return [{ ...server, ...(flags.url !== undefined && { url: readUrl(flags.url) }) }];
}

/** The sample refers to its server by a variable that `npm start` sets. */
function environmentFor(stack: Stack | undefined): NodeJS.ProcessEnv {
  return stack === undefined ? process.env : { ...process.env, CRM_URL: stack.crm };
}

async function readStack(dataFolder: string): Promise<Stack> {
  const stack = await readStackFile(resolve(dataFolder));
  if (!stack.ok) throw new CommandFailure(stack.error);
  return stack.value;
}

/** By the rule of gateway.yaml: the credential goes there. */
function readUrl(text: string): string {
  const mistake = findUrlMistake(text);
  if (mistake !== undefined) throw new CommandFailure(`--url ${urlMistakeMessages[mistake]}`);
  return new URL(text).href;
}

function createSource({ secretEnv, vault }: PinFlags, stack: Stack | undefined): SecretSource {
  if (secretEnv !== undefined) return createVariableSource(secretEnv);
  const url = stack?.keyVault ?? vault ?? process.env.KEY_VAULT_URL;
  if (url === undefined) return { read: () => Promise.reject(new Error('no vault: --vault, or KEY_VAULT_URL')) };
  return openVault(url, stack);
}

async function ask(server: Upstream, broker: CredentialBroker): Promise<ReadonlyMap<string, Pin>> {
  try {
    return await askUpstream(server, broker);
  } catch (cause) {
    if (cause instanceof CommandFailure) throw cause;
    throw new CommandFailure(`${server.name}: ${explain(cause)}`, { cause });
  }
}

/** The chain of causes: "fetch failed" alone tells nobody anything. None of them holds the credential. */
function explain(cause: unknown): string {
  const messages: string[] = [];
  for (let error = cause; error instanceof Error; error = error.cause) messages.push(error.message);
  return messages.join(': ') || 'unknown error';
}
