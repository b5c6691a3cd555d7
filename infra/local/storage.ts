/**
 * What the deployment makes in the storage account, made in Azurite: a container for each retention class, one for
 * seals, one for what is sealed, one for reviews, and the tables. In Azure Bicep makes them, and the app has no right to.
 */
import { TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient } from '@azure/storage-blob';
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
  return [...[...retentionClasses].map(transcriptContainer), SEALS_CONTAINER, SEALED_CONTAINER, REVIEWS_CONTAINER];
}

/** Makes what is missing; what is there stays as it is. */
export async function prepareStorage(connectionString: string, retentionClasses: Iterable<string>): Promise<void> {
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  const tables = TableServiceClient.fromConnectionString(connectionString, { allowInsecureConnection: true });
  await Promise.all([
    ...containerNames(retentionClasses).map((name) => blobs.getContainerClient(name).createIfNotExists()),
    // Answers an existing table as well as a new one: the client takes "already exists" for success.
    ...tableNames.map((name) => tables.createTable(name)),
  ]);
}
