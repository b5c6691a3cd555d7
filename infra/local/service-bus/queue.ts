/**
 * One queue or dead-letter queue: what Service Bus does with messages, as steps over the database, each whole or not
 * at all. Knows no wire; the clock comes in. Order: by time of enqueueing, then sequence number.
 */
import { z } from 'zod';
import type { Intake, Stamp } from './content.ts';
import { stampContent, withProperties } from './content.ts';
import type { Database } from './database.ts';
import { createLockToken } from './lock-token.ts';

export interface QueueOptions {
  readonly name: string;
  /** Default 60,000, as in Azure. */
  readonly lockDurationMs?: number;
  /** Deliveries that may fail before the message is dead-lettered; default 10. */
  readonly maxDeliveryCount?: number;
  /** How long a message lives at most; default: as long as the message itself says, or for ever. */
  readonly timeToLiveMs?: number;
  /** Whether an expired message is dead-lettered (else it is gone); default false, as in Azure. */
  readonly deadLettersExpired?: boolean;
  /** How long a MessageId is remembered; default: no duplicate detection. */
  readonly duplicateWindowMs?: number;
}

export interface LockedMessage {
  readonly token: string;
  readonly content: Buffer;
}

export type Settlement =
  | { readonly kind: 'complete' }
  | { readonly kind: 'abandon' | 'defer' | 'dead-letter'; readonly properties: Record<string, unknown> };

export interface Queue {
  /** As clients write it. */
  readonly name: string;
  /** All or none. Sequence numbers in the order given; a duplicate gets one too, and is dropped. */
  send(messages: readonly Intake[]): number[];
  /** All or none: false when one of them is not scheduled (any more). */
  cancel(sequences: readonly number[]): boolean;
  /** The next message, locked. */
  lock(): LockedMessage | undefined;
  /** Deferred messages, locked; undefined when one of them is not there to be locked. */
  lockDeferred(sequences: readonly number[]): LockedMessage[] | undefined;
  /** The next message, removed. */
  take(): Buffer | undefined;
  /** Until when the lock now holds, in milliseconds since 1970; undefined: it is lost. */
  renew(token: string): number | undefined;
  /** False: the lock is lost, and nothing has happened. */
  settle(token: string, settlement: Settlement): boolean;
  /** Up to `count` messages of any state from this sequence number on. */
  peek(from: number, count: number): Buffer[];
  /** Ends locks, activates scheduled messages, ends messages past their life. Every other step does so first. */
  advance(): void;
}

const active = 0;
const deferred = 1;
const scheduled = 2;

const rowSchema = z.object({
  sequence: z.int(),
  content: z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes)),
  state: z.int(),
  delivery_count: z.int(),
  enqueued_ms: z.int(),
  scheduled_ms: z.int().nullable(),
  locked_until_ms: z.int().nullable(),
  dead_letter_source: z.string().nullable(),
});
type Row = z.infer<typeof rowSchema>;

