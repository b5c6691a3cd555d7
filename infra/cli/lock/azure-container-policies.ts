/**
 * Immutability policies over Azure Resource Manager (Microsoft.Storage, blob service, immutability policies). The data
 * plane knows nothing of them. A lock names the ETag that was seen; when its answer is lost, the policy is read again.
 */
import { z } from 'zod';
import { CommandFailure } from '../outcome.ts';
import type { ContainerPolicies, ContainerPolicy } from './container-policies.ts';
import type { ArmAnswer, ResourceManager } from './resource-manager.ts';

export interface StorageAccountRef {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly account: string;
}

const API_VERSION = '2025-01-01';
/** An account of ours has a handful; a listing without end is none. */
const MAX_PAGES = 100;

const pageSchema = z.object({ value: z.array(z.object({ name: z.string() })), nextLink: z.string().optional() });

const policySchema = z.object({
  etag: z.string().default(''),
  properties: z.object({
    immutabilityPeriodSinceCreationInDays: z.number().default(0),
    state: z.string().optional(),
    allowProtectedAppendWrites: z.boolean().nullish(),
    allowProtectedAppendWritesAll: z.boolean().nullish(),
  }),
});

export function createAzureContainerPolicies(
  arm: ResourceManager,
  { subscription, resourceGroup, account }: StorageAccountRef,
): ContainerPolicies {
  const [group, name] = [resourceGroup, account].map(encodeURIComponent);
  const base = `/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Storage/storageAccounts/${name}/blobServices/default/containers`;
  const version = `api-version=${API_VERSION}`;
  const policyPath = (container: string) => `${base}/${encodeURIComponent(container)}/immutabilityPolicies/default`;

  async function* names(): AsyncGenerator<string> {
    let path: string | undefined = `${base}?${version}`;
    for (let pages = 0; path !== undefined; pages += 1) {
      if (pages === MAX_PAGES) throw new CommandFailure(`${account} has more containers than can be looked at`);
      const answer: ArmAnswer = await arm.ask({ path });
      const page = answer.status === 200 ? pageSchema.safeParse(answer.json) : undefined;
      if (!page?.success) throw cannot(`list the containers of ${account}`, answer);
      for (const { name: container } of page.data.value) yield container;
      path = page.data.nextLink;
    }
  }

  async function read(container: string): Promise<ContainerPolicy> {
    const answer = await arm.ask({ path: `${policyPath(container)}?${version}` });
    const parsed = answer.status === 200 ? policySchema.safeParse(answer.json) : undefined;
    if (!parsed?.success) throw cannot(`read the policy of ${container}`, answer);
    return toPolicy(container, parsed.data);
  }

  return {
    async list() {
      const policies: ContainerPolicy[] = [];
      for await (const container of names()) policies.push(await read(container));
      return policies.toSorted((left, right) => left.container.localeCompare(right.container));
    },
    read,
    async lock({ container, etag }) {
      const path = `${policyPath(container)}/lock?${version}`;
      const headers = { 'if-match': etag };
      const answered = await arm.ask({ method: 'POST', path, headers }).catch((error: unknown) => ({ error }));
      if ('status' in answered && answered.status === 200) {
        const parsed = policySchema.safeParse(answered.json);
        if (parsed.success && toPolicy(container, parsed.data).state === 'locked') return 'locked';
      }
      // Whatever was answered, or not: it may have taken effect all the same, and the policy itself says.
      const now = await read(container).catch(() => undefined);
      if (now?.state === 'locked') return 'locked';
      if ('error' in answered) throw answered.error;
      if (answered.status === 412) return 'changed';
      throw cannot(`lock the policy of ${container}`, answered);
    },
  };
}

/** Azure answers for a container without a policy with one of no days. */
function toPolicy(container: string, { etag, properties }: z.output<typeof policySchema>): ContainerPolicy {
  const { immutabilityPeriodSinceCreationInDays: days, state } = properties;
  const isThere = days > 0 && (state === 'Locked' || state === 'Unlocked');
  return {
    container,
    state: !isThere ? 'none' : state === 'Locked' ? 'locked' : 'unlocked',
    days: isThere ? days : 0,
    mayAppend: properties.allowProtectedAppendWrites === true || properties.allowProtectedAppendWritesAll === true,
    etag,
  };
}

function cannot(what: string, { status, problem }: ArmAnswer): CommandFailure {
  return new CommandFailure(`can’t ${what}: ${problem || `an answer (${status}) that this command does not know`}`);
}
