/**
 * `{data}/stack.json`: where the parts of a running local stack listen. `npm start` writes it once everything is ready
 * and removes it when it stops; the commands read it. It holds no secret. A stack that was killed leaves it behind:
 * reading says so, because the process that wrote it is gone.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { err, ok, type Result } from '../../shared/result.ts';
import { readJsonFile, replaceJsonFile } from './json-file.ts';

const url = z.url({ protocol: /^https?$/ });

const stackSchema = z.object({
  /** No trailing slash, as all URLs here: `http://127.0.0.1:7071`. */
  gateway: url,
  /** The authority host: without the tenant. */
  entra: url,
  keyVault: url,
  graph: url,
  /** `sb://127.0.0.1:{port}`; its key is in the data folder. */
  serviceBus: z.url({ protocol: /^sb$/ }),
  /** Of the page that shows the channel. */
  teams: url,
  /** With the account: `http://127.0.0.1:{port}/devstoreaccount1`. */
  blob: url,
  table: url,
  queue: url,
  crm: url,
  /** The process that wrote the file and runs the stack. */
  pid: z.int().positive(),
});

export type Stack = z.infer<typeof stackSchema>;

export function stackFileOf(dataFolder: string): string {
  return join(dataFolder, 'stack.json');
}

/** The running stack; an error is one line for the terminal. Throws when the file cannot be read at all. */
export async function readStackFile(dataFolder: string): Promise<Result<Stack, string>> {
  const file = stackFileOf(dataFolder);
  let content: unknown;
  try {
    content = await readJsonFile(file);
  } catch (cause) {
    return err(cause instanceof Error ? cause.message : String(cause));
  }
  if (content === undefined) return err(`no stack is running on ${dataFolder} (there is no ${file}): npm start`);
  const parsed = stackSchema.safeParse(content);
  if (!parsed.success) return err(`${file} does not describe a stack: delete it and start again`);
  if (!isRunning(parsed.data.pid)) {
    return err(
      `no stack is running on ${dataFolder} (${file} is left over from process ${parsed.data.pid}): npm start`,
    );
  }
  return ok(parsed.data);
}

export function writeStackFile(dataFolder: string, stack: Stack): Promise<void> {
  return replaceJsonFile(stackFileOf(dataFolder), stack);
}

export function removeStackFile(dataFolder: string): Promise<void> {
  return rm(stackFileOf(dataFolder), { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of somebody else's is running all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
