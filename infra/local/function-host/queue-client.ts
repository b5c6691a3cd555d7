/**
 * The Service Bus client of one connection. What it needs is loaded when a function needs it: no host without queues,
 * and none with a connection string, pays for it at start.
 */
import type { TokenCredential } from '@azure/identity';
import { ServiceBusClient } from '@azure/service-bus';
import type { QueueConnection } from './queue-connection.ts';

/** Receivers try without end in any case; soon again, because a bus may start after the host. */
const RETRIES = { maxRetries: 2, retryDelayInMs: 250, maxRetryDelayInMs: 1_000, timeoutInMs: 10_000 };

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
