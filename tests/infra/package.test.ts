/** What `npm run package` makes: these files and no other, the same bytes each time, and `.funcignore` says the same. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, packagesBeside } from '../../infra/build.ts';
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
  'libphonenumber-js/metadata.min.json',
  'libphonenumber-js/package.json',
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
          ...['host.json', 'package.json', 'dist/build.json', 'dist/THIRD-PARTY-NOTICES.txt'],
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
      expect(Object.keys(manifest.dependencies)).toEqual(packagesBeside);
      expect(manifest).not.toHaveProperty('scripts');
      expect(manifest).not.toHaveProperty('devDependencies');
    },
  );

  it(
    proves('deploy.package', 'carries whatever the code asks for by a require of its own, which no bundler sees'),
    () => {
      const sources = ['functions', 'shared'].flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
      );
      const asked = sources
        .filter((name) => name.endsWith('.ts'))
        .flatMap((name) => [...readFileSync(name, 'utf8').matchAll(/createRequire\(import\.meta\.url\)\('([^']+)'\)/g)])
        .map(([, module = '']) => module);
      // The host's own: it is there when a host is.
      const ofPackages = asked.filter((module) => module !== '@azure/functions-core');
      expect(ofPackages.toSorted()).toEqual(['@cedar-policy/cedar-wasm/nodejs', 'libphonenumber-js/metadata.min.json']);
      const require = createRequire(join(app.folder, 'dist/functions/mcp.js'));
      for (const module of ofPackages) {
        const file = relative(app.folder, require.resolve(module));
        expect(app.files).toContain(file.replaceAll('\\', '/'));
      }
    },
  );

  describe('its notices', () => {
    const read = () => readFileSync(join(app.folder, 'dist/THIRD-PARTY-NOTICES.txt'), 'utf8');

    it(proves('deploy.notices', 'name every package that is bundled or lies beside the bundle'), async () => {
      const built = await buildApp(root);
      if (!built.ok) throw new Error(built.error.join('\n'));
      const carried = [...built.value.inputs, ...app.files].flatMap(
        (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(file)?.[1] ?? [],
      );
      expect(new Set(carried).size).toBeGreaterThan(50);
      const named = new Set([...read().matchAll(/^(\S+) \d+\.\d+\.\d+\S*$/gm)].map(([, name]) => name));
      expect(named).toEqual(new Set(['sallyport', ...carried]));
    });

    it(
      proves('deploy.notices', 'give the text of each license, but of the four packages that come without one'),
      () => {
        const sections = read()
          .split(`${'-'.repeat(80)}\n`)
          .slice(1);
        const without = sections.filter((section) => section.includes('comes without the text'));
        expect(without.flatMap((section) => [...section.matchAll(/^(\S+) \d/gm)].map(([, name]) => name))).toEqual([
          '@cedar-policy/cedar-wasm',
          '@hono/zod-openapi',
          '@hono/zod-validator',
          '@nodable/entities',
        ]);
        for (const section of sections.filter((each) => !without.includes(each))) {
          expect(section).toMatch(/copyright|redistribut|permission|notice/i);
          expect(section.length).toBeGreaterThan(500);
        }
        // Those are MIT and Apache-2.0, whose texts stand with others.
        expect(read()).toMatch(/^Permission is hereby granted, free of charge/m);
        expect(read()).toMatch(/Apache License\s+Version 2\.0/);
      },
    );
  });

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
