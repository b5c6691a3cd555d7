/**
 * What stands in the approvals table about one call, read past the proxies: every generation of its request, its
 * decisions, and its rows of the index.
 */
import { odata, TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { APPROVALS_TABLE } from '../../shared/azure/approvals-table.ts';

export interface RequestSeen {
  readonly id: string;
  readonly state: string;
  readonly attention: string | undefined;
}

export interface State {
  readonly requests: readonly RequestSeen[];
  readonly decisions: number;
  /** Ids in the index. */
  readonly indexed: readonly string[];
}

const requestSchema = z.object({
  rowKey: z.string(),
  id: z.string(),
  state: z.string(),
  attention: z.string().optional(),
});

/** `approval`: any of its ids; undefined where nobody was ever told one. */
export async function readState(connectionString: string, approval: string | undefined): Promise<State> {
  const fingerprint = approval?.replace(/-[^-]+-[^-]+$/, '') ?? '';
  const table = TableClient.fromConnectionString(connectionString, APPROVALS_TABLE, { allowInsecureConnection: true });
  const list = (partition: string) =>
    Array.fromAsync(table.listEntities({ queryOptions: { filter: odata`PartitionKey eq ${partition}` } }));
  const [rows, index] = await Promise.all([fingerprint === '' ? [] : list(fingerprint), list('open')]);
  const keys = rows.map(({ rowKey }) => rowKey ?? '');
  return {
    requests: rows
      .filter(({ rowKey }) => rowKey?.startsWith('request-'))
      .map((row) => requestSchema.parse(row))
      .map(({ id, state, attention }) => ({ id, state, attention })),
    decisions: keys.filter((key) => key.startsWith('decision-')).length,
    indexed: index.map(({ rowKey }) => rowKey ?? ''),
  };
}

/** Takes rows out of the index, so that later sweeps have nothing to do with them. */
export async function forget(connectionString: string, indexed: readonly string[]): Promise<void> {
  const table = TableClient.fromConnectionString(connectionString, APPROVALS_TABLE, { allowInsecureConnection: true });
  await Promise.all(indexed.map((rowKey) => table.deleteEntity('open', rowKey)));
}
