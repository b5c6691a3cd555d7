/**
 * What the deployed app needs at run time, file by file: what was built, the configuration, and of the packages that are
 * not bundled only the files that are loaded. Sources, maps, types, tests, documents and the rest of node_modules stay
 * out. `.funcignore` says the same to whoever publishes from the repository; a test compares.
 */
import { access, glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, stop } from 'esbuild';

/** `npm run package` writes it: the licenses of all that is carried. */
export const NOTICES = 'dist/THIRD-PARTY-NOTICES.txt';

const OWN = ['host.json', 'package.json', 'dist/build.json', NOTICES, 'dist/{functions,chunks}/*.js', 'infra/config/*'];

/** As the app loads them: the one by `import`, the others by a `require` of their own, which no bundler sees. */
const LOADED = `import '@azure/functions';
require('@cedar-policy/cedar-wasm/nodejs');
require('libphonenumber-js/metadata.min.json');`;

/** Relative to `appDir`, with forward slashes, sorted. The app is built already, and its notices are written. */
export async function listPackageFiles(appDir: string): Promise<string[]> {
  const [own, loaded] = await Promise.all([listFiles(appDir, OWN), listLoadedFiles(appDir)]);
  const folders = [...new Set(loaded.map((file) => dirname(file)))];
  // A module in WebAssembly is read from beside the one that loads it, which no import tells.
  const wasm = await listFiles(
    appDir,
    folders.map((folder) => `${folder}/*.wasm`),
  );
  const manifests = await filterExisting(appDir, [...new Set(folders.flatMap(manifestsAbove))]);
  return [...own, ...loaded, ...wasm, ...manifests].sort();
}

/** The bundler's own word on which files of node_modules an import leads to. */
export async function listLoadedFiles(appDir: string): Promise<string[]> {
  try {
    const { metafile } = await build({
      absWorkingDir: appDir,
      stdin: { contents: LOADED, resolveDir: appDir },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['main'],
      external: ['@azure/functions-core'],
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    return Object.keys(metafile.inputs).filter((file) => file.startsWith('node_modules/'));
  } finally {
    await stop();
  }
}

/** `node_modules/@a/b/dist` → its own package.json, and those of the folders above, up to the package's. */
function manifestsAbove(folder: string): string[] {
  const parts = folder.split('/');
  const root =
    parts.lastIndexOf('node_modules') + (parts[parts.lastIndexOf('node_modules') + 1]?.startsWith('@') ? 3 : 2);
  return parts.slice(root - 1).map((_, index) => `${parts.slice(0, root + index).join('/')}/package.json`);
}

async function filterExisting(appDir: string, files: readonly string[]): Promise<string[]> {
  const isThere = await Promise.all(
    files.map((file) =>
      access(join(appDir, file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, index) => isThere[index]);
}

async function listFiles(appDir: string, patterns: readonly string[]): Promise<string[]> {
  const found = await Array.fromAsync(glob([...patterns], { cwd: appDir }));
  return found.map((file) => file.replaceAll('\\', '/'));
}
