/**
 * How storage and Service Bus are opened: with the shared keys of this machine (by-keys.ts), those of emulators that run
 * already (by-emulators.ts), or as they are deployed, by identity over TLS (by-identity.ts). Starts the two services so,
 * and says what the app's settings are then.
 */
import type { AccountAddresses, Azurite } from '../azurite.ts';
import type { Entra } from '../entra/start.ts';
import type { ServiceBus } from '../service-bus/start.ts';

/** Where a part keeps its data; absent: in memory. */
export interface Place {
  readonly folder?: string;
}

export type Settings = Readonly<Record<string, string>>;

/** Storage that was started, or that runs already: then it has no process of ours, and `stop` lets it be. */
export interface StorageService extends AccountAddresses {
  readonly pid?: number;
  stop(): Promise<void>;
}

/** Service Bus, likewise. */
export type BusService = Pick<ServiceBus, 'connectionString' | 'url' | 'stop'>;

export interface AccessParts<Storage, Bus> {
  readonly azurite: Storage;
  readonly serviceBus: Bus;
  readonly entra: Pick<Entra, 'identity'>;
}

export interface Access<Storage extends StorageService = Azurite, Bus extends BusService = ServiceBus> {
  startStorage(place: Place): Promise<Storage>;
  /** Makes what the deployment makes there. */
  prepareStorage(azurite: Storage, retentionClasses: Iterable<string>): Promise<void>;
  /** The authority may be starting still; `folder` as for storage. */
  startServiceBus(place: Place, authority: Promise<Pick<Entra, 'tenantId' | 'keysUrl'>>): Promise<Bus>;
  /** Of the app, for what was started; the other way's are there and empty. */
  settings(parts: AccessParts<Storage, Bus>): Settings;
  /** Removes what it left on disk. */
  stop(): Promise<void>;
}
