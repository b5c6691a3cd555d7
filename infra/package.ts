/**
 * `npm run package`: builds the app and lays it out as it is deployed, in `dist/package/app`, where `func` and `azd` take
 * it, and as `dist/package/sallyport.zip`, for zip deployment. The same source gives the same bytes, on every machine:
 * what is deployed can be made again and compared.
 */
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { z } from 'zod';
import { ok, type Result } from '../shared/result.ts';
import { buildApp, packagesBeside } from './build.ts';
import { formatNotices } from './notices.ts';
import { listLoadedFiles, listPackageFiles, NOTICES } from './package-files.ts';

export interface PackagedApp {
  /** Absolute: the folder and the archive. */
  readonly folder: string;
  readonly archive: string;
  readonly files: readonly string[];
  /** Before and after compression. */
  readonly bytes: number;
  readonly archiveBytes: number;
}

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  private: z.boolean(),
  license: z.string(),
  type: z.string(),
  main: z.string(),
  dependencies: z.record(z.string(), z.string()),
});

/** Builds first. An error is one line per mistake of the build. */
export async function packageApp(appDir: string): Promise<Result<PackagedApp, readonly string[]>> {
  const built = await buildApp(appDir);
  if (!built.ok) return built;
  const folder = join(appDir, 'dist/package/app');
  const archive = join(appDir, 'dist/package/sallyport.zip');
  await rm(join(appDir, 'dist/package'), { recursive: true, force: true });
  const carried = [...built.value.inputs, ...(await listLoadedFiles(appDir))];
  await writeFile(join(appDir, NOTICES), await formatNotices(appDir, carried));
  const files = await listPackageFiles(appDir);
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    if (file !== 'package.json') await copyFile(join(appDir, file), join(folder, file));
  }
  await writeFile(join(folder, 'package.json'), await readManifest(appDir));
  const contents = await Promise.all(files.map((file) => readFile(join(folder, file))));
  const bytes = zip(files, contents);
  await writeFile(archive, bytes);
  return ok({
    folder,
    archive,
    files,
    bytes: contents.reduce((sum, { length }) => sum + length, 0),
    archiveBytes: bytes.length,
  });
}

/** The one line that a person sees. */
export function describePackage({ files, bytes, archiveBytes }: PackagedApp): string {
  return `packaged ${files.length} files, ${toMegabytes(bytes)} MB, in ${toMegabytes(archiveBytes)} MB: dist/package/sallyport.zip`;
}

/** What the worker reads of it, and nothing that a platform could build or install by. */
async function readManifest(appDir: string): Promise<string> {
  const { dependencies, ...manifest } = manifestSchema.parse(
    JSON.parse(await readFile(join(appDir, 'package.json'), 'utf8')),
  );
  const carried = packagesBeside.map((name) => [name, dependencies[name]]);
  return `${JSON.stringify({ ...manifest, dependencies: Object.fromEntries(carried) }, undefined, 2)}\n`;
}

function zip(files: readonly string[], contents: readonly Buffer[]): Uint8Array {
  // By the clock on the wall, as an archive has it, and so the same in every time zone.
  const mtime = new Date(1980, 0, 1);
  const attributes = { os: 3, attrs: 0o100644 << 16, mtime, level: 9 } as const;
  const entries: Zippable = {};
  for (const [index, file] of files.entries()) entries[file] = [contents[index] ?? new Uint8Array(), attributes];
  return zipSync(entries);
}

function toMegabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

if (import.meta.main) {
  const packaged = await packageApp(join(import.meta.dirname, '..'));
  if (packaged.ok) console.log(describePackage(packaged.value));
  else {
    for (const line of packaged.error) console.error(line);
    process.exitCode = 1;
  }
}
