/**
 * Transcripts that were downloaded: `{folder}/{container}/{name}`, as `azcopy` or the portal leave them.
 * Reads plain files only, never a link.
 */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
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
    async *blobs(container) {
      const root = join(folder, container);
      const entries = await readdir(root, { withFileTypes: true, recursive: true });
      const files = entries.filter((entry) => !entry.isDirectory());
      const names = files.map((file) => relative(root, join(file.parentPath, file.name)).split(sep).join('/'));
      // As Blob Storage lists them: by their bytes, whatever the language of this machine.
      yield* names.sort();
    },
    async read(container, name) {
      const path = join(folder, container, name);
      try {
        if (!(await stat(path)).isFile()) return undefined;
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw error;
      }
      return createReadStream(path, { highWaterMark: 1024 * 1024 });
    },
  };
}
