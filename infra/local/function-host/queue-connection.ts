/**
 * What a trigger's `connection` stands for, found as the Functions runtime finds it: the setting `X` with a connection
 * string, or else `X__fullyQualifiedNamespace` with an identity; under `AzureWebJobsX` before `X`. An empty setting
 * counts as unset. Pure. Does not imitate: identities by anything but a client id, Key Vault references.
 */
import { HostProblem } from './settings.ts';

export type QueueConnection =
  | { readonly connectionString: string }
  | { readonly namespace: string; readonly identity: 'default' | 'managed'; readonly clientId: string | undefined };

/** What the runtime takes where a trigger names none. */
const DEFAULT_NAME = 'ServiceBus';

/** Throws `HostProblem` that names the function and the settings that are missing. */
export function readQueueConnection(
  functionName: string,
  connection: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): QueueConnection {
  const name = typeof connection === 'string' && connection !== '' ? connection : DEFAULT_NAME;
  for (const prefix of [`AzureWebJobs${name}`, name]) {
    const connectionString = environment[prefix] || undefined;
    if (connectionString !== undefined) return { connectionString };
    const namespace = environment[`${prefix}__fullyQualifiedNamespace`] || undefined;
    if (namespace === undefined) continue;
    const identity = environment[`${prefix}__credential`]?.toLowerCase() === 'managedidentity' ? 'managed' : 'default';
    return { namespace, identity, clientId: environment[`${prefix}__clientId`] || undefined };
  }
  throw new HostProblem(
    `Function "${functionName}": neither ${name} (a connection string) nor ${name}__fullyQualifiedNamespace is set`,
  );
}
