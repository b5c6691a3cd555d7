/**
 * A table that is not there yet. The deployment makes the tables; an app that came first reads nothing from one, and
 * makes it at its first write where it has the right to.
 */
import { RestError, type TableClient } from '@azure/data-tables';
import * as z from 'zod';
import { withinDeadline } from './deadline.ts';

const Details = z.object({ odataError: z.object({ code: z.string() }) });

export function isMissingTable(error: unknown): boolean {
  return tableErrorCode(error) === 'TableNotFound';
}

/** The service's own word for what went wrong; undefined for what is no answer of the service. */
export function tableErrorCode(error: unknown): string | undefined {
  if (!(error instanceof RestError)) return undefined;
  const details = Details.safeParse(error.details);
  return details.success ? details.data.odataError.code : error.code;
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
