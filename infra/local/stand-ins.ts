/**
 * What the gateway leans on, on this machine: Azurite, the stand-ins for Key Vault, Entra ID, Microsoft Graph, Service
 * Bus and Teams, the sample CRM, and in them what the deployment would have made. Side by side where nothing has to
 * wait; all of them or none.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access, BusService, StorageService } from './access/access.ts';
import { vaultNames } from './app-environment.ts';
import type { Azurite } from './azurite.ts';
import { ensureCrmKey } from './crm-key.ts';
import { type CrmServer, startCrmServer } from './crm-server/start.ts';
import type { Directory } from './entra/directory.ts';
import { type Entra, startEntra } from './entra/start.ts';
import { type Graph, startGraph } from './graph/start.ts';
import { type KeyVault, startKeyVault } from './key-vault/start.ts';
import type { ServiceBus } from './service-bus/start.ts';
import type { Stopwatch } from './stopwatch.ts';
import { startTeams, type Teams } from './teams/start.ts';

export interface StandInOptions<Storage extends StorageService = Azurite, Bus extends BusService = ServiceBus> {
  /** Where data is kept; absent: in memory, gone at the end. */
  readonly dataDir?: string;
  /** The gateway's, for the identifier URIs of its registration and the replies from Teams. */
  readonly publicUrl: string;
  /** Names of the configured MCP servers, likewise. */
  readonly servers: readonly string[];
  readonly retentionClasses: readonly string[];
  /** Who there is, for Entra, Graph and Teams alike; default: the sample tenant. */
  readonly directory?: Directory;
  /** How storage and Service Bus are opened; ends with them. */
  readonly access: Access<Storage, Bus>;
}

export interface StandIns<Storage extends StorageService = Azurite, Bus extends BusService = ServiceBus> {
  readonly azurite: Storage;
  readonly keyVault: KeyVault;
  readonly entra: Entra;
  readonly graph: Graph;
  readonly serviceBus: Bus;
  readonly teams: Teams;
  readonly crm: CrmServer;
  stop(): Promise<void>;
}

/** What the stack itself puts into the vault. */
interface VaultSecrets {
  readonly crmKey: string;
  readonly teams: Pick<Teams, 'webhookUrl' | 'flowUrl' | 'replySecret'>;
}

/** Rejects with the first error once everything that had started is stopped again. */
export async function startStandIns<Storage extends StorageService, Bus extends BusService>(
  options: StandInOptions<Storage, Bus>,
  { measure }: Stopwatch,
): Promise<StandIns<Storage, Bus>> {
  const { dataDir, publicUrl, servers, retentionClasses, access } = options;
  const tenant = options.directory === undefined ? {} : { directory: options.directory };
  const folder = dataDir === undefined ? {} : { folder: dataDir };
  const running: { stop(): Promise<void> }[] = [access];
  const entraStarted = Promise.withResolvers<Entra>();
  // Told where Entra is started; here it only ends the waiting of others.
  entraStarted.promise.catch(() => undefined);

  async function start<T extends { stop(): Promise<void> }>(name: string, work: () => Promise<T>): Promise<T> {
    const started = await measure(name, work);
    running.push(started);
    return started;
  }

  async function stop(): Promise<void> {
    await Promise.all(running.map((part) => part.stop()));
  }

  async function startStorage(): Promise<Storage> {
    const place = dataDir === undefined ? {} : { folder: await makeFolder(dataDir, 'azurite') };
    const azurite = await start('azurite', () => access.startStorage(place));
    await measure('containers and tables', () => access.prepareStorage(azurite, retentionClasses));
    return azurite;
  }

  async function startIdentity(secrets: VaultSecrets): Promise<Pick<StandIns, 'entra' | 'graph' | 'keyVault'>> {
    const starting = start('entra', () => startEntra({ port: 0, publicUrl, servers, ...tenant, ...folder }));
    starting.then(entraStarted.resolve, entraStarted.reject);
    const entra = await starting;
    const starts = [
      startVault(entra, secrets),
      start('graph', () => startGraph({ port: 0, keysUrl: entra.keysUrl, ...tenant })),
    ] as const;
    await Promise.allSettled(starts);
    const [keyVault, graph] = await Promise.all(starts);
    return { entra, keyVault, graph };
  }

  async function startVault({ issuer, tenantId, keysUrl }: Entra, secrets: VaultSecrets): Promise<KeyVault> {
    const keyVault = await start('key vault', () => startKeyVault({ port: 0, issuer, tenantId, keysUrl, ...folder }));
    await measure('keys', () =>
      Promise.all([
        keyVault.ensureKey(vaultNames.sealKey, 'EC'),
        keyVault.ensureKey(vaultNames.keyringKey, 'RSA'),
        keyVault.ensureSecret(vaultNames.crmSecret, secrets.crmKey),
        keyVault.ensureSecret(vaultNames.teamsWebhook, secrets.teams.webhookUrl),
        keyVault.ensureSecret(vaultNames.teamsFlow, secrets.teams.flowUrl),
        keyVault.ensureSecret(vaultNames.teamsReplies, secrets.teams.replySecret),
      ]),
    );
    return keyVault;
  }

  async function startBus(): Promise<Bus> {
    const place = dataDir === undefined ? {} : { folder: join(dataDir, 'service-bus') };
    return start('service bus', () => access.startServiceBus(place, entraStarted.promise));
  }

  async function startCrm(apiKey: string): Promise<CrmServer> {
    const place = dataDir === undefined ? {} : { databaseFile: join(dataDir, 'crm.sqlite') };
    return start('crm', () => startCrmServer({ port: 0, apiKey, ...place }));
  }

  async function flowToken(): Promise<string> {
    const entra = await entraStarted.promise;
    return entra.issueToken({ app: 'teams-flow' });
  }

  const crmKey = await ensureCrmKey(dataDir);
  // First, for its secrets go into the vault; it takes no time.
  const teams = await start('teams', () => startTeams({ port: 0, publicUrl, flowToken, ...tenant, ...folder }));
  const starts = [startStorage(), startIdentity({ crmKey, teams }), startBus(), startCrm(crmKey)] as const;
  // Here as above, an error waits until the others have started or failed too: only then can all of them be stopped.
  await Promise.allSettled(starts);
  try {
    const [azurite, identity, serviceBus, crm] = await Promise.all(starts);
    return { azurite, ...identity, serviceBus, teams, crm, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeFolder(parent: string, name: string): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  return folder;
}
