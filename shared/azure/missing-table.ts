/**
 * A table that is not there yet. The deployment makes the tables; an app that came first reads nothing from one, and
 * makes it at its first write where it has the right to.
 */
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import { withinDeadline } from './deadline.ts';

const Details = z.object({ odataError: z.object({ code: z.string() }) });

export function isMissingTable(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  const details = Details.safeParse(error.details);
  return error.code === 'TableNotFound' || (details.success && details.data.odataError.code === 'TableNotFound');
}

/** Runs a write, and once more after it made the table if that was missing. */
export async function makingTable<T>(table: TableClient, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isMissingTable(error)) throw error;
    await table.createTable(withinDeadline());
    return write();
  }
}
