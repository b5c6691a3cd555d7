/**
 * State of a stand-in as one JSON file: read whole, replaced whole (temporary file, flush, rename), so that a crash
 * leaves the old file or the new one. Readable by its owner only: it holds local keys and secrets.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The parsed file, or `undefined` when there is none. Throws one line that names the file when it is not JSON. */
export async function readJsonFile(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${path} is not JSON: delete it or restore it`, { cause });
  }
}

export async function replaceJsonFile(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Saves one after the other, each time the newest state; a save resolves when the state it saw is on disk. */
export function createJsonSaver(path: string, current: () => unknown): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return () => {
    last = last.catch(() => undefined).then(() => replaceJsonFile(path, current()));
    return last;
  };
}
