/**
 * The instances' counts in Azure Table Storage: table `limits`, one partition, one row per instance, replaced whole, so
 * a lost response harms nothing. The counts are JSON, cut into properties of a size that the service takes. A row of
 * another shape, such as a newer version's, counts for nothing, and the limits go on.
 */
import { odata, RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import type { RateRow, RateStore, StandingRow } from '../limits/rate-store.ts';
import type { Buckets } from '../limits/window.ts';
import { withinDeadline } from './deadline.ts';
import { isMissingTable, makingTable } from './missing-table.ts';

export const LIMITS_TABLE = 'limits';

const PARTITION = 'instances';

/** A text property holds 64 KiB of UTF-16, an entity 1 MiB: the counts of 2,000 principals take up to 370,000 characters. */
const PART_CHARACTERS = 30_000;
const MAX_PARTS = 16;

const Row = z.object({ rowKey: z.string(), etag: z.string(), timestamp: z.coerce.date() });
/** `first`: number of the bucket that each list of counts begins with. */
const Counts = z.object({
  first: z.int().nonnegative(),
  counts: z.record(z.string().max(64), z.array(z.int().nonnegative()).max(64)),
});

/** `table` is a client of `LIMITS_TABLE`; the table is made at the first row if it is not there. */
export function createRateTable(table: TableClient): RateStore {
  return {
    async put(row) {
      const entity = { partitionKey: PARTITION, rowKey: row.writer, ...formatCounts(row.counts) };
      await makingTable(table, () => table.upsertEntity(entity, 'Replace', withinDeadline()));
    },
    async list() {
      const filter = odata`PartitionKey eq ${PARTITION}`;
      const rows: StandingRow[] = [];
      try {
        for await (const entity of table.listEntities({ queryOptions: { filter }, ...withinDeadline() })) {
          const { rowKey: writer, etag: version, timestamp } = Row.parse(entity);
          rows.push({ writer, version, writtenMs: timestamp.getTime(), counts: readCounts(entity) });
        }
      } catch (error) {
        if (isMissingTable(error)) return [];
        throw error;
      }
      return rows;
    },
    async remove(writer, version = '*') {
      try {
        await table.deleteEntity(PARTITION, writer, { etag: version, ...withinDeadline() });
      } catch (error) {
        // Gone, perhaps by this very request whose response was lost; or written anew since.
        if (!(error instanceof RestError) || (error.statusCode !== 404 && error.statusCode !== 412)) throw error;
      }
    },
  };
}

function formatCounts(counts: RateRow['counts']): Record<string, string> {
  const numbers = [...counts.values()].flatMap((buckets) => [...buckets.keys()]);
  const first = numbers.reduce((least, number) => Math.min(least, number), numbers[0] ?? 0);
  const lists = [...counts].map(([principal, buckets]) => [principal, listFrom(first, buckets)] as const);
  const text = JSON.stringify({ first, counts: Object.fromEntries(lists) });
  const parts: Record<string, string> = {};
  for (let at = 0; at < text.length; at += PART_CHARACTERS) {
    parts[partName(at / PART_CHARACTERS)] = text.slice(at, at + PART_CHARACTERS);
  }
  return parts;
}

function listFrom(first: number, buckets: Buckets): readonly number[] {
  const length = Math.max(...buckets.keys()) - first + 1;
  return Array.from({ length }, (_, index) => buckets.get(first + index) ?? 0);
}

function readCounts(entity: Readonly<Record<string, unknown>>): RateRow['counts'] {
  const parts = Array.from({ length: MAX_PARTS }, (_, index) => entity[partName(index)]);
  const read = Counts.safeParse(parseText(parts.filter((part) => typeof part === 'string').join('')));
  if (!read.success) return new Map();
  const { first, counts } = read.data;
  const entries = Object.entries(counts).map(([principal, list]) => [principal, bucketsFrom(first, list)] as const);
  return new Map(entries);
}

function bucketsFrom(first: number, list: readonly number[]): Buckets {
  return new Map(list.map((count, index) => [first + index, count] as const).filter(([, count]) => count > 0));
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function partName(index: number): string {
  return `counts${index}`;
}
