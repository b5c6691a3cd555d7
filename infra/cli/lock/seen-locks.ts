/**
 * Whether the policies of an account were seen locked, for `verify`: the data plane can't say, Azure Resource Manager can.
 * Seals count with each container of transcripts: what they prove is gone when they are.
 */
import { SEALS_CONTAINER } from '../../../shared/transcripts/layout.ts';
import { CommandFailure } from '../outcome.ts';
import { openPolicies, RESOURCE_MANAGER, signedIn } from './account-flags.ts';
import type { ContainerPolicies } from './container-policies.ts';

export interface LockFlags {
  /** URL of the blob service: its first label is the account’s name. */
  readonly account?: string;
  readonly subscription?: string;
  readonly resourceGroup?: string;
}

/** Nothing, where nobody was asked to look. Throws `CommandFailure` for half of what it takes. */
export async function openLocks(
  flags: LockFlags,
): Promise<{ readonly isLocked?: (container: string) => Promise<boolean> }> {
  const { account, subscription, resourceGroup } = flags;
  if (subscription === undefined && resourceGroup === undefined) return {};
  if (account === undefined || subscription === undefined || resourceGroup === undefined) {
    throw new CommandFailure('--subscription and --resource-group belong together, and to --account');
  }
  const [name = ''] = new URL(account).host.split('.', 1);
  const place = { subscription, resourceGroup, account: name, resourceManager: RESOURCE_MANAGER };
  return { isLocked: createLockReader(openPolicies(place, await signedIn())) };
}

export function createLockReader(policies: Pick<ContainerPolicies, 'read'>): (container: string) => Promise<boolean> {
  const isLocked = async (container: string) => (await policies.read(container)).state === 'locked';
  let seals: Promise<boolean> | undefined;
  return async (container) => {
    seals ??= isLocked(SEALS_CONTAINER);
    const [one, other] = await Promise.all([isLocked(container), seals]);
    return one && other;
  };
}
