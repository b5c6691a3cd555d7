/**
 * The stand-ins of one lane, each behind a fault proxy (Service Bus by its own test switch), and the settings that lead an
 * instance to them. Past the proxies only the sweep itself looks. Off the path and not struck: the authority's signing
 * keys, which a process fetches once, before it knows of any call.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keySettings } from '../../infra/local/access/by-keys.ts';
import { createAppEnvironment, vaultNames } from '../../infra/local/app-environment.ts';
import { type Azurite, startAzurite } from '../../infra/local/azurite.ts';
import { startCrmServer } from '../../infra/local/crm-server/start.ts';
import { type Entra, startEntra } from '../../infra/local/entra/start.ts';
import { startGraph } from '../../infra/local/graph/start.ts';
import { type KeyVault, startKeyVault } from '../../infra/local/key-vault/start.ts';
import { approvalQueues } from '../../infra/local/queues.ts';
import { startServiceBus } from '../../infra/local/service-bus/start.ts';
import { prepareStorage } from '../../infra/local/storage.ts';
import { startTeams } from '../../infra/local/teams/start.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import type { Meter } from './meter.ts';
import {
  type Asked,
  type Namer,
  nameBlobCall,
  nameGraphCall,
  nameIdentityCall,
  nameTableCall,
  nameTeamsCall,
  nameUpstreamCall,
  nameVaultCall,
} from './name-call.ts';
import { createQueueJudge } from './strike-queue.ts';

export interface Services {
  readonly azurite: Azurite;
  readonly entra: Entra;
  readonly keyVault: KeyVault;
  /** Settings of an instance. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface ServicesOptions {
  readonly meter: Meter;
  /** Kills the instance of this lane. */
  readonly kill: () => void;
  /** The clock of messages. */
  readonly nowMs: () => number;
  /** Told of each request that the CRM has carried out. */
  readonly onUpstream: (asked: Asked) => void;
}

const appDir = join(import.meta.dirname, '../..');
/** Only its host name matters: an instance listens on a port of its own. */
const PUBLIC_URL = 'http://127.0.0.1:7071';
const CRM_KEY = 'sweep-crm-key';

export async function startServices({ meter, kill, nowMs, onUpstream }: ServicesOptions): Promise<Services> {
  const [teams, azurite, bus, entra, crm, configDir] = await Promise.all([
    startTeams({ port: 0, publicUrl: PUBLIC_URL }),
    startAzurite(),
    startServiceBus({ port: 0, queues: approvalQueues, nowMs }),
    startEntra({ port: 0, publicUrl: PUBLIC_URL, servers: ['crm'] }),
    startCrmServer({ port: 0, apiKey: CRM_KEY }),
    makeConfig(),
  ]);
  const { issuer, tenantId, keysUrl } = entra;
  const [keyVault, graph] = await Promise.all([
    startKeyVault({ port: 0, issuer, tenantId, keysUrl }),
    startGraph({ port: 0, keysUrl }),
    prepareStorage(azurite.connectionString, ['standard']),
  ]);
  bus.faults.watch(createQueueJudge(meter, kill));

  const proxies: FaultProxy[] = [];
  /** The same URL, by way of a fault proxy. */
  async function through(url: string, name: Namer, onEffect?: (asked: Asked) => void): Promise<string> {
    const { origin } = new URL(url);
    const proxy = await startFaultProxy({ target: origin, name, meter, kill, ...(onEffect && { onEffect }) });
    proxies.push(proxy);
    return url.replace(origin, proxy.url);
  }
  const [blobUrl, tableUrl, vaultUrl, graphUrl, identityUrl, crmUrl, cardUrl] = await Promise.all([
    through(azurite.blobUrl, nameBlobCall),
    through(azurite.tableUrl, nameTableCall),
    through(keyVault.url, nameVaultCall),
    through(graph.url, nameGraphCall),
    through(entra.identity.endpoint, nameIdentityCall),
    through(crm.url, nameUpstreamCall, onUpstream),
    through(teams.webhookUrl, nameTeamsCall),
  ]);
  await Promise.all([
    keyVault.ensureKey(vaultNames.sealKey, 'EC'),
    keyVault.ensureKey(vaultNames.keyringKey, 'RSA'),
    keyVault.ensureSecret(vaultNames.crmSecret, CRM_KEY),
    keyVault.ensureSecret(vaultNames.teamsWebhook, cardUrl),
    keyVault.ensureSecret(vaultNames.teamsReplies, teams.replySecret),
  ]);
  const storage = azurite.connectionString.replace(azurite.blobUrl, blobUrl).replace(azurite.tableUrl, tableUrl);
  return {
    azurite,
    entra,
    keyVault,
    environment: createAppEnvironment({
      publicUrl: PUBLIC_URL,
      configDir,
      access: keySettings(storage, bus.connectionString),
      entra: { ...entra, identity: { ...entra.identity, endpoint: identityUrl } },
      keyVault: { url: vaultUrl },
      graph: { url: graphUrl },
      crm: { url: crmUrl },
    }),
    async stop() {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
      await Promise.all([azurite, bus, entra, crm, keyVault, graph, teams].map((part) => part.stop()));
      await rm(configDir, { recursive: true, force: true });
    },
  };
}

/** The sample's, with short waits for records and for the upstream. */
async function makeConfig(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-sweep-'));
  await cp(join(appDir, 'infra/config'), folder, { recursive: true });
  const file = join(folder, 'gateway.yaml');
  const sample = await readFile(file, 'utf8');
  const yaml = sample.replace('transcripts:\n', 'transcripts:\n  deadlineMs: 3000\n');
  await writeFile(file, `${yaml}\nlimits: { firstByteMs: 5000, deadlineMs: 8000 }\n`);
  return folder;
}
