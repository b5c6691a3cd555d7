/**
 * The deployed way: two storage accounts and a Service Bus namespace under their names in Azure, reached over TLS and
 * opened by tokens of the managed identity; no key and no connection string is in the app's settings.
 *
 * Why by names: the settings then have exactly the deployed shape, certificates are checked for the names that they are
 * checked for in Azure, the client's only port for AMQP (5671) need not be free, and no line of the app knows of it. What
 * leads the names to this machine is loaded into the app's process by its environment (route-names.ts). The Service Bus
 * client's `customEndpointAddress` would do for a port, but as a setting that no deployment has.
 *
 * Not imitated: storage without shared keys (Azurite takes them, so each is made anew and nobody but this process knows
 * it), signatures and roles at storage (azurite.ts), roles at Service Bus, DNS, private endpoints. Key Vault, Entra ID
 * and Graph stay plain http on loopback, where the app takes that; vault and Graph check their tokens all the same.
 */
import { randomBytes } from 'node:crypto';
import { type Azurite, type StorageAccount, startAzurite } from '../azurite.ts';
import { approvalQueues } from '../queues.ts';
import { type ServiceBus, startServiceBus } from '../service-bus/start.ts';
import { prepareAccounts } from '../storage.ts';
import type { Access, AccessParts, Settings } from './access.ts';
import { writeCertificates } from './certificates.ts';
import { routeSettings } from './route-settings.ts';

const TRANSCRIPTS = 'sallyporttranscripts';
const STATE = 'sallyportstate';
const NAMESPACE = 'sallyport.servicebus.windows.net';
const hosts = {
  transcriptsBlob: `${TRANSCRIPTS}.blob.core.windows.net`,
  stateBlob: `${STATE}.blob.core.windows.net`,
  stateTable: `${STATE}.table.core.windows.net`,
} as const;

export async function createAccessByIdentity(): Promise<Access> {
  const [transcripts, state] = [createAccount(TRANSCRIPTS), createAccount(STATE)];
  const certificates = await writeCertificates({ storage: Object.values(hosts), serviceBus: NAMESPACE });

  function settings({ azurite, serviceBus, entra }: AccessParts<Azurite, ServiceBus>): Settings {
    const { clientId } = entra.identity;
    const [blob, table] = [azurite.blobUrl, azurite.tableUrl].map((url) => Number(new URL(url).port));
    if (blob === undefined || table === undefined) throw new Error('Azurite has two addresses');
    return {
      // With the slash that Azure's own outputs end in.
      TRANSCRIPTS_STORAGE__blobServiceUri: `https://${hosts.transcriptsBlob}/`,
      STATE_STORAGE__blobServiceUri: `https://${hosts.stateBlob}/`,
      STATE_STORAGE__tableServiceUri: `https://${hosts.stateTable}/`,
      SERVICE_BUS__fullyQualifiedNamespace: NAMESPACE,
      AZURE_CLIENT_ID: clientId,
      // The host's own, for the triggers; the platform reads them in Azure.
      SERVICE_BUS__credential: 'managedidentity',
      SERVICE_BUS__clientId: clientId,
      // Unset, whatever a developer's shell or local.settings.json says.
      TRANSCRIPTS_STORAGE: '',
      STATE_STORAGE: '',
      SERVICE_BUS: '',
      NODE_EXTRA_CA_CERTS: certificates.trustFile,
      ...routeSettings({
        [`${hosts.transcriptsBlob}:443`]: blob,
        [`${hosts.stateBlob}:443`]: blob,
        [`${hosts.stateTable}:443`]: table,
        [`${NAMESPACE}:5671`]: serviceBus.port,
      }),
    };
  }

  return {
    startStorage: (place) => startAzurite({ ...place, accounts: [transcripts, state], tls: certificates.storage }),
    prepareStorage: ({ addressesOf }, retentionClasses) =>
      prepareAccounts(
        {
          transcripts: addressesOf(transcripts).connectionString,
          state: addressesOf(state).connectionString,
          ca: certificates.storage.cert,
        },
        retentionClasses,
      ),
    async startServiceBus(place, authority) {
      const { tenantId, keysUrl } = await authority;
      const identity = { tenantId, keysUrl, certificate: certificates.serviceBus };
      return startServiceBus({ port: 0, queues: approvalQueues, ...place, identity });
    },
    settings,
    stop: certificates.remove,
  };
}

function createAccount(name: string): StorageAccount {
  return { name, key: randomBytes(64).toString('base64') };
}
