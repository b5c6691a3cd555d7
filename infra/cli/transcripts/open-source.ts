/** Opens the transcripts that a command's flags name: of the local stack, of an account, or of a folder. */
import { resolve } from 'node:path';
import { CommandFailure } from '../outcome.ts';
import { openFolder } from './folder-source.ts';
import type { TranscriptSource } from './source.ts';

export interface SourceFlags {
  readonly local?: boolean;
  readonly data: string;
  readonly account?: string;
  readonly vault?: string;
  readonly sealKey: string;
  readonly folder?: string;
  readonly key?: string;
}

export async function openSource(flags: SourceFlags): Promise<TranscriptSource> {
  const { local, account, vault, folder, key } = flags;
  if ([local, account, folder].filter((place) => place !== undefined).length !== 1) {
    throw new CommandFailure('say where the transcripts are: one of --local, --account URL and --folder DIR');
  }
  if (account !== undefined) {
    // The Azure and the local sources bring their SDKs and stand-ins: loaded when asked for, so that --folder is quick.
    const { openAccount } = await import('./account-source.ts');
    if (key !== undefined) return openAccount({ account, key: { file: key } });
    if (vault === undefined) throw new CommandFailure('--account needs --vault URL, or --key FILE');
    return openAccount({ account, key: { vault, name: flags.sealKey } });
  }
  if (folder !== undefined) {
    if (key === undefined) throw new CommandFailure('--folder needs --key FILE, the public key that endorses writers');
    return openFolder(resolve(folder), key);
  }
  const { openLocal } = await import('./local-source.ts');
  return openLocal(resolve(flags.data));
}
