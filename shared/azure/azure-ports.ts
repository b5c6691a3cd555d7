/**
 * The gateway's ports over Azure's services, made once from the settings. No request is sent here.
 */
import { randomBytes } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import type { GatewayPorts } from '../gateway/ports.ts';
import { APPROVALS_TABLE, createApprovalsTable } from './approvals-table.ts';
import { BLOCKS_TABLE, createBlocksTable } from './blocks-table.ts';
import { createBlobService, createCredential, createKeyClient, createSecretClient, createTable } from './clients.ts';
import { createDriftTable, DRIFT_TABLE } from './drift-table.ts';
import type { Environment } from './environment.ts';
import { createGraphGroupSource } from './graph-groups.ts';
import { createGraphGuestSource } from './graph-guests.ts';
import { createGraphGroupMembers } from './graph-members.ts';
import { createKeyVaultEndorser } from './key-vault-endorser.ts';
import { newestKeyVersion } from './key-vault-key.ts';
import { createKeyVaultSecretSource } from './key-vault-secrets.ts';
import { createKeyVaultWrapper } from './key-vault-wrapper.ts';
import { createKeyringTable, KEYRING_TABLE } from './keyring-table.ts';
import { createRateTable, LIMITS_TABLE } from './rate-table.ts';
import { createReplyTable, REPLIES_TABLE } from './reply-table.ts';
import { createReviewBlobs } from './review-blobs.ts';
import { createReviewsTable, REVIEWS_TABLE } from './reviews-table.ts';
import { createBlobRemover, createBlobSealStore } from './seal-blobs.ts';
import { createSealedBlobs } from './sealed-blobs.ts';
import { createServiceBusQueue } from './service-bus-queue.ts';
import { createSessionIndexTable, SESSIONS_TABLE } from './session-index-table.ts';
import { createTeamsWebhook } from './teams-webhook.ts';
import { createBlobSegmentStore } from './transcript-blobs.ts';
import { createBlobTranscriptReader } from './transcript-reader.ts';
import { createVaultPublicKeys, isVault } from './vault-public-keys.ts';
import { createMsalCodeFlow } from './web-sign-in.ts';

type ClockPorts =
  | 'publicUrl'
  | 'entra'
  | 'lookup'
  | 'log'
  | 'telemetry'
  | 'nowMs'
  | 'monotonicMs'
  | 'randomBytes'
  | 'newId'
  | 'deadline'
  | 'pause'
  | 'after';

export interface AzurePorts extends Omit<GatewayPorts, ClockPorts> {
  /** The app's own identity, for what else it is sent to. */
  readonly credential: TokenCredential;
  /** Asks for the tokens that the first call will take. Rejects; whoever needs one then asks for it. */
  warmUp(): Promise<void>;
  /** Opens the queues ahead of the first held call. Rejects; whoever needs them then opens them. */
  openQueues(): Promise<void>;
  /** Ends connections that would keep the process alive. Never rejects. */
  close(): Promise<void>;
}

export function createAzurePorts(environment: Environment): AzurePorts {
  const { entra, graphUrl, keyVault, managedIdentity, sealed, serviceBus, state, transcripts } = environment;
  const credential = createCredential(managedIdentity);
  const keys = createKeyClient(keyVault.url, credential);
  const endorser = createKeyVaultEndorser(keys, keyVault.sealKey);
  const { keyringKey: wrappingKey, sealKey: signingKey } = keyVault;
  const graph = { url: graphUrl, credential };
  const table = (name: string) => createTable(state, credential, name);
  const transcriptBlobs = createBlobService(transcripts, credential);
  const sealedService = createBlobService(sealed, credential);
  const queue = createServiceBusQueue({ address: serviceBus, credential });
  return {
    credential,
    groups: createGraphGroupSource(graph),
    guests: createGraphGuestSource(graph),
    groupMembers: createGraphGroupMembers(graph),
    codeFlow: createMsalCodeFlow({ entra, credential }),
    endorser,
    keyWrapper: createKeyVaultWrapper({ client: keys, wrappingKey, signingKey, endorser }),
    keyringStore: createKeyringTable(table(KEYRING_TABLE)),
    blockStore: createBlocksTable(table(BLOCKS_TABLE)),
    driftStore: createDriftTable(table(DRIFT_TABLE)),
    rateStore: createRateTable(table(LIMITS_TABLE)),
    approvalStore: createApprovalsTable(table(APPROVALS_TABLE)),
    replayMarks: createReplyTable({ table: table(REPLIES_TABLE), randomBytes }),
    sealedBlobs: createSealedBlobs(sealedService),
    reviewStore: createReviewsTable(table(REVIEWS_TABLE)),
    reportBlobs: createReviewBlobs(sealedService),
    queue,
    createCardPoster: (url) => createTeamsWebhook({ url, fetch }),
    secrets: createKeyVaultSecretSource(createSecretClient(keyVault.url, credential)),
    segments: createBlobSegmentStore(transcriptBlobs),
    transcripts: createBlobTranscriptReader(transcriptBlobs),
    seals: createBlobSealStore(transcriptBlobs),
    sessionIndex: createSessionIndexTable(table(SESSIONS_TABLE)),
    blobRemover: createBlobRemover(transcriptBlobs),
    endorsingKey: createVaultPublicKeys(keys, keyVault.sealKey, isVault(keyVault.url)),
    reach: {
      sealKey: () => newestKeyVersion(keys, keyVault.sealKey).then(() => undefined),
      queues: () => queue.reach(),
    },
    warmUp: () => fetchTokens(environment, credential),
    openQueues: () => queue.warmUp(),
    close: () => queue.close(),
  };
}

const VAULT_SCOPE = 'https://vault.azure.net/.default';
const STORAGE_SCOPE = 'https://storage.azure.com/.default';

/** The credential keeps what it was given, for the clients to find. */
async function fetchTokens({ state, transcripts }: Environment, credential: TokenCredential): Promise<void> {
  const takesStorage = [state, transcripts].some((address) => 'url' in address);
  const scopes = takesStorage ? [VAULT_SCOPE, STORAGE_SCOPE] : [VAULT_SCOPE];
  await Promise.all(scopes.map((scope) => credential.getToken(scope)));
}
