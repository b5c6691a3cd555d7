/**
 * How storage and Service Bus are opened: with the shared keys of this machine (by-keys.ts), or as they are deployed, by
 * identity over TLS (by-identity.ts). Starts the two services so, and says what the app's settings are then.
 */
import type { Azurite } from '../azurite.ts';
import type { Entra } from '../entra/start.ts';
import type { ServiceBus } from '../service-bus/start.ts';

/** Where a part keeps its data; absent: in memory. */
export interface Place {
  readonly folder?: string;
}

export type Settings = Readonly<Record<string, string>>;

export interface AccessParts {
  readonly azurite: Azurite;
  readonly serviceBus: ServiceBus;
  readonly entra: Pick<Entra, 'identity'>;
}

export interface Access {
  startStorage(place: Place): Promise<Azurite>;
  /** Makes what the deployment makes there. */
  prepareStorage(azurite: Azurite, retentionClasses: Iterable<string>): Promise<void>;
  /** The authority may be starting still; `folder` as for storage. */
  startServiceBus(place: Place, authority: Promise<Pick<Entra, 'tenantId' | 'keysUrl'>>): Promise<ServiceBus>;
  /** Of the app, for what was started; the other way's are there and empty. */
  settings(parts: AccessParts): Settings;
  /** Removes what it left on disk. */
  stop(): Promise<void>;
}
