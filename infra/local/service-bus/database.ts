/**
 * Where the messages are: one SQLite file in the data folder, or memory. It is the only copy, so whatever a client was
 * told has happened outlives the process, and a crash leaves a step done or not done. A power cut may cost the last
 * steps: a stand-in does not wait for the disk. Holds a local key: its owner's only.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Database {
  readonly sql: DatabaseSync;
  /** All of `step` or nothing of it. Steps are synchronous and do not nest. */
  atomically<T>(step: () => T): T;
}

const schema = `
  create table if not exists settings (name text primary key, value text not null) strict;
  create table if not exists messages (
    sequence integer primary key autoincrement,
    queue text not null,
    content blob not null,
    state integer not null,
    delivery_count integer not null default 0,
    enqueued_ms integer not null,
    scheduled_ms integer,
    expires_ms integer,
    lock_token text,
    locked_until_ms integer,
    dead_letter_source text
  ) strict;
  create index if not exists by_turn on messages (queue, state, enqueued_ms, sequence);
  create index if not exists by_lock on messages (queue, lock_token) where lock_token is not null;
  create table if not exists recent_ids (
    queue text not null,
    message_id text not null,
    until_ms integer not null,
    primary key (queue, message_id)
  ) strict;
`;

export function openDatabase(folder: string | undefined): Database {
  if (folder !== undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = folder === undefined ? ':memory:' : join(folder, 'service-bus.sqlite');
  const sql = new DatabaseSync(path);
  if (folder !== undefined) chmodSync(path, 0o600);
  sql.exec('pragma journal_mode = wal; pragma synchronous = normal');
  sql.exec(schema);

  function atomically<T>(step: () => T): T {
    sql.exec('begin immediate');
    try {
      const result = step();
      sql.exec('commit');
      return result;
    } catch (error) {
      sql.exec('rollback');
      throw error;
    }
  }

  return { sql, atomically };
}

/** The value kept under this name; made and kept the first time. */
export function keepSetting(database: Database, name: string, make: () => string): string {
  database.sql.prepare('insert or ignore into settings values (?, ?)').run(name, make());
  return String(database.sql.prepare('select value from settings where name = ?').get(name)?.value);
}
