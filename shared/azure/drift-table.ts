/**
 * The notes on drifted tools in Azure Table Storage: table `drift`, partition = server, row = base64url of the tool's name,
 * which may hold what a key can't. A note replaces the one before it whole, so a lost response harms nothing; one is
 * deleted only in the version that was read. A row of another shape still says that its tool drifted.
 */
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { DriftNote, DriftStore, StoredNote } from '../drift/drift-store.ts';
import { withinDeadline } from './deadline.ts';

export const DRIFT_TABLE = 'drift';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

const Row = z.object({
  partitionKey: z.string(),
  rowKey: z.string(),
  etag: z.string(),
  pinned: digest.catch(''),
  seen: digest.optional().catch(undefined),
  definition: z.string().optional().catch(undefined),
  firstSeen: z.coerce.date().catch(new Date(0)),
  lastSeen: z.coerce.date().catch(new Date(0)),
});

/** `table` is a client of `DRIFT_TABLE`; the table is made at the first note if it is not there. */
export function createDriftTable(table: TableClient): DriftStore {
  return {
    list: async () => {
      const notes: StoredNote[] = [];
      try {
        for await (const entity of table.listEntities(withinDeadline())) notes.push(readRow(entity));
      } catch (error) {
        if (hasCode(error, 'TableNotFound')) return [];
        throw error;
      }
      return notes;
    },
    upsert: async (note) => {
      try {
        return await replaceRow(table, note);
      } catch (error) {
        if (!hasCode(error, 'TableNotFound')) throw error;
        await table.createTable(withinDeadline());
        return replaceRow(table, note);
      }
    },
    remove: async ({ server, tool, version }) => {
      try {
        await table.deleteEntity(server, rowKeyOf(tool), { etag: version, ...withinDeadline() });
      } catch (error) {
        // Gone, perhaps by this very request whose response was lost; or noted anew since.
        if (!(error instanceof RestError) || (error.statusCode !== 404 && error.statusCode !== 412)) throw error;
      }
    },
  };
}

async function replaceRow(table: TableClient, note: DriftNote): Promise<string> {
  const { server, tool, pinned, seen, definition, firstSeenMs, lastSeenMs } = note;
  const row = {
    partitionKey: server,
    rowKey: rowKeyOf(tool),
    pinned,
    ...(seen !== undefined && { seen }),
    ...(definition !== undefined && { definition }),
    firstSeen: new Date(firstSeenMs),
    lastSeen: new Date(lastSeenMs),
  };
  const { etag } = await table.upsertEntity(row, 'Replace', withinDeadline());
  if (etag === undefined) throw new Error('the drift table gave no version of a row');
  return etag;
}

function readRow(entity: unknown): StoredNote {
  const { partitionKey, rowKey, etag, pinned, seen, definition, firstSeen, lastSeen } = Row.parse(entity);
  return {
    server: partitionKey,
    tool: Buffer.from(rowKey, 'base64url').toString('utf8'),
    pinned,
    ...(seen !== undefined && { seen }),
    ...(definition !== undefined && { definition }),
    firstSeenMs: firstSeen.getTime(),
    lastSeenMs: lastSeen.getTime(),
    version: etag,
  };
}

/** At most 512 characters for a pinned name's 128: as long as a key may be. */
function rowKeyOf(tool: string): string {
  return Buffer.from(tool, 'utf8').toString('base64url');
}

function hasCode(error: unknown, code: string): boolean {
  if (!(error instanceof RestError)) return false;
  const details = z.object({ odataError: z.object({ code: z.string() }) }).safeParse(error.details);
  return error.code === code || (details.success && details.data.odataError.code === code);
}
