/**
 * The build on a small app in a temporary folder: what comes out, what is removed, and how a mistake is told.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildApp, describeBuild } from '../../../infra/build.ts';

let appDir: string;
beforeEach(async () => {
  appDir = await mkdtemp(join(tmpdir(), 'sallyport-build-'));
  await mkdir(join(appDir, 'functions'));
  await write('package.json', JSON.stringify({ version: '1.2.3', type: 'module' }));
});
afterEach(() => rm(appDir, { recursive: true }));

const write = (file: string, text: string) => writeFile(join(appDir, file), text);

describe('the build', () => {
  it('makes one file a function, shares what they share, and keeps names for stack traces', async () => {
    await write(
      'shared.ts',
      `import { basename } from 'node:path'; export function nameOf(p: string) { return basename(p); }`,
    );
    await write('functions/one.ts', `import { nameOf } from '../shared.ts'; console.log(nameOf('a/one'));`);
    await write('functions/two.ts', `import { nameOf } from '../shared.ts'; console.log(nameOf('a/two'));`);
    const built = await buildApp(appDir);
    expect(built).toMatchObject({ ok: true, value: { functions: 2 } });
    if (built.ok) expect(describeBuild(built.value)).toMatch(/^built 2 functions, \d+ KiB, in \d+\.\d s$/);
    expect((await readdir(join(appDir, 'dist/functions'))).sort()).toEqual([
      'one.js',
      'one.js.map',
      'two.js',
      'two.js.map',
    ]);
    const chunks = (await readdir(join(appDir, 'dist/chunks'))).filter((file) => file.endsWith('.js'));
    expect(chunks).toHaveLength(1);
    expect(await readFile(join(appDir, 'dist/chunks', chunks[0] ?? ''), 'utf8')).toContain('function nameOf');
    expect(JSON.parse(await readFile(join(appDir, 'dist/build.json'), 'utf8'))).toEqual({ version: '1.2.3' });
  });

  it('leaves the host’s library and Cedar outside', async () => {
    await write('functions/one.ts', `import '@azure/functions'; import '@cedar-policy/cedar-wasm/nodejs';`);
    expect(await buildApp(appDir)).toMatchObject({ ok: true });
    const text = await readFile(join(appDir, 'dist/functions/one.js'), 'utf8');
    expect(text).toContain('"@azure/functions"');
    expect(text).toContain('"@cedar-policy/cedar-wasm/nodejs"');
  });

  it('removes what an earlier build left and this one does not make', async () => {
    await write('functions/one.ts', 'console.log(1);');
    await write('functions/gone.ts', 'console.log(2);');
    await buildApp(appDir);
    await rm(join(appDir, 'functions/gone.ts'));
    await buildApp(appDir);
    expect((await readdir(join(appDir, 'dist/functions'))).sort()).toEqual(['one.js', 'one.js.map']);
  });

  it('tells each mistake in one line with its place', async () => {
    await write('functions/one.ts', `import './nowhere.ts';`);
    await write('functions/two.ts', 'const x = ;');
    const built = await buildApp(appDir);
    expect(built.ok ? [] : [...built.error].sort()).toEqual([
      'build: functions/one.ts:1:8: Could not resolve "./nowhere.ts"',
      'build: functions/two.ts:1:11: Unexpected ";"',
    ]);
  });

  it('says so when there is nothing to build', async () => {
    expect(await buildApp(appDir)).toEqual({
      ok: false,
      error: ['build: functions/ holds no .ts file, there is nothing to build'],
    });
  });
});
