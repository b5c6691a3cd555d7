/**
 * Transcripts in an Azure storage account, read as whoever runs the command (`az login`, a workload identity, …).
 * Needs Storage Blob Data Reader on the account and, unless the key comes from a file, `keys/get` on the vault.
 */
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { createKeyClient } from '../../../shared/azure/clients.ts';
import { createBlobTranscriptReader } from '../../../shared/azure/transcript-reader.ts';
import { createVaultPublicKeys, isVault } from '../../../shared/azure/vault-public-keys.ts';
import { CommandFailure } from '../outcome.ts';
import { readKeyFile } from './key-file.ts';
import type { TranscriptSource } from './source.ts';

export async function openAccount(options: {
  readonly account: string;
  /** The vault's URL and the name of its sealing key; or else the key in a file. */
  readonly key: { readonly vault: string; readonly name: string } | { readonly file: string };
}): Promise<TranscriptSource> {
  const account = httpsUrl(options.account, '--account');
  const credential = new DefaultAzureCredential();
  const reader = createBlobTranscriptReader(new BlobServiceClient(account.href, credential));
  const description = account.host;
  const { key } = options;
  if ('file' in key) {
    return { reader, endorsingKey: await readKeyFile(key.file), description, close: async () => {} };
  }
  const vault = httpsUrl(key.vault, '--vault');
  const client = createKeyClient(vault.href, credential);
  const endorsingKey = createVaultPublicKeys(client, key.name, isVault(vault.href));
  return { reader, endorsingKey, description, close: async () => {} };
}

function httpsUrl(text: string, flag: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') throw new CommandFailure(`${flag} must be an https URL`);
  return url;
}
