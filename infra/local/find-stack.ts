/**
 * Which running stack a command means: the one of a data folder, or the one whose gateway listens on a port. `npm start`
 * leaves a note under its default data folder for each port, so that a port alone is enough.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../../shared/result.ts';
import { readStackFile, type Stack } from './stack-file.ts';

export interface FoundStack {
  readonly stack: Stack;
  readonly dataDir: string;
}

export interface StackQuery {
  /** The folder of package.json. */
  readonly appDir: string;
  readonly port?: string;
  readonly data?: string;
}

/** An error is one line for the terminal. */
export async function findStack({ appDir, port, data }: StackQuery): Promise<Result<FoundStack, string>> {
  const noted = port === undefined ? undefined : await readNote(appDir, port);
  const dataDir = data ?? noted ?? defaultDataDir(appDir);
  const stack = await readStackFile(dataDir);
  if (!stack.ok) return stack;
  if (port !== undefined && new URL(stack.value.gateway).port !== port) {
    return err(`no stack is known on port ${port}; the one on ${dataDir} is at ${stack.value.gateway}`);
  }
  return ok({ stack: stack.value, dataDir });
}

export async function writeNote(appDir: string, port: number, dataDir: string): Promise<void> {
  await mkdir(notesDir(appDir), { recursive: true });
  await writeFile(join(notesDir(appDir), String(port)), dataDir);
}

export function removeNote(appDir: string, port: number): Promise<void> {
  return rm(join(notesDir(appDir), String(port)), { force: true });
}

async function readNote(appDir: string, port: string): Promise<string | undefined> {
  if (!/^\d{1,5}$/.test(port)) return undefined;
  return readFile(join(notesDir(appDir), port), 'utf8').catch(() => undefined);
}

function notesDir(appDir: string): string {
  return join(defaultDataDir(appDir), 'ports');
}

function defaultDataDir(appDir: string): string {
  return join(appDir, '.local');
}
