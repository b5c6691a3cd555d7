/** Makes the index of sessions again, in the table that the gateway uses, from the blobs alone. */
import { AzureNamedKeyCredential, TableClient } from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';
import { createSessionIndexTable, SESSIONS_TABLE } from '../../../shared/azure/session-index-table.ts';
import { serversOf } from '../../../shared/sessions/find-segments.ts';
import { rebuildIndex } from '../../../shared/sessions/rebuild-index.ts';
import type { VerifyReport } from '../../../shared/transcripts/verify-report.ts';
import { developmentAccount } from '../../local/azurite.ts';
import { readStackFile } from '../../local/stack-file.ts';
import { CommandFailure } from '../outcome.ts';
import type { TranscriptSource } from '../transcripts/source.ts';

export interface TableFlags {
  readonly local?: boolean;
  readonly data: string;
  readonly account?: string;
  readonly tables?: string;
}

export async function rebuildTable(source: TranscriptSource, flags: TableFlags): Promise<VerifyReport> {
  const index = createSessionIndexTable(await openTable(flags));
  const { reader, endorsingKey } = source;
  return rebuildIndex({ index, reader, endorsingKey, servers: await serversOf(reader) });
}

async function openTable({ local, data, account, tables }: TableFlags): Promise<TableClient> {
  if (local) {
    const stack = await readStackFile(data);
    if (!stack.ok) throw new CommandFailure(stack.error);
    const { name, key } = developmentAccount;
    const insecure = { allowInsecureConnection: true };
    return new TableClient(stack.value.table, SESSIONS_TABLE, new AzureNamedKeyCredential(name, key), insecure);
  }
  if (account === undefined || tables === undefined) {
    throw new CommandFailure('--rebuild-index needs --local, or --account URL and --tables URL');
  }
  const url = URL.canParse(tables) ? new URL(tables) : undefined;
  if (url?.protocol !== 'https:') throw new CommandFailure('--tables must be an https URL');
  return new TableClient(url.origin, SESSIONS_TABLE, new DefaultAzureCredential());
}
