/**
 * The flags by which a command says which gateway it means and who asks: `--url` with the Azure CLI's sign-in, or
 * `--local` with a person of the sample tenant. A token is asked for under the gateway's own address, so that a wrong
 * address gets one that opens nothing else.
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { findUrlMistake, urlMistakeMessages } from '../../shared/config/loopback.ts';
import { askForToken } from '../local/request-token.ts';
import { readStackFile, type Stack } from '../local/stack-file.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { CommandFailure } from './outcome.ts';

export interface ApiFlags {
  readonly url?: string;
  readonly local?: boolean;
  readonly data: string;
  readonly user?: string;
  readonly tokenEnv?: string;
  readonly json?: boolean;
}

export function withApiFlags(command: Command): Command {
  return command
    .option('--url <gateway>', 'the gateway’s public address, e.g. https://name.azurewebsites.net')
    .option('--token-env <name>', 'with --url: take the token from this variable, not from az or azd')
    .option('--local', 'the gateway of the stack that runs on this machine')
    .option('--data <dir>', 'with --local: the stack’s data folder', join(import.meta.dirname, '../../.local'))
    .option('--user <name>', 'with --local: as this person of the sample tenant, e.g. bob')
    .option('--json', 'print JSON');
}

/** A gateway that was named, and whoever asks; nobody is signed in yet. */
export interface Door {
  /** Without a trailing slash. */
  readonly gateway: string;
  /** With `--local`: where the stack's parts are. */
  readonly stack?: Stack;
  /** Throws `CommandFailure` where nobody is signed in. */
  readonly signIn: () => Promise<string>;
}

export async function openApi(flags: ApiFlags): Promise<ApiClient> {
  const { gateway, signIn } = await findDoor(flags);
  return createApiClient({ gateway, token: await signIn() });
}

/** Throws `CommandFailure` for flags that name none, and where no stack runs. */
export async function findDoor(flags: ApiFlags): Promise<Door> {
  if ((flags.url === undefined) === (flags.local === undefined)) {
    throw new CommandFailure('say which gateway: --url GATEWAY, or --local');
  }
  return flags.url === undefined ? findLocal(flags) : findRemote(flags.url, flags);
}

async function findLocal({ data, user, tokenEnv }: ApiFlags): Promise<Door> {
  if (user === undefined) throw new CommandFailure('--local needs --user NAME, a person of the sample tenant');
  if (tokenEnv !== undefined) throw new CommandFailure('--token-env belongs to --url');
  const stack = await readStackFile(resolve(data));
  if (!stack.ok) throw new CommandFailure(stack.error);
  const { gateway, entra } = stack.value;
  return {
    gateway,
    stack: stack.value,
    async signIn() {
      const token = await askForToken(entra, { user, agent: 'cli', ttlSeconds: TTL_SECONDS });
      if (!token.ok) throw new CommandFailure(token.error);
      return token.value;
    },
  };
}

const TTL_SECONDS = 300;

function findRemote(url: string, { user, tokenEnv }: ApiFlags): Door {
  if (user !== undefined) throw new CommandFailure('--user belongs to --local');
  const gateway = readGateway(url);
  const signIn = async () => (tokenEnv === undefined ? signedInToken(gateway) : readToken(tokenEnv));
  return { gateway, signIn };
}

function readGateway(text: string): string {
  const mistake = findUrlMistake(text);
  if (mistake !== undefined) throw new CommandFailure(`--url ${urlMistakeMessages[mistake]}`);
  const { origin, pathname, search } = new URL(text);
  if (pathname !== '/' || search !== '') throw new CommandFailure('--url is the gateway’s address, without a path');
  return origin;
}

function readToken(name: string): string {
  const token = process.env[name]?.trim();
  if (!token) throw new CommandFailure(`${name} is not set`);
  return token;
}

/** As whoever ran `az login` or `azd auth login`: a person; no managed identity, which could approve nothing. */
async function signedInToken(gateway: string): Promise<string> {
  // Slow to load, and of no use with --local.
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } = await import('@azure/identity');
  const signedIn = new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential());
  const scope = `${gateway}/api/.default`;
  try {
    const { token } = await signedIn.getToken(scope);
    return token;
  } catch (cause) {
    const how = `az login --scope ${scope}, or azd auth login; or --token-env NAME`;
    throw new CommandFailure(`there is no token for ${gateway}/api: ${how}\n${firstLine(cause)}`, { cause });
  }
}

function firstLine(cause: unknown): string {
  return String(cause instanceof Error ? cause.message : cause).split('\n', 1)[0] ?? '';
}
