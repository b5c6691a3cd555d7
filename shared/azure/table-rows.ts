/**
 * What the tables have in common: a row read, rows listed, the ETag that a next write goes by, and what a conflict is. A
 * write whose response was lost, and which the SDK sent again, reads as one (FACTS §3): whoever wrote reads back.
 */
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import { withinDeadline } from './deadline.ts';
import { isMissingTable, tableErrorCode } from './missing-table.ts';
import type { Keys } from './table-columns.ts';

export type Row = Readonly<Record<string, unknown>>;

/** As many as the service gives at once. */
const PAGE_ROWS = 1_000;
/** Shorter than `W/"…"` is none of a row. */
const Tagged = z.object({ etag: z.string().min(3) });

export async function getRow(table: TableClient, { partitionKey, rowKey }: Keys): Promise<Row | undefined> {
  try {
    return await table.getEntity(partitionKey, rowKey, withinDeadline());
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/**
 * In the order of their keys; without the table there are none. Page by page, each with a deadline of its own: whoever
 * reads may take their time with a row.
 */
export async function* listRows(table: TableClient, filter: string, maxPageSize = PAGE_ROWS): AsyncGenerator<Row> {
  let continuationToken: string | undefined;
  do {
    const listing = table.listEntities({ queryOptions: { filter }, ...withinDeadline() });
    const pages = listing.byPage({ maxPageSize, ...(continuationToken !== undefined && { continuationToken }) });
    const page = await nextPage(pages);
    yield* page ?? [];
    continuationToken = page?.continuationToken;
  } while (continuationToken !== undefined);
}

async function nextPage<T>(pages: AsyncIterator<T>): Promise<T | undefined> {
  try {
    const { done, value } = await pages.next();
    return done === true ? undefined : value;
  } catch (error) {
    if (isMissingTable(error)) return undefined;
    throw error;
  }
}

/** Of a row, or of a write's answer. Throws where there is none: without it the next write would be unconditional. */
export function etagOf(answer: unknown): string {
  const read = Tagged.safeParse(answer);
  if (!read.success) throw new Error('a table named no ETag');
  return read.data.etag;
}

/** The service takes `*`, or none at all, for any row: such a write would be unconditional. */
export function isOfARow(etag: string): boolean {
  return etag !== '' && etag !== '*';
}

/**
 * 412: another ETag stands there. 409 of an entity: a row does. 404 of one: none does, and one did when its ETag was read.
 * Anything else is an outage, and then nobody knows whether the write took effect.
 */
export function isConflict(error: unknown): boolean {
  const code = tableErrorCode(error);
  return isStatus(error, 412) || code === 'EntityAlreadyExists' || code === 'ResourceNotFound';
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof RestError && error.statusCode === status;
}
