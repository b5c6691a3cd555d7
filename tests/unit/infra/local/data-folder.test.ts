/** The claim on a data folder: one stack at a time, free again when its process is gone. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDataFolder } from '../../../../infra/local/data-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-data-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the data folder', () => {
  it('is made for its owner only, is claimed once, and is free after its release', async () => {
    const path = join(folder, 'deep/data');
    const first = await claimDataFolder(path);
    if (!first.ok) throw new Error(first.error);
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect(await claimDataFolder(path)).toEqual({
      ok: false,
      error: `the data folder ${path} is in use by a running stack`,
    });
    first.value.release();
    const second = await claimDataFolder(path);
    expect(second.ok).toBe(true);
    if (second.ok) second.value.release();
  });

  it('is free once the process that had it was killed', async () => {
    const script = join(folder, 'claim.mjs');
    const module = new URL('../../../../infra/local/data-folder.ts', import.meta.url).href;
    await writeFile(
      script,
      `const { claimDataFolder } = await import(${JSON.stringify(module)});
       await claimDataFolder(${JSON.stringify(folder)});
       process.send('claimed');
       setInterval(() => {}, 1000);`,
    );
    const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
    expect((await claimDataFolder(folder)).ok).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const claimed = await claimDataFolder(folder);
    expect(claimed.ok).toBe(true);
    if (claimed.ok) claimed.value.release();
  });

  it('says in one line when a file stands in its place', async () => {
    const path = join(folder, 'file');
    await writeFile(path, '');
    const claimed = await claimDataFolder(path);
    expect(claimed.ok ? '' : claimed.error).toMatch(/^the data folder .*file cannot be used: [^\n]+$/);
  });
});