export function createQueue(options: {
  readonly database: Database;
  readonly queue: QueueOptions;
  readonly nowMs: () => number;
  /** Absent for a dead-letter queue: there, nothing expires and deliveries are not limited. */
  readonly deadLetters?: { readonly name: string };
}): Queue {
  const { database, queue, nowMs, deadLetters } = options;
  const { sql } = database;
  const key = queue.name.toLowerCase();
  const lockDurationMs = queue.lockDurationMs ?? 60_000;
  const maxDeliveryCount = queue.maxDeliveryCount ?? 10;

  const insert = sql.prepare(
    'insert into messages (queue, content, state, enqueued_ms, scheduled_ms, expires_ms) values (?, ?, ?, ?, ?, ?)',
  );
  const remember = sql.prepare('insert or ignore into recent_ids values (?, ?, ?)');
  const forget = sql.prepare('delete from recent_ids where queue = ? and until_ms <= ?');
  const remove = sql.prepare('delete from messages where queue = ? and sequence = ?');
  const isScheduled = sql.prepare(`select 1 from messages where queue = ? and sequence = ? and state = ${scheduled}`);
  const next = sql.prepare(
    `select * from messages where queue = ? and state = ${active} and lock_token is null order by enqueued_ms, sequence limit 1`,
  );
  const waiting = sql.prepare(
    `select * from messages where queue = ? and sequence = ? and state = ${deferred} and lock_token is null`,
  );
  const setLock = sql.prepare('update messages set lock_token = ?, locked_until_ms = ? where sequence = ?');
  const locked = sql.prepare('select * from messages where queue = ? and lock_token = ?');
  const release = sql.prepare(
    'update messages set lock_token = null, locked_until_ms = null, state = ?, delivery_count = ?, content = ? where sequence = ?',
  );
  const bury = sql.prepare(
    `update messages set queue = ?, lock_token = null, locked_until_ms = null, expires_ms = null, state = ${active}, delivery_count = ?, content = ?, dead_letter_source = ? where sequence = ?`,
  );
  const ended = sql.prepare(
    'select * from messages where queue = ? and lock_token is not null and locked_until_ms <= ?',
  );
  const expired = sql.prepare(
    `select * from messages where queue = ? and lock_token is null and state != ${scheduled} and expires_ms <= ?`,
  );
  const activate = sql.prepare(
    `update messages set state = ${active}, enqueued_ms = scheduled_ms where queue = ? and state = ${scheduled} and scheduled_ms <= ?`,
  );
  const from = sql.prepare('select * from messages where queue = ? and sequence >= ? order by sequence limit ?');

  const read = (row: unknown): Row | undefined => (row === undefined ? undefined : rowSchema.parse(row));

  function insertOne(message: Intake): number {
    const now = nowMs();
    const isLater = message.scheduledMs !== undefined && message.scheduledMs > now;
    const lives = Math.min(message.timeToLiveMs ?? Infinity, queue.timeToLiveMs ?? Infinity);
    const begins = isLater ? message.scheduledMs : now;
    const expiresMs = lives === Infinity ? null : begins + lives;
    const state = isLater ? scheduled : active;
    const result = insert.run(key, message.content, state, now, message.scheduledMs ?? null, expiresMs);
    return Number(result.lastInsertRowid);
  }

  function sendOne(message: Intake): number {
    const sequence = insertOne(message);
    if (queue.duplicateWindowMs === undefined) return sequence;
    const isNew = remember.run(key, message.messageId, nowMs() + queue.duplicateWindowMs).changes === 1;
    if (!isNew) remove.run(key, sequence);
    return sequence;
  }

  function lockRow(row: Row): LockedMessage {
    const token = createLockToken();
    const lockedUntilMs = nowMs() + lockDurationMs;
    setLock.run(token, lockedUntilMs, row.sequence);
    return { token, content: stampContent(row.content, { ...toStamp(row), lockedUntilMs }) };
  }

  function deadLetter(row: Row, deliveryCount: number, properties: Record<string, unknown>): void {
    if (!deadLetters) throw new Error('a dead-letter queue has no dead-letter queue');
    bury.run(
      deadLetters.name.toLowerCase(),
      deliveryCount,
      withProperties(row.content, properties),
      queue.name,
      row.sequence,
    );
  }

  /** Abandoned, or the lock ran out: one delivery more that failed. A deferred message stays deferred. */
  function fail(row: Row, properties: Record<string, unknown>): void {
    const count = row.delivery_count + 1;
    if (!deadLetters || count < maxDeliveryCount) {
      release.run(row.state, count, withProperties(row.content, properties), row.sequence);
      return;
    }
    const description = `Message could not be consumed after ${maxDeliveryCount} delivery attempts.`;
    deadLetter(row, count, {
      ...properties,
      DeadLetterReason: 'MaxDeliveryCountExceeded',
      DeadLetterErrorDescription: description,
    });
  }

  function expire(row: Row): void {
    if (!queue.deadLettersExpired || !deadLetters) remove.run(key, row.sequence);
    else
      deadLetter(row, row.delivery_count, {
        DeadLetterReason: 'TTLExpiredException',
        DeadLetterErrorDescription: 'The message expired and was dead lettered.',
      });
  }

  function settleRow(row: Row, settlement: Settlement): void {
    if (settlement.kind === 'complete') remove.run(key, row.sequence);
    else if (settlement.kind === 'abandon') fail(row, settlement.properties);
    else if (settlement.kind === 'dead-letter' && deadLetters)
      deadLetter(row, row.delivery_count, settlement.properties);
    else {
      const state = settlement.kind === 'defer' ? deferred : row.state;
      release.run(state, row.delivery_count, withProperties(row.content, settlement.properties), row.sequence);
    }
  }

  function catchUp(): void {
    const now = nowMs();
    forget.run(key, now);
    activate.run(key, now);
    for (const row of ended.all(key, now)) fail(rowSchema.parse(row), {});
    for (const row of expired.all(key, now)) expire(rowSchema.parse(row));
  }

  /** A step that sees the queue as it is at this moment. */
  function step<T>(action: () => T): T {
    return database.atomically(() => {
      catchUp();
      return action();
    });
  }

  return {
    name: queue.name,
    send: (messages) => step(() => messages.map(sendOne)),
    cancel: (sequences) =>
      step(() => {
        if (sequences.some((sequence) => isScheduled.get(key, sequence) === undefined)) return false;
        for (const sequence of sequences) remove.run(key, sequence);
        return true;
      }),
    lock: () =>
      step(() => {
        const row = read(next.get(key));
        return row && lockRow(row);
      }),
    lockDeferred: (sequences) =>
      step(() => {
        const rows = sequences.map((sequence) => read(waiting.get(key, sequence))).filter((row) => row !== undefined);
        return rows.length === sequences.length ? rows.map(lockRow) : undefined;
      }),
    take: () =>
      step(() => {
        const row = read(next.get(key));
        if (row) remove.run(key, row.sequence);
        return row && stampContent(row.content, toStamp(row));
      }),
    renew: (token) =>
      step(() => {
        const row = read(locked.get(key, token));
        if (!row) return undefined;
        const lockedUntilMs = nowMs() + lockDurationMs;
        setLock.run(token, lockedUntilMs, row.sequence);
        return lockedUntilMs;
      }),
    settle: (token, settlement) =>
      step(() => {
        const row = read(locked.get(key, token));
        if (row) settleRow(row, settlement);
        return row !== undefined;
      }),
    peek: (first, count) =>
      step(() => from.all(key, first, count).map((row) => rowSchema.parse(row))).map((row) =>
        stampContent(row.content, toStamp(row)),
      ),
    advance: () => database.atomically(catchUp),
  };
}

function toStamp(row: Row): Stamp {
  return {
    sequence: row.sequence,
    state: row.state,
    deliveryCount: row.delivery_count,
    enqueuedMs: row.enqueued_ms,
    scheduledMs: row.scheduled_ms,
    lockedUntilMs: row.locked_until_ms,
    deadLetterSource: row.dead_letter_source,
  };
}
