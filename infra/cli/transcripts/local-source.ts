/**
 * Transcripts of the embedded stack: of the running one, or of its data folder when none runs. Then Azurite and the
 * Key Vault stand-in are started on the folder for as long as the command takes, under the folder's claim.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { createKeyClient } from '../../../shared/azure/clients.ts';
import { createBlobTranscriptReader } from '../../../shared/azure/transcript-reader.ts';
import { createVaultPublicKeys } from '../../../shared/azure/vault-public-keys.ts';
import { isLoopback } from '../../../shared/config/loopback.ts';
import { vaultNames } from '../../local/app-environment.ts';
import { developmentAccount, startAzurite } from '../../local/azurite.ts';
import { claimDataFolder } from '../../local/data-folder.ts';
import { sampleDirectory } from '../../local/entra/directory.ts';
import { startKeyVault } from '../../local/key-vault/start.ts';
import { readStackFile, type Stack } from '../../local/stack-file.ts';
import { CommandFailure } from '../outcome.ts';
import type { TranscriptSource } from './source.ts';

const VAULT_RESOURCE = 'https://vault.azure.net';

/** Throws `CommandFailure` when there is neither a running stack nor data. */
export async function openLocal(dataDir: string): Promise<TranscriptSource> {
  const stack = await readStackFile(dataDir);
  if (stack.ok) return openRunning(stack.value);
  if (!existsSync(join(dataDir, 'azurite'))) throw new CommandFailure(stack.error);
  return openResting(dataDir);
}

function openRunning(stack: Stack): TranscriptSource {
  const { name, key } = developmentAccount;
  const service = new BlobServiceClient(stack.blob, new StorageSharedKeyCredential(name, key));
  return {
    reader: createBlobTranscriptReader(service),
    endorsingKey: localVaultKeys(stack.keyVault, createStandInCredential(stack.entra)),
    description: `the stack at ${stack.gateway}`,
    close: async () => {},
  };
}

async function openResting(dataDir: string): Promise<TranscriptSource> {
  const claim = await claimDataFolder(dataDir);
  if (!claim.ok) throw new CommandFailure(claim.error);
  const closers: (() => Promise<void> | void)[] = [() => claim.value.release()];
  const close = async (): Promise<void> => {
    for (const end of closers.reverse()) await end();
  };
  const { tenantId } = sampleDirectory;
  const issuer = `https://login.microsoftonline.com/${tenantId}`;
  try {
    const azurite = await startAzurite({ folder: join(dataDir, 'azurite') });
    closers.push(() => azurite.stop());
    const vault = await startKeyVault({ port: 0, folder: dataDir, issuer, tenantId });
    closers.push(() => vault.stop());
    return {
      reader: createBlobTranscriptReader(BlobServiceClient.fromConnectionString(azurite.connectionString)),
      endorsingKey: localVaultKeys(vault.url, createUnsignedCredential(tenantId)),
      description: `${dataDir} (no stack runs on it)`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The stand-in gets another port at each start, and key ids keep the old ones: any vault on this machine is meant. */
function localVaultKeys(vaultUrl: string, credential: TokenCredential) {
  return createVaultPublicKeys(createKeyClient(vaultUrl, credential), vaultNames.sealKey, isLoopback);
}

/** A token for the vault from the stack's Entra ID, as the gateway's own identity. */
function createStandInCredential(entraUrl: string): TokenCredential {
  return {
    async getToken() {
      const answer = await fetch(new URL('/_token', entraUrl), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ app: 'gateway-identity', version: 1, audience: VAULT_RESOURCE }),
        signal: AbortSignal.timeout(5_000),
      });
      const body: unknown = await answer.json();
      if (typeof body !== 'object' || body === null || !('access_token' in body)) {
        throw new Error(`the local Entra ID gave no token (${answer.status})`);
      }
      return { token: String(body.access_token), expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  };
}

/** A vault that was started without a key set looks at a token's claims only. */
function createUnsignedCredential(tid: string): TokenCredential {
  return {
    async getToken() {
      const expiresOnTimestamp = Date.now() + 3_600_000;
      const claims = { aud: VAULT_RESOURCE, tid, exp: Math.floor(expiresOnTimestamp / 1000) };
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return { token: `${part({ alg: 'none' })}.${part(claims)}.`, expiresOnTimestamp };
    },
  };
}
