/**
 * The Service Bus client of one connection. What it needs is loaded when a function needs it: no host without queues,
 * and none with a connection string, pays for it at start.
 */
import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { QueueConnection } from './queue-connection.ts';

/** Receivers connect again without end in any case, after this delay; settlements are repeated by `settle.ts`. */
const RETRIES = { maxRetries: 0, retryDelayInMs: 250, timeoutInMs: 5_000 };

/** Connects with the first link that is opened. */
export async function createQueueClient(connection: QueueConnection): Promise<ServiceBusClient> {
  const retryOptions = { ...RETRIES };
  if ('connectionString' in connection) return new ServiceBusClient(connection.connectionString, { retryOptions });
  return new ServiceBusClient(connection.namespace, await createCredential(connection), { retryOptions });
}

async function createCredential({
  identity,
  clientId,
}: Extract<QueueConnection, { readonly namespace: string }>): Promise<TokenCredential> {
  const { DefaultAzureCredential, ManagedIdentityCredential } = await import('@azure/identity');
  if (identity === 'managed') return new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
  return new DefaultAzureCredential(clientId === undefined ? {} : { managedIdentityClientId: clientId });
}
