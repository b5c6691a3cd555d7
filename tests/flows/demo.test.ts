/** `npm run demo` as its reader runs it: beside a running `npm start`. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proves } from '../requirements.ts';
import { appDir } from './support/stack.ts';

let folder: string;
let running: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-demo-'));
});
afterEach(async () => {
  if (running?.exitCode === null) {
    running.kill('SIGTERM');
    await once(running, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

/** Starts the stack on this configuration; resolves with its port. */
async function start(configDir: string): Promise<string> {
  const flags = ['--config', configDir, '--data', join(folder, 'data'), '--port', '0', '--ephemeral', '--quiet'];
  running = spawn(process.execPath, [join(appDir, 'infra/local/start.ts'), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The story waits for a seal.
    env: { ...process.env, SEAL_SCHEDULE: '*/2 * * * * *' },
  });
  for await (const line of createInterface({ input: running.stdout ?? process.stdin })) {
    const port = /^ready http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('the stack did not start');
}

function demo(port: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(appDir, 'infra/local/demo.ts'), '--port', port], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: `${stdout}${stderr}` }),
    );
  });
}

describe('the demo', () => {
  it(proves('demo.story', 'tells the story, every step as told, and can tell it again'), async () => {
    const port = await start(join(appDir, 'infra/config'));
    for (const { code, output } of [await demo(port), await demo(port)]) {
      expect(output).not.toContain('✗');
      expect(output).toContain('Everything as told.');
      expect(output.match(/^✓/gm)).toHaveLength(26);
      expect(code).toBe(0);
    }
  }, 180_000);

  it(proves('demo.story', 'exits with 1 where a step is not as told'), async () => {
    const configDir = join(folder, 'config');
    await cp(join(appDir, 'infra/config'), configDir, { recursive: true });
    const policies = await readFile(join(configDir, 'policies.cedar'), 'utf8');
    await writeFile(
      join(configDir, 'policies.cedar'),
      policies.replace('context.args.amount > 500 }', 'context.args.amount > 900 }'),
    );
    const { code, output } = await demo(await start(configDir));
    expect(output).toContain('✗ A refund over 500 needs finance');
    expect(output).toContain('✓ Deleting a customer is held');
    expect(code).toBe(1);
  }, 180_000);

  it('says in one line that nothing runs, and exits with 2', async () => {
    const { code, output } = await demo('1');
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});
