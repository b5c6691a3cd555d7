/**
 * The data folder of a local stack, and the claim that only one stack uses it at a time. The claim is a lock that the
 * operating system holds for the process (SQLite's), so it ends with it however it ends; no process id is guessed at.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { err, ok, type Result } from '../../shared/result.ts';

export interface DataFolder {
  /** Absolute; it exists. */
  readonly path: string;
  release(): void;
}

/** Makes the folder if need be; an error is one line. */
export async function claimDataFolder(path: string): Promise<Result<DataFolder, string>> {
  let lock: DatabaseSync | undefined;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    lock = new DatabaseSync(join(path, 'lock.sqlite'));
    lock.exec('begin exclusive');
  } catch (cause) {
    lock?.close();
    return err(explain(path, cause));
  }
  const held = lock;
  return ok({ path, release: () => held.close() });
}

const sqliteBusy = 5;

function explain(path: string, cause: unknown): string {
  if (!(cause instanceof Error)) throw cause;
  if ('errcode' in cause && cause.errcode === sqliteBusy) return `the data folder ${path} is in use by a running stack`;
  return `the data folder ${path} cannot be used: ${cause.message}`;
}
