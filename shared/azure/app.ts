/**
 * The app of this process: settings and configuration read once at start, the gateway wired over Azure's services.
 * A bad configuration throws from `startApp`, which stops the app: better no gateway than one with half its rules.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { HttpHandler } from '@azure/functions';
import { loadConfig } from '../config/load-config.ts';
import { formatProblems } from '../config/problems.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { createPolicyEngine } from '../policy/create-engine.ts';
import { createBlobService, createCredential, createKeyClient, createSecretClient, createTable } from './clients.ts';
import { createDriftTable, DRIFT_TABLE } from './drift-table.ts';
import { createVariables, type Environment, readEnvironment } from './environment.ts';
import { createGraphGroupSource } from './graph-groups.ts';
import { httpHandler } from './http-trigger.ts';
import { createKeyVaultEndorser } from './key-vault-endorser.ts';
import { createKeyVaultSecretSource } from './key-vault-secrets.ts';
import { createKeyVaultWrapper } from './key-vault-wrapper.ts';
import { createKeyringTable, KEYRING_TABLE } from './keyring-table.ts';
import { createLog } from './log.ts';
import { createRateTable, LIMITS_TABLE } from './rate-table.ts';
import { installStreamCure, type StreamCure } from './stream-cure.ts';
import { createBlobSegmentStore } from './transcript-blobs.ts';

const log = createLog();
let cure: StreamCure | undefined;
let gateway: Gateway | undefined;

/** Reads settings and configuration; throws with every mistake named. The Azure services are asked in the background. */
export async function startApp(): Promise<void> {
  theCure();
  const environment = readEnvironment();
  if (!environment.ok) throw new Error(`bad app settings:\n${environment.error.join('\n')}`);
  const { configFolder } = environment.value;
  const config = await loadConfig({ folder: configFolder, variables: createVariables() });
  if (!config.ok) throw new Error(`bad configuration:\n${formatProblems(config.error)}`);
  const policy = createPolicyEngine(config.value);
  if (!policy.ok) throw new Error(`bad configuration:\n${formatProblems(policy.error)}`);

  gateway = createGateway(config.value, policy.value, {
    ...azurePorts(environment.value),
    publicUrl: environment.value.publicUrl,
    entra: environment.value.entra,
    lookup: (hostname) => lookup(hostname, { all: true }),
    log,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    randomBytes,
    newId: randomUUID,
    deadline: AbortSignal.timeout,
    pause: (ms, signal) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs).unref();
      return () => clearTimeout(timer);
    },
  });
  gateway.warmUp();
}

/** Closes open transcript segments; the host calls it when it stops. */
export async function stopApp(): Promise<void> {
  await gateway?.close();
}

/** A trigger's handler over the gateway of this process. */
export function handle(answer: (gateway: Gateway, call: HttpCall) => HttpAnswer | Promise<HttpAnswer>): HttpHandler {
  return httpHandler(async (call) => {
    if (!gateway) throw new Error('a request came before the app had started');
    return answer(gateway, call);
  }, theCure());
}

function theCure(): StreamCure {
  cure ??= installStreamCure({ log });
  return cure;
}

function azurePorts(environment: Environment) {
  const { graphUrl, keyVault, managedIdentity, state, transcripts } = environment;
  const credential = createCredential(managedIdentity);
  const keys = createKeyClient(keyVault.url, credential);
  const endorser = createKeyVaultEndorser(keys, keyVault.sealKey);
  const { keyringKey: wrappingKey, sealKey: signingKey } = keyVault;
  return {
    groups: createGraphGroupSource({ url: graphUrl, credential }),
    endorser,
    keyWrapper: createKeyVaultWrapper({ client: keys, wrappingKey, signingKey, endorser }),
    keyringStore: createKeyringTable(createTable(state, credential, KEYRING_TABLE)),
    driftStore: createDriftTable(createTable(state, credential, DRIFT_TABLE)),
    rateStore: createRateTable(createTable(state, credential, LIMITS_TABLE)),
    secrets: createKeyVaultSecretSource(createSecretClient(keyVault.url, credential)),
    segments: createBlobSegmentStore(createBlobService(transcripts, credential)),
  };
}
