/**
 * The rows of the keyring and the vault's two keys, of the stack on this machine or, as whoever is signed in with az or
 * azd, in Azure. The gateway's API has no part in it: whoever may change what everything is sealed with is known to Azure.
 */
import { randomBytes } from 'node:crypto';
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { createKeyClient } from '../../../shared/azure/clients.ts';
import { createKeyVaultEndorser } from '../../../shared/azure/key-vault-endorser.ts';
import { createKeyVaultWrapper } from '../../../shared/azure/key-vault-wrapper.ts';
import { createKeyringTable, KEYRING_TABLE } from '../../../shared/azure/keyring-table.ts';
import type { KeyringOptions } from '../../../shared/keys/load-keyring.ts';
import { developmentAccount } from '../../local/azurite.ts';
import { readStackFile } from '../../local/stack-file.ts';
import { createLocalCredential } from '../local-credential.ts';
import { signedIn } from '../lock/account-flags.ts';
import { CommandFailure } from '../outcome.ts';

export interface KeyringFlags {
  readonly local?: boolean;
  readonly data: string;
  /** URL. */
  readonly vault?: string;
  /** URL of the account of state. */
  readonly tables?: string;
  readonly wrappingKey: string;
  readonly signingKey: string;
}

/** Throws `CommandFailure` where the flags name no place. No request is sent to Azure here. */
export async function openKeyring(flags: KeyringFlags): Promise<KeyringOptions> {
  const { table, vault, credential } = await (flags.local ? openLocal(flags) : openAzure(flags));
  const client = createKeyClient(vault, credential);
  const { wrappingKey, signingKey } = flags;
  const endorser = createKeyVaultEndorser(client, signingKey);
  return {
    store: createKeyringTable(table),
    wrapper: createKeyVaultWrapper({ client, wrappingKey, signingKey, endorser }),
    randomBytes,
  };
}

interface Place {
  readonly table: TableClient;
  readonly vault: string;
  readonly credential: TokenCredential;
}

async function openLocal({ data }: KeyringFlags): Promise<Place> {
  const stack = await readStackFile(data);
  if (!stack.ok) throw new CommandFailure(stack.error);
  const { entra, keyVault: vault, table: url } = stack.value;
  const key = new AzureNamedKeyCredential(developmentAccount.name, developmentAccount.key);
  const table = new TableClient(url, KEYRING_TABLE, key, { allowInsecureConnection: true });
  return { table, vault, credential: createLocalCredential(entra) };
}

async function openAzure({ vault, tables }: KeyringFlags): Promise<Place> {
  if (vault === undefined || tables === undefined)
    throw new CommandFailure('say --local, or --vault URL and --tables URL');
  const credential = await signedIn();
  return {
    table: new TableClient(originOf('--tables', tables), KEYRING_TABLE, credential),
    vault: originOf('--vault', vault),
    credential,
  };
}

function originOf(flag: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') throw new CommandFailure(`${flag} must be an https URL`);
  return url.origin;
}
