/**
 * The flags of `review`, `review ask` and `export`: a server and a period; and whom to believe, a gateway or nobody. With
 * `--account` or `--folder` the blobs themselves are read and verified here, and no gateway is asked for anything.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { PERIOD_HELP, readPeriodText } from '../../../shared/reviews/period.ts';
import type { Period } from '../../../shared/reviews/read-period.ts';
import { type ApiFlags, withApiFlags } from '../api-flags.ts';
import { CommandFailure } from '../outcome.ts';
import { openFolder } from '../transcripts/folder-source.ts';
import type { TranscriptSource } from '../transcripts/source.ts';

export interface ReviewFlags extends ApiFlags {
  readonly server: string;
  readonly since: string;
  readonly until?: string;
  readonly account?: string;
  readonly vault?: string;
  readonly sealKey: string;
  readonly folder?: string;
  readonly key?: string;
}

export function withReviewFlags(command: Command): Command {
  return withApiFlags(command)
    .requiredOption('--server <name>', 'the MCP server, as in gateway.yaml')
    .requiredOption('--since <when>', PERIOD_HELP)
    .option('--until <when>', 'likewise; a day as the end is part of it; without it until now')
    .option(
      '--account <url>',
      'read the blobs of this storage account instead of asking a gateway; needs --vault or --key',
    )
    .option('--vault <url>', 'with --account: the Key Vault whose key seals')
    .option('--seal-key <name>', 'with --vault: the name of that key', 'transcript-seal')
    .option('--folder <dir>', 'the same of downloaded blobs, {dir}/{container}/{name}; needs --key')
    .option('--key <file>', 'the public key that seals: JWK, JWK set or PEM');
}

export function readPeriod({ server, since, until }: ReviewFlags, nowMs: number): Period {
  const span = readPeriodText(since, until, nowMs);
  if (span === undefined)
    throw new CommandFailure(`--since and --until are ${PERIOD_HELP}, the end after the beginning`);
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(server)) throw new CommandFailure(`${server} is not the name of a server`);
  return { server, ...span };
}

/** Undefined: a gateway is to be asked. */
export async function openBlobs(flags: ReviewFlags): Promise<TranscriptSource | undefined> {
  const { account, folder, key, vault, sealKey, url, local } = flags;
  if (account === undefined && folder === undefined) return undefined;
  const places = [account, folder, url, local].filter((place) => place !== undefined);
  if (places.length !== 1) throw new CommandFailure('say one of --url, --local, --account and --folder');
  if (folder !== undefined) {
    if (key === undefined) throw new CommandFailure('--folder needs --key FILE, the public key that seals');
    return openFolder(resolve(folder), key);
  }
  // Brings the Azure SDKs: loaded when asked for.
  const { openAccount } = await import('../transcripts/account-source.ts');
  if (key !== undefined) return openAccount({ account: account ?? '', key: { file: key } });
  if (vault === undefined) throw new CommandFailure('--account needs --vault URL, or --key FILE');
  return openAccount({ account: account ?? '', key: { vault, name: sealKey } });
}
