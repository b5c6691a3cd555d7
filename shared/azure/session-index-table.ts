/**
 * The index of sessions over Azure Table Storage: table `sessions`, a partition for each server. Everything that is
 * written of a session goes as one batch, guarded by the ETag of the session's own row: two sealers can't both count the
 * same records. A write whose response was lost, and which the SDK sent again, reads as `conflict` (FACTS §3): whoever
 * wrote looks at the position.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { IndexedSession, SessionIndex } from '../sessions/session-index.ts';
import type { SessionSummary } from '../sessions/session-summary.ts';
import { withinDeadline } from './deadline.ts';
import { makingTable } from './missing-table.ts';
import {
  formatPosition,
  formatSession,
  listKeys,
  listRange,
  positionKeys,
  positionRange,
  readGeneration,
  readPosition,
  readSession,
  readSessionId,
  SESSION_RANGE,
  sessionKeys,
} from './session-rows.ts';
import type { Entity } from './table-columns.ts';
import { etagOf, getRow, isConflict, listRows, type Row } from './table-rows.ts';

export const SESSIONS_TABLE = 'sessions';

/** What a page of a list needs, mostly. */
const LIST_ROWS = 100;
const MAX_RACES = 20;

/** `table` is a client of `SESSIONS_TABLE`; the table is made at the first write if it is not there. */
export function createSessionIndexTable(table: TableClient): SessionIndex {
  return {
    async read(server, session) {
      const row = await getRow(table, sessionKeys(server, session));
      return row && indexed(row);
    },

    async readPosition(server, session, generation, place) {
      const row = await getRow(table, positionKeys(server, session, place));
      const held = row && readPosition(row);
      return held?.generation === generation ? held.lines : 0;
    },

    async listPositions(server, session) {
      const rows = await Array.fromAsync(listRows(table, rangeFilter(server, positionRange(session))));
      return rows.map(readPosition).map(({ container, segment, lines }) => ({ container, segment, lines }));
    },

    async write({ server, id }, summary, position, over) {
      const generation = over?.generation ?? 1;
      const own = formatSession(sessionKeys(server, id), summary, generation);
      const actions: TransactionAction[] = [
        over === undefined ? ['create', own] : ['update', own, 'Replace', { etag: over.tag }],
        ['upsert', formatPosition(server, id, { ...position, generation }), 'Replace'],
        ...listActions(over?.summary, summary && formatSession(listKeys(summary), summary, generation)),
      ];
      try {
        // The client knows answers by their keys only where nothing in these is escaped: the own row's comes first.
        const batch = await makingTable(table, () => table.submitTransaction(actions, withinDeadline()));
        return {
          kind: 'written',
          session: { summary, generation, tag: etagOf(batch.subResponses[0]) },
        };
      } catch (error) {
        if (isConflict(error)) return { kind: 'conflict' };
        throw error;
      }
    },

    async *list(server, range) {
      const times = rangeFilter(server, listRange(range));
      const { untilMs } = range;
      const until = untilMs === undefined ? '' : odata` and first le ${new Date(untilMs).toISOString()}`;
      for await (const row of listRows(table, times + until, LIST_ROWS)) {
        const summary = readSession(row);
        if (summary !== undefined) yield summary;
      }
    },

    async reset(server) {
      const ids: string[] = [];
      for await (const row of listRows(table, rangeFilter(server, SESSION_RANGE))) {
        ids.push(readSessionId(row));
      }
      for (const id of ids) await resetSession(table, server, id);
    },
  };
}

/** The row of the list moves with the session's last record. */
function listActions(over: SessionSummary | undefined, row: Entity | undefined): TransactionAction[] {
  const old = over && listKeys(over);
  const actions: TransactionAction[] = row === undefined ? [] : [['upsert', row, 'Replace']];
  return old === undefined || old.rowKey === row?.rowKey ? actions : [['delete', { ...old }], ...actions];
}

/** Rejects when it could not be done for others who write, or because the service can't be reached. */
async function resetSession(table: TableClient, server: string, id: string): Promise<void> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const row = await getRow(table, sessionKeys(server, id));
    if (row === undefined) return;
    const { summary, generation, tag } = indexed(row);
    const empty = formatSession(sessionKeys(server, id), undefined, generation + 1);
    const actions: TransactionAction[] = [
      ['update', empty, 'Replace', { etag: tag }],
      ...listActions(summary, undefined),
    ];
    try {
      await table.submitTransaction(actions, withinDeadline());
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  throw new Error('a session’s row is written by others all the time');
}

function indexed(row: Row): IndexedSession {
  return { summary: readSession(row), tag: etagOf(row), generation: readGeneration(row) };
}

/** `from` itself is left out: a key that a row has is the one after which to go on. */
function rangeFilter(server: string, { from, before }: { readonly from: string; readonly before: string }): string {
  return odata`PartitionKey eq ${server} and RowKey gt ${from} and RowKey lt ${before}`;
}
