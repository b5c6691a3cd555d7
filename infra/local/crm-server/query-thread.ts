/**
 * Runs statements on a copy of the database, under SQLite's own authorizer: only reading, only the CRM's tables, no
 * recursion, no attaching, no pragma. Bounded in rows and in bytes; bounded in time by the process (query.ts).
 */
import { constants, DatabaseSync } from 'node:sqlite';
import { parentPort } from 'node:worker_threads';
import { z } from 'zod';

const rowsMost = 1_000;
const statementBytesMost = 16 * 1024;
const valueBytesMost = 1024 * 1024;
const answerBytesMost = 4 * 1024 * 1024;

const questionSchema = z.object({ sql: z.string(), copy: z.instanceof(Uint8Array).optional() });

/** Everything else is refused: writing, pragmas, attaching, transactions, recursion. */
const allowed = new Set([constants.SQLITE_SELECT, constants.SQLITE_READ, constants.SQLITE_FUNCTION]);
const readable = new Set(['customers', 'payments', 'sqlite_master', 'sqlite_schema']);

type Value = string | number | null;

let database: DatabaseSync | undefined;

function open(copy: Uint8Array): DatabaseSync {
  const opened = new DatabaseSync(':memory:', {
    limits: { sqlLength: statementBytesMost, length: valueBytesMost, attach: 0 },
  });
  opened.deserialize(copy);
  opened.exec('pragma query_only = 1');
  opened.setAuthorizer((action, name) => {
    if (!allowed.has(action)) return constants.SQLITE_DENY;
    const isForeignTable = action === constants.SQLITE_READ && name !== null && name !== '' && !readable.has(name);
    return isForeignTable ? constants.SQLITE_DENY : constants.SQLITE_OK;
  });
  return opened;
}

function answer(message: unknown): unknown {
  const { sql, copy } = questionSchema.parse(message);
  if (copy) {
    database?.close();
    database = open(copy);
  }
  if (!database) throw new Error('a question came before the data');
  try {
    const statement = database.prepare(sql);
    // node:sqlite prepares the first statement and is silent about the rest; `sourceSQL` is what it took.
    const rest = sql.slice(statement.sourceSQL.length).trim();
    if (rest !== '') return { kind: 'refused', message: 'One statement only, and nothing after it.' };
    const columns = statement.columns().map((column) => column.name);
    if (columns.length === 0) return { kind: 'refused', message: 'Only a statement that reads rows may run.' };
    statement.setReturnArrays(true);
    const rows: Value[][] = [];
    let bytes = 0;
    for (const row of statement.iterate()) {
      const values = z.array(z.unknown()).parse(row).map(toJson);
      bytes += values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
      if (rows.length === rowsMost || bytes > answerBytesMost) return { kind: 'rows', columns, rows, truncated: true };
      rows.push(values);
    }
    return { kind: 'rows', columns, rows, truncated: false };
  } catch (cause) {
    return { kind: 'refused', message: cause instanceof Error ? cause.message : 'The statement failed.' };
  }
}

/** SQLite has values that JSON has not: blobs become hex digits, infinities their names. */
function toJson(value: unknown): Value {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return value === null ? null : String(value);
}

parentPort?.on('message', (message) => parentPort?.postMessage(answer(message)));
