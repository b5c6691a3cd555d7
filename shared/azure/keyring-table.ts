/**
 * The keyring's rows in Azure Table Storage: table `keyring`, one partition, row key = version in four digits.
 * Insert-only; nothing here updates or deletes. A 409 may be our own insert whose response was lost and which the SDK
 * sent again, so the row is read back and compared.
 */
import { odata, RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { KeyringStore, StoredMaster } from '../keys/master.ts';
import { withinDeadline } from './deadline.ts';
import { isMissingTable, makingTable } from './missing-table.ts';

export const KEYRING_TABLE = 'keyring';

const PARTITION = 'keyring';

const Row = z.object({
  rowKey: z.string().regex(/^[0-9]{4}$/),
  keyId: z.string().min(1).max(512),
  wrapped: z.base64url().min(1),
});

/** `table` is a client of `KEYRING_TABLE`; the table is made at the first insert if it is not there. */
export function createKeyringTable(table: TableClient): KeyringStore {
  return {
    list: async () => {
      const filter = odata`PartitionKey eq ${PARTITION}`;
      const rows: StoredMaster[] = [];
      try {
        for await (const entity of table.listEntities({ queryOptions: { filter }, ...withinDeadline() })) {
          rows.push(readRow(entity));
        }
      } catch (error) {
        if (isMissingTable(error)) return [];
        throw error;
      }
      return rows;
    },
    insert: async (master) => {
      try {
        await insertRow(table, master);
        return 'inserted';
      } catch (error) {
        if (!(error instanceof RestError) || error.statusCode !== 409) throw error;
        const standing = readRow(await table.getEntity(PARTITION, rowKeyOf(master.version), withinDeadline()));
        return isSame(standing, master) ? 'inserted' : 'exists';
      }
    },
  };
}

async function insertRow(table: TableClient, master: StoredMaster): Promise<void> {
  const entity = {
    partitionKey: PARTITION,
    rowKey: rowKeyOf(master.version),
    keyId: master.keyId,
    wrapped: Buffer.from(master.wrapped).toString('base64url'),
  };
  await makingTable(table, () => table.createEntity(entity, withinDeadline()));
}

/** Throws for a row that was not written here: a keyring with a hole would fail later and less clearly. */
function readRow(entity: unknown): StoredMaster {
  const row = Row.safeParse(entity);
  if (!row.success) throw new Error('the keyring table holds a row of another shape', { cause: row.error });
  const { rowKey, keyId, wrapped } = row.data;
  return { version: Number(rowKey), keyId, wrapped: Buffer.from(wrapped, 'base64url') };
}

function isSame(a: StoredMaster, b: StoredMaster): boolean {
  return a.version === b.version && a.keyId === b.keyId && Buffer.from(a.wrapped).equals(b.wrapped);
}

function rowKeyOf(version: number): string {
  return String(version).padStart(4, '0');
}
