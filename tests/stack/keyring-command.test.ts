/** `sallyport keyring` on the stack's vault and tables: a new version seals, the old one opens, and a doubt makes nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeyring } from '../../infra/cli/keyring/open-keyring.ts';
import { describeStack } from '../../infra/local/describe-stack.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { writeStackFile } from '../../infra/local/stack-file.ts';
import { loadKeyring } from '../../shared/keys/load-keyring.ts';
import { proves } from '../requirements.ts';
import { type Ended, runSallyport } from './sallyport-process.ts';

const appDir = join(import.meta.dirname, '../..');
let stack: Stack;
let data: string;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'sallyport-keyring-'));
  const configDir = join(appDir, 'infra/config');
  stack = await startStack({ appDir, configDir, port: 0, instances: 1, gateway: false });
  await writeStackFile(data, describeStack(stack));
});
afterAll(async () => {
  await stack?.stop();
  await rm(data, { recursive: true, force: true });
});

const run = (...args: string[]): Promise<Ended> => runSallyport(['keyring', ...args, '--local', '--data', data]);

async function load() {
  const names = { wrappingKey: 'keyring', signingKey: 'transcript-seal' };
  return loadKeyring(await openKeyring({ local: true, data, ...names }));
}

describe('sallyport keyring', () => {
  it(
    proves('cli.keyring', 'makes a version that seals from then on, and what the older ones sealed opens'),
    async () => {
      expect(await run('list')).toMatchObject({ code: 1, stdout: '' });
      const first = await load();
      const sealed = first.seal('cookie', 'aad', Buffer.from('kept'));

      const added = await run('add', '--yes');
      expect(added).toMatchObject({ code: 0, stdout: 'version 2 stands: start the app now\n' });
      expect(added.stderr).toContain('stop the app first');

      const second = await load();
      expect(second.version).toBe(2);
      expect(Buffer.from(second.open('cookie', 'aad', sealed) ?? []).toString()).toBe('kept');
      expect(first.open('cookie', 'aad', second.seal('cookie', 'aad', Buffer.from('new')))).toBeUndefined();
      const { stdout } = await run('list', '--json');
      expect(JSON.parse(stdout)).toEqual({
        versions: [1, 2].map((version) => ({ version, wrappedBy: expect.stringContaining('/keys/keyring/') })),
      });
    },
  );

  it(proves('cli.keyring', 'makes nothing in a script that does not say that instances are stopped'), async () => {
    const before = (await run('list')).stdout;
    expect(await run('add')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('say --yes') });
    expect((await run('list')).stdout).toBe(before);
  });

  it('says in a line what could not be done, and makes nothing', async () => {
    const before = (await run('list')).stdout;
    const failed = await run('add', '--yes', '--wrapping-key', 'no-such-key');
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect(failed.stderr).toMatch(/keyring version \d+ could not be wrapped \(HTTP 404, KeyNotFound\)\n$/);
    expect(failed.stderr).not.toContain('    at ');
    expect((await run('list')).stdout).toBe(before);
    for (const place of [[], ['--vault', 'https://v.example'], ['--vault', 'v', '--tables', 'https://t.example']]) {
      expect((await runSallyport(['keyring', 'list', ...place])).code).toBe(2);
    }
  });
});
