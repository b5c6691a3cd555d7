/**
 * What the deployment makes in the storage accounts, made in Azurite: a container for each retention class, one for
 * seals, one for what is sealed, one for reviews, and the tables. In Azure Bicep makes them, and the app has no right to;
 * transcripts and seals have an account of their own there, here they may share one.
 */
import { TableServiceClient, type TableServiceClientOptions } from '@azure/data-tables';
import { BlobServiceClient, type StoragePipelineOptions } from '@azure/storage-blob';
import { APPROVALS_TABLE } from '../../shared/azure/approvals-table.ts';
import { BLOCKS_TABLE } from '../../shared/azure/blocks-table.ts';
import { DRIFT_TABLE } from '../../shared/azure/drift-table.ts';
import { KEYRING_TABLE } from '../../shared/azure/keyring-table.ts';
import { LIMITS_TABLE } from '../../shared/azure/rate-table.ts';
import { REPLIES_TABLE } from '../../shared/azure/reply-table.ts';
import { REVIEWS_CONTAINER } from '../../shared/azure/review-blobs.ts';
import { REVIEWS_TABLE } from '../../shared/azure/reviews-table.ts';
import { SEALED_CONTAINER } from '../../shared/azure/sealed-blobs.ts';
import { SESSIONS_TABLE } from '../../shared/azure/session-index-table.ts';
import { SEALS_CONTAINER, transcriptContainer } from '../../shared/transcripts/layout.ts';

export const tableNames = [
  KEYRING_TABLE,
  DRIFT_TABLE,
  LIMITS_TABLE,
  APPROVALS_TABLE,
  REPLIES_TABLE,
  SESSIONS_TABLE,
  REVIEWS_TABLE,
  BLOCKS_TABLE,
] as const;

export function containerNames(retentionClasses: Iterable<string>): readonly string[] {
  return [...transcriptContainers(retentionClasses), ...STATE_CONTAINERS];
}

const STATE_CONTAINERS = [SEALED_CONTAINER, REVIEWS_CONTAINER];

function transcriptContainers(retentionClasses: Iterable<string>): readonly string[] {
  return [...[...retentionClasses].map(transcriptContainer), SEALS_CONTAINER];
}

/** Makes what is missing in the one account of the stack; what is there stays as it is. */
export function prepareStorage(connectionString: string, retentionClasses: Iterable<string>): Promise<void> {
  return prepareAccounts({ transcripts: connectionString, state: connectionString }, retentionClasses);
}

export interface Accounts {
  /** Connection strings. */
  readonly transcripts: string;
  readonly state: string;
  /** PEM; what an https address proves itself with. */
  readonly ca?: string;
}

/** The same where there are two. */
export async function prepareAccounts(accounts: Accounts, retentionClasses: Iterable<string>): Promise<void> {
  const { transcripts, state, ca } = accounts;
  // Blob's own type leaves it out, and its pipeline is the one of all clients, which takes it.
  const trust: Pick<TableServiceClientOptions, 'tlsOptions'> = ca === undefined ? {} : { tlsOptions: { ca } };
  const options: StoragePipelineOptions & typeof trust = trust;
  const tables = TableServiceClient.fromConnectionString(state, { ...trust, allowInsecureConnection: true });
  const make = (connectionString: string, names: readonly string[]) => {
    const blobs = BlobServiceClient.fromConnectionString(connectionString, options);
    return names.map((name) => blobs.getContainerClient(name).createIfNotExists());
  };
  await Promise.all([
    ...make(transcripts, transcriptContainers(retentionClasses)),
    ...make(state, STATE_CONTAINERS),
    // Answers an existing table as well as a new one: the client takes "already exists" for success.
    ...tableNames.map((name) => tables.createTable(name)),
  ]);
}
