/** What `npm run package` makes: these files and no other, the same bytes each time, and `.funcignore` says the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describePackage, type PackagedApp, packageApp } from '../../infra/package.ts';
import { proves } from '../requirements.ts';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'sallyport-package-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Loaded from node_modules by what is not bundled. Whatever joins these has to be wanted. */
const besideTheBundle = [
  '@azure/functions-extensions-base/dist/azure-functions-extensions-base.js',
  '@azure/functions-extensions-base/package.json',
  '@azure/functions/dist/azure-functions.js',
  '@azure/functions/package.json',
  '@cedar-policy/cedar-wasm/nodejs/cedar_wasm.js',
  '@cedar-policy/cedar-wasm/nodejs/cedar_wasm_bg.wasm',
  '@cedar-policy/cedar-wasm/nodejs/package.json',
  '@cedar-policy/cedar-wasm/package.json',
  'cookie/index.js',
  'cookie/package.json',
].map((file) => `node_modules/${file}`);

describe('the package', () => {
  let app: PackagedApp;
  let archive: Buffer;

  beforeAll(async () => {
    const packaged = await packageApp(root);
    if (!packaged.ok) throw new Error(packaged.error.join('\n'));
    app = packaged.value;
    archive = readFileSync(app.archive);
    console.log(describePackage(app));
  }, 120_000);

  it(
    proves('deploy.package', 'holds what was built, the configuration, what is loaded beside it, and nothing else'),
    () => {
      const functions = readdirSync(join(root, 'functions')).map(
        (file) => `dist/functions/${file.replace(/\.ts$/, '.js')}`,
      );
      const configuration = readdirSync(join(root, 'infra/config')).map((file) => `infra/config/${file}`);
      const chunks = app.files.filter((file) => /^dist\/chunks\/[\w.-]+\.js$/.test(file));
      expect(chunks).not.toEqual([]);
      expect(app.files).toEqual(
        [
          ...['host.json', 'package.json', 'dist/build.json'],
          ...functions,
          ...chunks,
          ...configuration,
          ...besideTheBundle,
        ].sort(),
      );
    },
  );

  it(
    proves('deploy.package', 'is the same folder and archive: every file of the one in the other, byte for byte'),
    () => {
      const entries = Object.entries(unzipSync(archive));
      expect(entries.map(([name]) => name)).toEqual(app.files);
      for (const [name, bytes] of entries) expect(readFileSync(join(app.folder, name)).equals(bytes), name).toBe(true);
      const laidOut = readdirSync(app.folder, { recursive: true, withFileTypes: true }).filter((entry) =>
        entry.isFile(),
      );
      expect(laidOut).toHaveLength(app.files.length);
    },
  );

  it(
    proves('deploy.package', 'tells the worker where the functions are, and no platform what to build or install'),
    () => {
      const manifest = JSON.parse(readFileSync(join(app.folder, 'package.json'), 'utf8'));
      expect(manifest).toMatchObject({ name: 'sallyport', type: 'module', main: 'dist/functions/*.js' });
      expect(Object.keys(manifest.dependencies)).toEqual(['@azure/functions', '@cedar-policy/cedar-wasm']);
      expect(manifest).not.toHaveProperty('scripts');
      expect(manifest).not.toHaveProperty('devDependencies');
    },
  );

  it(proves('deploy.package', 'has the same bytes when it is made again, in another time zone'), () => {
    const env = { ...process.env, TZ: process.env.TZ === 'Asia/Tokyo' ? 'UTC' : 'Asia/Tokyo' };
    const said = execFileSync(process.execPath, ['infra/package.ts'], { cwd: root, env, encoding: 'utf8' });
    expect(said).toBe(`${describePackage(app)}\n`);
    expect(readFileSync(app.archive).equals(archive)).toBe(true);
  }, 60_000);

  describe('.funcignore', () => {
    const rules = readFileSync(join(root, '.funcignore'), 'utf8');

    it(proves('deploy.package', 'leaves the package, as git reads it'), () => {
      // A repository without a single file: all that is here is "other", but for what the rules leave out.
      execFileSync('git', ['init', '--quiet', '--bare', scratch]);
      const where = [`--git-dir=${scratch}`, `--work-tree=${root}`];
      const list = ['ls-files', '--others', '-z', `--exclude-from=${join(root, '.funcignore')}`];
      const left = execFileSync('git', [...where, ...list], {
        cwd: root,
        encoding: 'utf8',
        maxBuffer: 64 * 1024 * 1024,
      });
      expect(left.split('\0').filter(Boolean).sort()).toEqual(app.files);
    });

    it(proves('deploy.package', 'leaves the package, as func reads it, and what begins like a file of it'), () => {
      const { ignored, taken } = readAsFunc(rules);
      const all = filesOf(root);
      const left = all.filter(
        (file) => taken.some((rule) => rule.test(file)) || !ignored.some((rule) => rule.test(file)),
      );
      expect(left.sort()).toEqual(
        all.filter((file) => app.files.some((name) => file.startsWith(name) && !/^dist\/.*\.map$/.test(file))).sort(),
      );
    });
  });
});

/** A pattern is where a path begins; `*` is some of one name, `**` some of a path, and nothing else has a meaning. */
function readAsFunc(rules: string): { ignored: RegExp[]; taken: RegExp[] } {
  const lines = rules.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const toRule = (line: string): RegExp => {
    const parts = line.replace(/^!?\/?/, '').split(/(\*\*|\*)/);
    const meant = parts.map((part) =>
      part === '**' ? '.+' : part === '*' ? '[^/]+' : part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'),
    );
    return new RegExp(`^${meant.join('')}`);
  };
  return {
    ignored: lines.filter((line) => !line.startsWith('!')).map(toRule),
    taken: lines.filter((line) => line.startsWith('!')).map(toRule),
  };
}

/** All of them, node_modules too; only git’s own are nobody’s to publish. */
function filesOf(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) return entry.name === '.git' ? [] : filesOf(folder, `${path}/`);
    return [path];
  });
}
