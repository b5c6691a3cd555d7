/**
 * The blocks in Azure Table Storage (DESIGN §7): table `blocks`, partition = kind, row = SHA-256 of the key, since a
 * token's id may hold what a row key can't. Written and removed whole. One row that can't be read, or that stands under
 * another's key, makes the whole list unreadable, and an unreadable list denies everybody: whom such a row should keep
 * out nobody knows, and to pass over it would let them in.
 */
import { createHash } from 'node:crypto';
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import {
  BLOCK_KINDS,
  type Block,
  type BlockKey,
  type BlockStore,
  textOf,
  toBlockKey,
} from '../identity/blocks/block.ts';
import { withinDeadline } from './deadline.ts';

export const BLOCKS_TABLE = 'blocks';

const time = z.iso.datetime().transform(Date.parse);

const Row = z.object({
  partitionKey: z.enum(BLOCK_KINDS),
  rowKey: z.string(),
  value: z.string(),
  server: z.string().optional(),
  reason: z.string(),
  byId: z.string(),
  byName: z.string().optional(),
  created: time,
  until: time.optional(),
});

/** `table` is a client of `BLOCKS_TABLE`, which the deployment made: gone, it would let in everybody who was blocked. */
export function createBlocksTable(table: TableClient): BlockStore {
  return {
    async list() {
      const blocks: Block[] = [];
      for await (const entity of table.listEntities(withinDeadline())) blocks.push(readRow(entity));
      return blocks;
    },
    async put(block) {
      await table.upsertEntity(formatRow(block), 'Replace', withinDeadline());
    },
    async remove(key) {
      try {
        await table.deleteEntity(key.kind, rowKeyOf(key), withinDeadline());
      } catch (error) {
        // Gone already, perhaps by this very request whose response was lost.
        if (!(error instanceof RestError) || error.statusCode !== 404) throw error;
      }
    },
  };
}

function formatRow(block: Block) {
  const { kind, value, server, reason, by, createdMs, untilMs } = block;
  return {
    partitionKey: kind,
    rowKey: rowKeyOf(block),
    value,
    ...(server !== undefined && { server }),
    reason,
    byId: by.id,
    ...(by.name !== undefined && { byName: by.name }),
    created: new Date(createdMs).toISOString(),
    ...(untilMs !== undefined && { until: new Date(untilMs).toISOString() }),
  };
}

/** Throws for what is no block; the message names the row, never what stands in it. */
function readRow(entity: unknown): Block {
  const read = Row.safeParse(entity);
  if (!read.success) throw new Error(`${nameOf(entity)} of table ${BLOCKS_TABLE} is no block`, { cause: read.error });
  const { partitionKey, rowKey, value, server, reason, byId, byName, created, until } = read.data;
  const key = toBlockKey(partitionKey, value, server);
  if (key === undefined || rowKeyOf(key) !== rowKey) {
    throw new Error(`${nameOf(entity)} of table ${BLOCKS_TABLE} stands under a key that is not its own`);
  }
  return {
    ...key,
    reason,
    by: { id: byId, ...(byName !== undefined && { name: byName }) },
    createdMs: created,
    ...(until !== undefined && { untilMs: until }),
  };
}

const Keys = z.object({ partitionKey: z.string(), rowKey: z.string() });

function nameOf(entity: unknown): string {
  const keys = Keys.safeParse(entity);
  return keys.success ? `row ${keys.data.partitionKey}/${keys.data.rowKey}` : 'a row';
}

function rowKeyOf(key: BlockKey): string {
  return createHash('sha256').update(textOf(key)).digest('hex');
}
