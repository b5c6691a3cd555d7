/**
 * The local way: plain connections on this machine, opened by the shared keys in connection strings. The app takes such a
 * setting for this machine only (shared/azure/connection-strings.ts).
 */
import { startAzurite } from '../azurite.ts';
import { approvalQueues } from '../queues.ts';
import { startServiceBus } from '../service-bus/start.ts';
import { prepareStorage } from '../storage.ts';
import type { Access, Settings } from './access.ts';

export const accessByKeys: Access = {
  startStorage: startAzurite,
  prepareStorage: ({ connectionString }, retentionClasses) => prepareStorage(connectionString, retentionClasses),
  startServiceBus: (place) => startServiceBus({ port: 0, queues: approvalQueues, ...place }),
  settings: ({ azurite, serviceBus }) => keySettings(azurite.connectionString, serviceBus.connectionString),
  stop: async () => undefined,
};

export function keySettings(storage: string, serviceBus: string): Settings {
  return {
    TRANSCRIPTS_STORAGE: storage,
    STATE_STORAGE: storage,
    SERVICE_BUS: serviceBus,
    // Unset, whatever a developer's shell or local.settings.json says: each would lead away from the stand-ins.
    TRANSCRIPTS_STORAGE__blobServiceUri: '',
    STATE_STORAGE__tableServiceUri: '',
    STATE_STORAGE__blobServiceUri: '',
    SERVICE_BUS__fullyQualifiedNamespace: '',
    AZURE_CLIENT_ID: '',
  };
}
