/**
 * Which Teams messages were taken, in Azure Table Storage: table `replies`, one row a message, inserted and never changed.
 * A lost response makes the service report a conflict with our own row (FACTS §3), so each row carries a random attempt
 * and is read back on any error.
 */
import { odata, RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { ReplayMarks } from '../approvals/replies/replies.ts';
import { withinDeadline } from './deadline.ts';
import { isMissingTable, makingTable } from './missing-table.ts';

export const REPLIES_TABLE = 'replies';

const PARTITION = 'replies';
const Row = z.object({ attempt: z.string() });
const Key = z.object({ rowKey: z.string() });

export interface ReplyTable extends ReplayMarks {
  /** Removes what may be forgotten by now; gives how many. Another instance that does the same does no harm. */
  forget(nowMs: number): Promise<number>;
}

export interface ReplyTableOptions {
  /** A client of `REPLIES_TABLE`; the table is made at the first row if it is not there. */
  readonly table: TableClient;
  readonly randomBytes: (count: number) => Uint8Array;
}

export function createReplyTable({ table, randomBytes }: ReplyTableOptions): ReplyTable {
  async function readAttempt(id: string): Promise<string | undefined> {
    try {
      return Row.parse(await table.getEntity(PARTITION, id, withinDeadline())).attempt;
    } catch (error) {
      if (error instanceof RestError && error.statusCode === 404) return undefined;
      throw error;
    }
  }

  return {
    async claim(id, untilMs) {
      const attempt = Buffer.from(randomBytes(16)).toString('hex');
      const row = { partitionKey: PARTITION, rowKey: id, attempt, until: new Date(untilMs) };
      try {
        await makingTable(table, () => table.createEntity(row, withinDeadline()));
        return true;
      } catch (error) {
        const standing = await readAttempt(id);
        if (standing === undefined) throw error;
        return standing === attempt;
      }
    },
    async forget(nowMs) {
      const filter = odata`PartitionKey eq ${PARTITION} and until lt ${new Date(nowMs)}`;
      let removed = 0;
      try {
        for await (const row of table.listEntities({ queryOptions: { filter }, ...withinDeadline() })) {
          removed += await remove(Key.parse(row).rowKey);
        }
      } catch (error) {
        if (!isMissingTable(error)) throw error;
      }
      return removed;
    },
  };

  async function remove(rowKey: string): Promise<number> {
    try {
      await table.deleteEntity(PARTITION, rowKey, withinDeadline());
      return 1;
    } catch (error) {
      if (error instanceof RestError && error.statusCode === 404) return 0;
      throw error;
    }
  }
}
