/**
 * The notes on drifted tools in Azure Table Storage: table `drift`, partition = server, row = base64url of the tool's
 * name, which may hold what a key can't. A note replaces the one before it whole; nothing here deletes one. A row of
 * another shape still says that its tool drifted: it reads as a note without a digest.
 */
import type { TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { DriftNote, DriftStore } from '../drift/drift-store.ts';
import { withinDeadline } from './deadline.ts';
import { isMissingTable, makingTable } from './missing-table.ts';

export const DRIFT_TABLE = 'drift';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const time = z.iso.datetime().transform(Date.parse);

const Row = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  pinned: digest.catch(''),
  seen: digest.optional().catch(undefined),
  definition: z.string().optional().catch(undefined),
  firstSeen: time.catch(0),
  lastSeen: time.catch(0),
});

/** `table` is a client of `DRIFT_TABLE`; the table is made at the first note if it is not there. */
export function createDriftTable(table: TableClient): DriftStore {
  return {
    list: async () => {
      const notes: DriftNote[] = [];
      try {
        for await (const entity of table.listEntities(withinDeadline())) notes.push(readRow(entity));
      } catch (error) {
        if (isMissingTable(error)) return [];
        throw error;
      }
      return notes;
    },
    upsert: (note) => makingTable(table, () => replaceRow(table, note)),
  };
}

async function replaceRow(table: TableClient, note: DriftNote): Promise<void> {
  const { server, tool, pinned, seen, definition, firstSeenMs, lastSeenMs } = note;
  const row = {
    partitionKey: server,
    rowKey: rowKeyOf(tool),
    pinned,
    ...(seen !== undefined && { seen }),
    ...(definition !== undefined && { definition }),
    firstSeen: new Date(firstSeenMs).toISOString(),
    lastSeen: new Date(lastSeenMs).toISOString(),
  };
  await table.upsertEntity(row, 'Replace', withinDeadline());
}

function readRow(entity: unknown): DriftNote {
  const { partitionKey, rowKey, pinned, seen, definition, firstSeen, lastSeen } = Row.parse(entity);
  return {
    server: partitionKey,
    tool: Buffer.from(rowKey, 'base64url').toString('utf8'),
    pinned,
    ...(seen !== undefined && { seen }),
    ...(definition !== undefined && { definition }),
    firstSeenMs: firstSeen,
    lastSeenMs: lastSeen,
  };
}

/** At most 512 characters for a pinned name's 128: as long as a key may be. */
function rowKeyOf(tool: string): string {
  return Buffer.from(tool, 'utf8').toString('base64url');
}
