/**
 * Access reviews over Azure Table Storage: table `reviews`, a partition for each server, one for what is to be built.
 * A row that stands is replaced by ETag alone, a decision goes in with its review's row as one batch. A write whose
 * response was lost, and which the SDK sent again, reads as `conflict` here: whoever wrote reads back (FACTS §3).
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import * as z from 'zod';
import type { BuildOrder, BuiltReport, Review, ReviewDecision, ReviewStore, ReviewWritten } from '../reviews/review.ts';
import { withinDeadline } from './deadline.ts';
import { makingTable } from './missing-table.ts';
import { createColumns, type Entity, json, type Keys, type Members, time } from './table-columns.ts';
import { etagOf, getRow, isConflict, isOfARow, isStatus, listRows, type Row } from './table-rows.ts';

export const REVIEWS_TABLE = 'reviews';

/** No server is called so: names begin with a letter. */
const ORDERS_PARTITION = '_orders';
const LATEST = 'latest';

const text = z.string();
const who = z.object({ kind: z.enum(['user', 'app']), id: text, name: text.exactOptional() });
const answer = z.enum(['no', 'yes', 'cannot-tell']);
const count = z.int().min(0);

const reviewColumns = createColumns(
  z.object({
    id: text,
    server: text,
    state: z.enum(['open', 'signed-off']),
    report: text,
    sinceMs: time,
    untilMs: time,
    builtMs: time,
    answer,
    openedMs: time,
    openedBy: json(who),
    changes: count,
    attempt: text,
    signedOff: json(
      z.object({ by: who, atMs: z.int(), digest: text, kept: count, revoked: count, notReviewed: count }),
    ).exactOptional(),
  } satisfies Members<Review>),
);

const decisionColumns = createColumns(
  z.object({
    id: text,
    review: text,
    number: z.int().min(1),
    principal: json(who),
    verdict: z.enum(['keep', 'revoke']),
    reason: json(text),
    by: json(who),
    decidedMs: time,
  } satisfies Members<ReviewDecision>),
);

const builtColumns = createColumns(
  z.object({
    server: text,
    sinceMs: time,
    untilMs: time,
    builtMs: time,
    report: text,
    answer,
  } satisfies Members<BuiltReport>),
);

const orderColumns = createColumns(
  z.object({ server: text, sinceMs: time, untilMs: time, orderedMs: time } satisfies Members<BuildOrder>),
);

/** `table` is a client of `REVIEWS_TABLE`; the table is made at the first write if it is not there. */
export function createReviewsTable(table: TableClient): ReviewStore {
  const put = async (entity: Entity): Promise<void> => {
    await makingTable(table, () => table.upsertEntity(entity, 'Replace', withinDeadline()));
  };

  return {
    async list(server, most) {
      const rows = await listRange(table, server, 'review-', 'review.');
      return rows
        .map((row) => readAs(reviewColumns.parse(row), 'review'))
        .reverse()
        .slice(0, most);
    },
    async read(server, id) {
      const row = await getRow(table, reviewKeys({ server, id }));
      if (row === undefined) return undefined;
      return { review: readAs(reviewColumns.parse(row), 'review'), etag: etagOf(row) };
    },
    async listDecisions(server, review) {
      const rows = await listRange(table, server, `decision-${review}-`, `decision-${review}.`);
      return rows.map((row) => readAs(decisionColumns.parse(row), 'decision'));
    },
    create: (review) =>
      written(() =>
        makingTable(table, () =>
          table.createEntity(reviewColumns.format(reviewKeys(review), review), withinDeadline()),
        ),
      ),
    async decide(review, etag, decision) {
      if (!isOfARow(etag)) return 'conflict';
      const keys = { partitionKey: review.server, rowKey: decisionKey(decision) };
      const actions: TransactionAction[] = [
        ['update', reviewColumns.format(reviewKeys(review), review), 'Replace', { etag }],
        ['create', decisionColumns.format(keys, decision)],
      ];
      return written(() => table.submitTransaction(actions, withinDeadline()));
    },
    async replace(review, etag) {
      if (!isOfARow(etag)) return 'conflict';
      const entity = reviewColumns.format(reviewKeys(review), review);
      return written(() => table.updateEntity(entity, 'Replace', { etag, ...withinDeadline() }));
    },

    async readBuilt(server, period) {
      const row = await getRow(table, {
        partitionKey: server,
        rowKey: period === undefined ? LATEST : builtKey(period),
      });
      return row && readAs(builtColumns.parse(row), 'built report');
    },
    async putBuilt(built) {
      const { server: partitionKey } = built;
      await put(builtColumns.format({ partitionKey, rowKey: builtKey(built) }, built));
      await put(builtColumns.format({ partitionKey, rowKey: LATEST }, built));
    },

    async listOrders() {
      const rows = await listRange(table, ORDERS_PARTITION, '', '~');
      return rows.map((row) => readAs(orderColumns.parse(row), 'order'));
    },
    putOrder: (order) => put(orderColumns.format(orderKeys(order), order)),
    async removeOrder(order) {
      const { partitionKey, rowKey } = orderKeys(order);
      try {
        await table.deleteEntity(partitionKey, rowKey, withinDeadline());
      } catch (error) {
        if (!isStatus(error, 404)) throw error;
      }
    },
  };
}

function reviewKeys({ server, id }: Pick<Review, 'server' | 'id'>): Keys {
  return { partitionKey: server, rowKey: `review-${id}` };
}

/** In the order of their numbers; the id keeps two that race for one apart, of which the batch lets one stand. */
function decisionKey({ review, number, id }: ReviewDecision): string {
  return `decision-${review}-${String(number).padStart(6, '0')}-${id}`;
}

function builtKey({ sinceMs, untilMs }: Pick<BuiltReport, 'sinceMs' | 'untilMs'>): string {
  return `built-${sinceMs}-${untilMs}`;
}

function orderKeys({ server, sinceMs, untilMs }: BuildOrder): Keys {
  return { partitionKey: ORDERS_PARTITION, rowKey: `${server}-${sinceMs}-${untilMs}` };
}

/** What was read in another shape is a mistake to be told, never to be passed over: a revoke would vanish. */
function readAs<T>(read: { readonly value: T } | { readonly wrong: string }, what: string): T {
  if ('value' in read) return read.value;
  throw new Error(`a ${what} of table ${REVIEWS_TABLE} has another shape: ${read.wrong}`);
}

/** In the order of row keys. */
function listRange(table: TableClient, partition: string, from: string, before: string): Promise<readonly Row[]> {
  const filter = odata`PartitionKey eq ${partition} and RowKey ge ${from} and RowKey lt ${before}`;
  return Array.fromAsync(listRows(table, filter));
}

async function written(write: () => Promise<unknown>): Promise<ReviewWritten> {
  try {
    await write();
    return 'written';
  } catch (error) {
    if (isConflict(error)) return 'conflict';
    throw error;
  }
}
