/** The flags that name a storage account to Azure Resource Manager, and its policies, as whoever is signed in. */
import type { TokenCredential } from '@azure/identity';
import { findUrlMistake, urlMistakeMessages } from '../../../shared/config/loopback.ts';
import { CommandFailure } from '../outcome.ts';
import { createAzureContainerPolicies, type StorageAccountRef } from './azure-container-policies.ts';
import type { ContainerPolicies } from './container-policies.ts';
import { createResourceManager } from './resource-manager.ts';

export interface AccountFlags extends StorageAccountRef {
  readonly resourceManager: string;
}

export const RESOURCE_MANAGER = 'https://management.azure.com';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const GROUP = /^[-\w.()]{1,90}$/;
const ACCOUNT = /^[a-z0-9]{3,24}$/;

/** Throws `CommandFailure` for what is no such name: it would stand in a path. */
export function openPolicies(flags: AccountFlags, credential: TokenCredential): ContainerPolicies {
  const { subscription, resourceGroup, account, resourceManager: url } = flags;
  if (!GUID.test(subscription)) throw new CommandFailure('--subscription must be the id of one (a GUID)');
  if (!GROUP.test(resourceGroup)) throw new CommandFailure('--resource-group must be the name of one');
  if (!ACCOUNT.test(account)) throw new CommandFailure('--account must be the name of a storage account, not its URL');
  const mistake = findUrlMistake(url);
  if (mistake !== undefined) throw new CommandFailure(`--resource-manager ${urlMistakeMessages[mistake]}`);
  return createAzureContainerPolicies(createResourceManager({ url, credential }), flags);
}

/** As whoever ran `az login` or `azd auth login`. Slow to load. */
export async function signedIn(): Promise<TokenCredential> {
  const { AzureCliCredential, AzureDeveloperCliCredential, ChainedTokenCredential } = await import('@azure/identity');
  return new ChainedTokenCredential(new AzureCliCredential(), new AzureDeveloperCliCredential());
}
