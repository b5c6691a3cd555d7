/**
 * What Table Storage says went wrong, by its own code (`TableNotFound`, `EntityAlreadyExists`), which the SDK puts in one
 * of two places; and the one mistake that is mended here: a table that the deployment has not made yet.
 */
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import { withinDeadline } from './deadline.ts';

const Details = z.object({ odataError: z.object({ code: z.string() }) });

export function isTableError(error: unknown, code: string): boolean {
  if (!(error instanceof RestError)) return false;
  const details = Details.safeParse(error.details);
  return error.code === code || (details.success && details.data.odataError.code === code);
}

/** Runs a write, and once more after it made the table if that was missing. */
export async function makingTable(table: TableClient, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isTableError(error, 'TableNotFound')) throw error;
    await table.createTable(withinDeadline());
    await write();
  }
}
