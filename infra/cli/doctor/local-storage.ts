/** The running stack's storage, for the checks: lists names and reads the keyring's rows, whose masters stay wrapped. */
import { AzureNamedKeyCredential, TableClient, TableServiceClient } from '@azure/data-tables';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { createKeyringTable, KEYRING_TABLE } from '../../../shared/azure/keyring-table.ts';
import { developmentAccount } from '../../local/azurite.ts';
import type { Stack } from '../../local/stack-file.ts';
import type { StoragePlaces } from './storage.ts';

const OPTIONS = { allowInsecureConnection: true, retryOptions: { maxRetries: 1 } };

export function openLocalStorage({ blob, table }: Pick<Stack, 'blob' | 'table'>): StoragePlaces {
  const { name, key } = developmentAccount;
  const tableKey = new AzureNamedKeyCredential(name, key);
  const blobs = new BlobServiceClient(blob, new StorageSharedKeyCredential(name, key), {
    retryOptions: { maxTries: 2 },
  });
  return {
    containers: () => namesOf(blobs.listContainers()),
    tables: () => namesOf(new TableServiceClient(table, tableKey, OPTIONS).listTables()),
    async keyVersions() {
      const rows = await createKeyringTable(new TableClient(table, KEYRING_TABLE, tableKey, OPTIONS)).list();
      return rows.map(({ version }) => version);
    },
  };
}

async function namesOf(listed: AsyncIterable<{ readonly name?: string }>): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { name } of listed) if (name !== undefined) names.push(name);
  return names;
}
