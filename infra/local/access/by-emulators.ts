/**
 * The way of whoever runs Azurite and the official Service Bus emulator already, for `func start`: each is used where it
 * runs and stays there, or is started by the stack after all. What is missing in Azurite is made; queues are the
 * emulator's own affair (service-bus-emulator/Config.json), and that it has them is looked at before anything else runs.
 */
import { createServiceBusQueue } from '../../../shared/azure/service-bus-queue.ts';
import { prepareStorage } from '../storage.ts';
import type { Access, BusService, StorageService } from './access.ts';
import { accessByKeys, keySettings } from './by-keys.ts';
import { isListening, readEndpoint, readStorageAddresses } from './emulator-addresses.ts';

export interface Emulators {
  /** Connection strings (emulator-addresses.ts); absent: the stack starts its own. */
  readonly storage?: string;
  readonly serviceBus?: string;
}

export function createAccessByEmulators(emulators: Emulators): Access<StorageService, BusService> {
  const { storage, serviceBus } = emulators;
  return {
    startStorage: (place) => (storage === undefined ? accessByKeys.startStorage(place) : findStorage(storage)),
    prepareStorage: ({ connectionString }, retentionClasses) => prepareStorage(connectionString, retentionClasses),
    startServiceBus: (place, authority) =>
      serviceBus === undefined ? accessByKeys.startServiceBus(place, authority) : findServiceBus(serviceBus),
    settings: ({ azurite, serviceBus: bus }) => keySettings(azurite.connectionString, bus.connectionString),
    stop: async () => undefined,
  };
}

async function findStorage(connectionString: string): Promise<StorageService> {
  const addresses = readStorageAddresses(connectionString);
  if (!addresses.ok) throw new Error(`azurite: ${addresses.error}`);
  const { blobUrl, queueUrl, tableUrl } = addresses.value;
  for (const url of [blobUrl, queueUrl, tableUrl]) {
    const { host } = new URL(url);
    if (!(await isListening(host))) {
      throw new Error(`azurite: nothing listens on ${host}: start it first, or have it started by --azurite own`);
    }
  }
  return { ...addresses.value, stop: async () => undefined };
}

async function findServiceBus(connectionString: string): Promise<BusService> {
  const endpoint = readEndpoint(connectionString);
  if (!endpoint.ok) throw new Error(`service bus: ${endpoint.error}`);
  const { host } = endpoint.value;
  if (!(await isListening(host))) {
    throw new Error(`service bus: nothing listens on ${host}: start the emulator first, or say --service-bus own`);
  }
  // Asked as the app asks: nobody ever needs the token.
  const queues = createServiceBusQueue({ address: { connectionString }, credential: { getToken: async () => null } });
  try {
    await queues.reach();
  } catch (cause) {
    const advice = 'were they in its Config.json when it started (infra/local/service-bus-emulator)?';
    throw new Error(`service bus: what listens on ${host} does not open the queues of the app: ${advice}`, { cause });
  } finally {
    await queues.close();
  }
  return { connectionString, url: endpoint.value.url, stop: async () => undefined };
}
