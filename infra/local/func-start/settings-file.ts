/**
 * `local.settings.json`, which `func start` makes the app's environment of: written for one run of the stand-ins, and
 * removed with them. A file that differs by a byte from what was written last is somebody's own and stays as it is; what
 * was written last, a note in the data folder says by its hash, also when the run before was killed.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { err, ok, type Result } from '../../../shared/result.ts';
import { readJsonFile, replaceJsonFile } from '../json-file.ts';

export interface SettingsFile {
  /** Leaves a file that was changed meanwhile. */
  remove(): Promise<void>;
}

export interface SettingsFileOptions {
  /** Absolute. */
  readonly file: string;
  readonly dataDir: string;
  /** Whether a file of somebody's own may go. */
  readonly mayOverwrite: boolean;
}

const noteSchema = z.object({ file: z.string(), sha256: z.string() });

/** Whether the file may be written: an error is one line. For before anything is started. */
export async function checkSettingsFile(options: SettingsFileOptions): Promise<Result<void, string>> {
  const { file, mayOverwrite } = options;
  if (mayOverwrite || (await isOurs(options)) !== false) return ok(undefined);
  return err(`${file} is not what this command wrote: move it away, name another with --settings, or say --overwrite`);
}

/** `content` as JSON; only its owner may read it. */
export async function writeSettingsFile(
  options: SettingsFileOptions,
  content: unknown,
): Promise<Result<SettingsFile, string>> {
  const { file, dataDir } = options;
  const checked = await checkSettingsFile(options);
  if (!checked.ok) return checked;
  await replaceJsonFile(file, content);
  await replaceJsonFile(noteOf(dataDir), { file, sha256: (await hashFile(file)) ?? '' });
  return ok({
    async remove() {
      if (await isOurs(options)) await rm(file, { force: true });
      await rm(noteOf(dataDir), { force: true });
    },
  });
}

/** Undefined where there is no file. */
async function isOurs({ file, dataDir }: SettingsFileOptions): Promise<boolean | undefined> {
  const sha256 = await hashFile(file);
  if (sha256 === undefined) return undefined;
  const note = noteSchema.safeParse(await readJsonFile(noteOf(dataDir)));
  return note.success && note.data.file === file && note.data.sha256 === sha256;
}

async function hashFile(file: string): Promise<string | undefined> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

function noteOf(dataDir: string): string {
  return join(dataDir, 'settings-file.json');
}
