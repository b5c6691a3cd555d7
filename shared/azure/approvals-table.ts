/**
 * The approval store over Azure Table Storage: table `approvals`, one partition for each fingerprint and one for the
 * index (DESIGN §5). Every replacing write carries an ETag, because an update without one is unconditional; head and
 * request go in as one batch. A write whose response was lost, and which the SDK sent again, reads as `conflict` here:
 * this file neither retries nor reads back, whoever wrote does (FACTS §3).
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { type ApprovalStore, type Head, parseApprovalId, type Written } from '../approvals/approval-store.ts';
import {
  decisionRange,
  formatDecision,
  formatHead,
  formatOpenRow,
  formatRequest,
  headKeys,
  OPEN_PARTITION,
  openKeys,
  readDecision,
  readHead,
  readOpenRow,
  readRequest,
  requesterColumn,
  requestKeys,
} from './approval-rows.ts';
import { withinDeadline } from './deadline.ts';
import { makingTable } from './missing-table.ts';
import type { Entity } from './table-columns.ts';
import { etagOf, getRow, isConflict, isOfARow, isStatus, listRows } from './table-rows.ts';

export const APPROVALS_TABLE = 'approvals';

const CONFLICT = { kind: 'conflict' } as const;

/** `table` is a client of `APPROVALS_TABLE`; the table is made at the first write if it is not there. */
export function createApprovalsTable(table: TableClient): ApprovalStore {
  return {
    async readHead(fingerprint) {
      const row = await getRow(table, headKeys(fingerprint));
      return row && { ...readHead(row), etag: etagOf(row) };
    },

    async open(approval, over) {
      const request = formatRequest(approval);
      if (over !== undefined && !isOfARow(over.etag)) return CONFLICT;
      const actions: TransactionAction[] = [headAction(formatHead(approval), over), ['create', request]];
      return written(async () => {
        const batch = await makingTable(table, () => table.submitTransaction(actions, withinDeadline()));
        return batch.getResponseForEntity(request.rowKey);
      });
    },

    async read(approvalId) {
      const parts = parseApprovalId(approvalId);
      const row = parts && (await getRow(table, requestKeys(parts)));
      if (row === undefined) return undefined;
      const approval = readRequest(row);
      // Of two instances that raced for the generation, the other's.
      return approval.id === approvalId ? { approval, etag: etagOf(row) } : undefined;
    },

    async replace(approval, etag) {
      const request = formatRequest(approval);
      if (!isOfARow(etag)) return CONFLICT;
      return written(() => table.updateEntity(request, 'Replace', { etag, ...withinDeadline() }));
    },

    async insertDecision(decision) {
      const row = formatDecision(decision);
      return written(() => makingTable(table, () => table.createEntity(row, withinDeadline())));
    },

    async listDecisions(approvalId) {
      const parts = parseApprovalId(approvalId);
      if (parts === undefined) return { decisions: [], unreadable: 0 };
      const { from, before } = decisionRange(parts);
      const filter = odata`PartitionKey eq ${parts.fingerprint} and RowKey ge ${from} and RowKey lt ${before}`;
      const rows = (await Array.fromAsync(listRows(table, filter))).map(readDecision);
      const decisions = rows.filter((decision) => decision !== undefined);
      return { decisions, unreadable: rows.length - decisions.length };
    },

    async putOpen(row) {
      const entity = formatOpenRow(row);
      await makingTable(table, () => table.upsertEntity(entity, 'Replace', withinDeadline()));
    },

    async countWaiting(requester) {
      const theirs = odata`PartitionKey eq ${OPEN_PARTITION} and requester eq ${requesterColumn(requester)}`;
      const filter = `${theirs} and (state eq 'pending' or state eq 'approved')`;
      return (await Array.fromAsync(listRows(table, filter))).length;
    },

    async removeOpen(approvalId) {
      if (parseApprovalId(approvalId) === undefined) return;
      const { partitionKey, rowKey } = openKeys(approvalId);
      try {
        await table.deleteEntity(partitionKey, rowKey, withinDeadline());
      } catch (error) {
        if (!isStatus(error, 404)) throw error;
      }
    },

    async *listOpen() {
      for await (const row of listRows(table, odata`PartitionKey eq ${OPEN_PARTITION}`)) {
        const open = readOpenRow(row);
        if (open !== undefined) yield open;
      }
    },
  };
}

function headAction(head: Entity, over: Head | undefined): TransactionAction {
  return over === undefined ? ['create', head] : ['update', head, 'Replace', { etag: over.etag }];
}

async function written(write: () => Promise<unknown>): Promise<Written> {
  try {
    return { kind: 'written', etag: etagOf(await write()) };
  } catch (error) {
    if (isConflict(error)) return CONFLICT;
    throw error;
  }
}
