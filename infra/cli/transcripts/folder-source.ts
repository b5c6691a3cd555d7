/**
 * Transcripts that were downloaded: `{folder}/{container}/{name}`, as `azcopy` or the portal leave them.
 * Reads plain files only, never a link.
 */
import { createReadStream, type Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { TranscriptReader } from '../../../shared/transcripts/segment-store.ts';
import { CommandFailure } from '../outcome.ts';
import { readKeyFile } from './key-file.ts';
import type { TranscriptSource } from './source.ts';

/** Throws `CommandFailure` when there is no such folder or key. */
export async function openFolder(folder: string, keyFile: string): Promise<TranscriptSource> {
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new CommandFailure(`${folder} is not a folder`);
  return {
    reader: createFolderReader(folder),
    endorsingKey: await readKeyFile(keyFile),
    description: folder,
    close: async () => {},
  };
}

export function createFolderReader(folder: string): TranscriptReader {
  return {
    async *containers() {
      for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) yield entry.name;
    },
    async *blobs(container, prefix = '') {
      for (const name of await namesIn(join(folder, container))) {
        if (!name.startsWith(prefix)) continue;
        // A link counts by its own length: it is listed, and never followed.
        const { size, mtimeMs } = await lstat(join(folder, container, name));
        yield { name, bytes: size, modifiedAtMs: mtimeMs };
      }
    },
    async *folders(container, prefix) {
      const inside = join(folder, container, prefix);
      const entries = await readdir(inside, { withFileTypes: true }).catch(emptyIfMissing);
      yield* entries
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .sort();
    },
    async read(container, name, { from = 0, to = Number.POSITIVE_INFINITY } = {}) {
      const path = join(folder, container, name);
      try {
        if (!(await lstat(path)).isFile()) return undefined;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      if (to <= from) return noBytes();
      return createReadStream(path, { highWaterMark: 1024 * 1024, start: from, end: to - 1 });
    },
  };
}

/** As Blob Storage lists them: by their bytes, whatever the language of this machine. */
async function namesIn(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true, recursive: true }).catch(emptyIfMissing);
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((file) => relative(root, join(file.parentPath, file.name)).split(sep).join('/')).sort();
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

function emptyIfMissing(error: unknown): Dirent[] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
