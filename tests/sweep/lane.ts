/**
 * One lane of the sweep: a stack of stand-ins that lasts over many cases, a fault proxy before each service, and one clock
 * for all of it, which only goes forward.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { createMeter, type Meter } from './meter.ts';
import {
  type Namer,
  nameBlobCall,
  nameGraphCall,
  nameIdentityCall,
  nameTableCall,
  nameTeamsCall,
  nameUpstreamCall,
  nameVaultCall,
} from './name-call.ts';
import { type Instance, startInstance } from './start-instance.ts';

export interface Lane {
  readonly azurite: Azurite;
  readonly entra: Entra;
  readonly keyVault: KeyVault;
  readonly meter: Meter;
  /** Milliseconds that this lane's clock is ahead. */
  readonly aheadMs: number;
  /** Tool calls that the CRM has carried out, by payment: what the whole sweep is about. */
  readonly executions: ReadonlyMap<string, number>;
  /** What instances printed since the case began. */
  readonly log: readonly string[];
  /** The one that runs, if one does; else a new process on the same data. */
  useInstance(): Promise<Instance>;
  /** Kills the one that runs, waits until it is gone, and starts a new process on the same data. */
  replaceInstance(): Promise<Instance>;
  /** An empty log. */
  beginCase(): void;
  /** For every service with a clock and for the instance. */
  goAhead(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const appDir = join(import.meta.dirname, '../..');
const PUBLIC_URL = 'http://127.0.0.1:7071';
const CRM_KEY = 'sweep-crm-key';

/** `script`: of `bundleInstance`. */
export async function startLane(script: string): Promise<Lane> {
  const meter = createMeter();
  const executions = new Map<string, number>();
  let log: string[] = [];
  let aheadMs = 0;
  let instance: Instance | undefined;
  const kill = () => instance?.kill();

  const teams = await startTeams({ port: 0, publicUrl: PUBLIC_URL });
  const [azurite, bus, entra, crm, configDir] = await Promise.all([
    startAzurite(),
    startServiceBus({ port: 0, queues: approvalQueues, nowMs: () => Date.now() + aheadMs }),
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

  const proxies: FaultProxy[] = [];
  /** The same URL, by way of a fault proxy. */
  async function through(url: string, name: Namer, onEffect?: (asked: { readonly body: string }) => void) {
    const { origin } = new URL(url);
    const proxy = await startFaultProxy({ target: origin, name, meter, kill, ...(onEffect && { onEffect }) });
    proxies.push(proxy);
    return url.replace(origin, proxy.url);
  }

  const count = ({ body }: { readonly body: string }): void => {
    const payment = /"method":"tools\/call".*"payment_id":"([^"]*)"/s.exec(body)?.[1];
    if (payment !== undefined) executions.set(payment, (executions.get(payment) ?? 0) + 1);
  };
  const [blobUrl, tableUrl, vaultUrl, graphUrl, identityUrl, crmUrl, cardUrl] = await Promise.all([
    through(azurite.blobUrl, nameBlobCall),
    through(azurite.tableUrl, nameTableCall),
    through(keyVault.url, nameVaultCall),
    through(graph.url, nameGraphCall),
    through(entra.identity.endpoint, nameIdentityCall),
    through(crm.url, nameUpstreamCall, count),
    through(teams.webhookUrl, nameTeamsCall),
  ]);
  await Promise.all([
    keyVault.ensureKey(vaultNames.sealKey, 'EC'),
    keyVault.ensureKey(vaultNames.keyringKey, 'RSA'),
    keyVault.ensureSecret(vaultNames.crmSecret, CRM_KEY),
    keyVault.ensureSecret(vaultNames.teamsWebhook, cardUrl),
    keyVault.ensureSecret(vaultNames.teamsReplies, teams.replySecret),
  ]);
  const connectionString = azurite.connectionString
    .replace(azurite.blobUrl, blobUrl)
    .replace(azurite.tableUrl, tableUrl);

  function watchQueue(operation: string, queue: string) {
    if (operation === 'renew' || operation === 'peek') return undefined;
    const one = meter.begin(`queue: ${operation} ${queue}`, undefined);
    one.end();
    if (one.strike === undefined) return undefined;
    const { does, when } = one.strike;
    if (does === 'kill') kill();
    const isRefused = does === 'cut' && when === 'before';
    return { does: isRefused ? 'fail' : does === 'hang' ? 'hang' : 'drop', when } as const;
  }

  bus.faults.watch(watchQueue);
  const environment = createAppEnvironment({
    publicUrl: PUBLIC_URL,
    configDir,
    azurite: { connectionString },
    entra: { ...entra, identity: { ...entra.identity, endpoint: identityUrl } },
    keyVault: { url: vaultUrl },
    graph: { url: graphUrl },
    serviceBus: bus,
    crm: { url: crmUrl },
  });

  async function start(): Promise<Instance> {
    const env = { ...environment, SWEEP_AHEAD_MS: String(aheadMs) };
    instance = await startInstance(script, env, (line) => log.push(line));
    return instance;
  }

  return {
    azurite,
    entra,
    keyVault,
    meter,
    executions,
    get aheadMs() {
      return aheadMs;
    },
    get log() {
      return log;
    },
    beginCase() {
      log = [];
    },
    useInstance: async () => (instance?.isAlive() ? instance : start()),
    async replaceInstance() {
      kill();
      await instance?.ended;
      return start();
    },
    async goAhead(ms) {
      aheadMs += ms;
      if (instance?.isAlive()) await instance.setClock(aheadMs);
    },
    async stop() {
      kill();
      await instance?.ended;
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
  const yaml = sample.replace('transcripts:\n', 'transcripts:\n  deadlineMs: 1500\n');
  await writeFile(file, `${yaml}\nlimits: { firstByteMs: 5000, deadlineMs: 8000 }\n`);
  return folder;
}
