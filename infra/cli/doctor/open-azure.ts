/**
 * What the checks look at beside the gateway: groups in Microsoft Graph, policies and queues in Azure Resource Manager, the
 * Teams workflow. In Azure as whoever is signed in with az or azd; with a stack as the gateway's own identity there.
 */
import type { TokenCredential } from '@azure/identity';
import { createGraphGroupMembers } from '../../../shared/azure/graph-members.ts';
import { createTeamsWebhook } from '../../../shared/azure/teams-webhook.ts';
import type { SecretSource } from '../../../shared/credentials/broker.ts';
import { createKeptSecret } from '../../../shared/credentials/kept-secret.ts';
import type { GroupMembers } from '../../../shared/reviews/entitlements.ts';
import type { Stack } from '../../local/stack-file.ts';
import { createLocalCredential } from '../local-credential.ts';
import { openPolicies, RESOURCE_MANAGER, signedIn } from '../lock/account-flags.ts';
import type { ContainerPolicy } from '../lock/container-policies.ts';
import { createResourceManager } from '../lock/resource-manager.ts';
import { CommandFailure } from '../outcome.ts';
import { listAzureQueues } from './azure-queues.ts';
import type { DoctorFlags } from './doctor-flags.ts';
import type { DeployedQueue } from './queues.ts';

const GRAPH = 'https://graph.microsoft.com';

export function openMembers(stack: Stack | undefined, deadlineMs: number): GroupMembers {
  const credential = stack === undefined ? lateCredential() : createLocalCredential(stack.entra);
  return createGraphGroupMembers({ url: stack?.graph ?? GRAPH, credential, deadlineMs });
}

/** Undefined where the flags don't name an account. */
export function openPolicyList(flags: DoctorFlags): (() => Promise<readonly ContainerPolicy[]>) | undefined {
  const { subscription, resourceGroup, account } = flags;
  if (subscription === undefined || resourceGroup === undefined || account === undefined) return undefined;
  const [name = ''] = new URL(account).host.split('.', 1);
  const place = { subscription, resourceGroup, account: name, resourceManager: RESOURCE_MANAGER };
  return async () => openPolicies(place, await signedIn()).list();
}

/** Likewise of the resource group. */
export function openQueueList(flags: DoctorFlags): (() => Promise<readonly DeployedQueue[]>) | undefined {
  const { subscription, resourceGroup } = flags;
  if (subscription === undefined || resourceGroup === undefined) return undefined;
  return async () => {
    const arm = createResourceManager({ url: RESOURCE_MANAGER, credential: await signedIn() });
    return listAzureQueues(arm, { subscription, resourceGroup });
  };
}

/** Rejects with `CommandFailure` in the poster's words, which hold neither the URL nor what was answered. */
export async function postTestCard(secrets: SecretSource, webhookSecret: string): Promise<void> {
  const url = createKeptSecret({ source: secrets, name: webhookSecret, nowMs: Date.now });
  await url.current();
  try {
    await createTeamsWebhook({ url, fetch }).post(TEST_CARD);
  } catch (cause) {
    throw new CommandFailure(cause instanceof Error ? cause.message : 'it was not taken', { cause });
  }
}

const TEST_CARD = {
  type: 'AdaptiveCard',
  version: '1.5',
  body: [{ type: 'TextBlock', wrap: true, text: 'A test by sallyport doctor. Nothing waits for you.' }],
};

/** Slow to load, and of use to few: loaded with the first token. */
function lateCredential(): TokenCredential {
  return {
    async getToken(scopes, options) {
      const credential = await signedIn();
      return credential.getToken(scopes, options);
    },
  };
}
