/** The queues of the one Service Bus namespace in a resource group, over Azure Resource Manager. */
import { z } from 'zod';
import type { ArmAnswer, ResourceManager } from '../lock/resource-manager.ts';
import { CommandFailure } from '../outcome.ts';
import type { DeployedQueue } from './queues.ts';

const VERSION = 'api-version=2024-01-01';

const namespacesSchema = z.object({ value: z.array(z.object({ name: z.string() })) });

const queuesSchema = z.object({
  value: z.array(
    z.object({
      name: z.string(),
      properties: z.object({
        status: z.string(),
        requiresDuplicateDetection: z.boolean(),
        requiresSession: z.boolean(),
        lockDuration: z.string().transform(readDuration),
        maxDeliveryCount: z.number(),
        duplicateDetectionHistoryTimeWindow: z.string().transform(readDuration),
        defaultMessageTimeToLive: z.string().transform(readDuration),
        deadLetteringOnMessageExpiration: z.boolean(),
        countDetails: z
          .object({ deadLetterMessageCount: z.number().default(0) })
          .default({ deadLetterMessageCount: 0 }),
      }),
    }),
  ),
});

/** Rejects with `CommandFailure` where nobody can say. */
export async function listAzureQueues(
  arm: ResourceManager,
  { subscription, resourceGroup }: { readonly subscription: string; readonly resourceGroup: string },
): Promise<readonly DeployedQueue[]> {
  const base = `/subscriptions/${encodeURIComponent(subscription)}/resourceGroups/${encodeURIComponent(resourceGroup)}/providers/Microsoft.ServiceBus/namespaces`;
  const { value: namespaces } = read(namespacesSchema, await arm.ask({ path: `${base}?${VERSION}` }));
  const [namespace, ...others] = namespaces;
  if (namespace === undefined) throw new CommandFailure('there is no Service Bus namespace in the resource group');
  if (others.length > 0) throw new CommandFailure('there is more than one Service Bus namespace in the resource group');
  const path = `${base}/${encodeURIComponent(namespace.name)}/queues?${VERSION}`;
  return read(queuesSchema, await arm.ask({ path })).value.map(({ name, properties }) => ({
    name,
    isActive: properties.status === 'Active',
    hasDuplicateDetection: properties.requiresDuplicateDetection,
    hasSessions: properties.requiresSession,
    lockDurationMs: properties.lockDuration,
    maxDeliveryCount: properties.maxDeliveryCount,
    duplicateWindowMs: properties.duplicateDetectionHistoryTimeWindow,
    timeToLiveMs: properties.defaultMessageTimeToLive,
    deadLettersExpired: properties.deadLetteringOnMessageExpiration,
    deadLetters: properties.countDetails.deadLetterMessageCount,
  }));
}

function read<S extends z.ZodType>(schema: S, { status, json, problem }: ArmAnswer): z.output<S> {
  const parsed = status === 200 ? schema.safeParse(json) : undefined;
  if (parsed?.success) return parsed.data;
  throw new CommandFailure(
    `can’t read the queues: ${problem || `an answer (${status}) that this command does not know`}`,
  );
}

/** ISO 8601, days to seconds, as Azure writes it: `PT1M`, `P14D`. NaN for anything else, which is no setting of ours. */
function readDuration(text: string): number {
  const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/.exec(text);
  if (match === null) return Number.NaN;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}
