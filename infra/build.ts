/**
 * Bundles `functions/*.ts` into `dist/functions/*.js` with shared chunks: cold start is module loading (DESIGN §9), so
 * few files and only what is used. What a bundle must not hold stays outside: the library that asks its host for
 * `@azure/functions-core` at run time, Cedar, which loads its WebAssembly from beside itself, and the numbering plans, which
 * are read when the first number is seen.
 * The same source gives the same bytes: nothing of the time or the machine goes in.
 */
import { glob, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildFailure, build, type Metafile, stop } from 'esbuild';
import { z } from 'zod';
import { err, ok, type Result } from '../shared/result.ts';

export interface BuiltApp {
  readonly functions: number;
  /** Of all JavaScript, without source maps. */
  readonly bytes: number;
  /** Files of which something is in a bundle, relative to the app's folder. */
  readonly inputs: readonly string[];
  readonly durationMs: number;
}

/** What a bundle leaves in node_modules: the package carries them (infra/package-files.ts). */
export const packagesBeside = ['@azure/functions', '@cedar-policy/cedar-wasm', 'libphonenumber-js'];

/** Dependencies that `require` Node's own modules need one, which an ES module has not. */
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Builds the app in `appDir` into its `dist`; an error is one line per mistake. */
export async function buildApp(appDir: string): Promise<Result<BuiltApp, readonly string[]>> {
  const startedMs = performance.now();
  const entryPoints = await listFiles(appDir, 'functions/*.ts');
  if (entryPoints.length === 0) return err(['build: functions/ holds no .ts file, there is nothing to build']);
  const bundled = await bundle(appDir, entryPoints);
  if (!bundled.ok) return bundled;
  const outputs = bundled.value.outputs;
  await Promise.all([removeStale(appDir, outputs), writeVersion(appDir)]);
  const bytes = Object.entries(outputs)
    .filter(([file]) => file.endsWith('.js'))
    .reduce((sum, [, output]) => sum + output.bytes, 0);
  const durationMs = performance.now() - startedMs;
  return ok({ functions: entryPoints.length, bytes, inputs: inputsOf(outputs), durationMs });
}

/** The one line that a person sees of a build. */
export function describeBuild({ functions, bytes, durationMs }: BuiltApp): string {
  const seconds = (durationMs / 1_000).toFixed(1);
  return `built ${functions} functions, ${Math.round(bytes / 1024)} KiB, in ${seconds} s`;
}

async function bundle(appDir: string, entryPoints: string[]): Promise<Result<Metafile, readonly string[]>> {
  try {
    const { metafile } = await build({
      absWorkingDir: appDir,
      entryPoints,
      outdir: 'dist',
      outbase: '.',
      chunkNames: 'chunks/[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      mainFields: ['module', 'main'],
      external: [...packagesBeside, '@azure/functions-core'],
      banner: { js: requireBanner },
      minifySyntax: true,
      sourcemap: 'linked',
      metafile: true,
      logLevel: 'silent',
    });
    return ok(metafile);
  } catch (cause) {
    if (!isBuildFailure(cause)) throw cause;
    return err(cause.errors.map(({ text, location }) => `build: ${describePlace(location)}${text}`));
  } finally {
    // Its process would otherwise live as long as this one, which may be a gateway's whole life.
    await stop();
  }
}

function inputsOf(outputs: Metafile['outputs']): string[] {
  const used = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : [])),
  );
  return [...new Set(used)];
}

function isBuildFailure(cause: unknown): cause is BuildFailure {
  return cause instanceof Error && 'errors' in cause && Array.isArray(cause.errors);
}

function describePlace(location: BuildFailure['errors'][number]['location']): string {
  return location ? `${location.file}:${location.line}:${location.column + 1}: ` : '';
}

/** After the build, not before: a gateway that runs from `dist` meanwhile keeps every file until the new ones are there. */
async function removeStale(appDir: string, outputs: Metafile['outputs']): Promise<void> {
  const files = await listFiles(appDir, 'dist/{functions,chunks}/*');
  await Promise.all(files.filter((file) => !(file in outputs)).map((file) => rm(join(appDir, file))));
}

/** `dist/build.json`: what the running app says of itself. */
async function writeVersion(appDir: string): Promise<void> {
  const manifest: unknown = JSON.parse(await readFile(join(appDir, 'package.json'), 'utf8'));
  const { version } = z.object({ version: z.string() }).parse(manifest);
  await writeFile(join(appDir, 'dist/build.json'), `${JSON.stringify({ version })}\n`);
}

/** Relative to `appDir`, with forward slashes, sorted. */
async function listFiles(appDir: string, pattern: string): Promise<string[]> {
  const files = await Array.fromAsync(glob(pattern, { cwd: appDir }));
  return files.map((file) => file.replaceAll('\\', '/')).sort();
}

if (import.meta.main) {
  const built = await buildApp(join(import.meta.dirname, '..'));
  if (built.ok) console.log(describeBuild(built.value));
  else {
    for (const line of built.error) console.error(line);
    process.exitCode = 1;
  }
}
