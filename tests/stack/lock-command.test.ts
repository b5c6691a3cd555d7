/** `sallyport lock` against the Resource Manager stand-in: what it locks, what it refuses, and what it says after a fault. */
import { PassThrough } from 'node:stream';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addLockCommand } from '../../infra/cli/commands/lock.ts';
import type { Terminal } from '../../infra/cli/confirm.ts';
import { CommandFailure, CommandRefusal } from '../../infra/cli/outcome.ts';
import { type Arm, type Policy, startArm } from '../../infra/local/arm/start.ts';
import type { Entra } from '../../infra/local/entra/start.ts';
import { proves } from '../requirements.ts';
import { startSampleEntra } from './entra-client.ts';

const SUBSCRIPTION = '5a11e000-0000-4000-8000-000000000002';
const ACCOUNT = 'sttrsallyport';
const GOOD: Policy = { days: 365, state: 'Unlocked', allowProtectedAppendWrites: true };
const LOCK = 'lock\\?';

let entra: Entra;
let arm: Arm | undefined;

beforeAll(async () => {
  entra = await startSampleEntra();
});
afterAll(() => entra.stop());
afterEach(async () => {
  await arm?.stop();
  vi.restoreAllMocks();
});

async function startAccount(containers: Record<string, Policy | undefined> = {}): Promise<Arm> {
  arm = await startArm({
    keysUrl: entra.keysUrl,
    subscription: SUBSCRIPTION,
    resourceGroup: 'rg-sallyport',
    account: ACCOUNT,
    containers: {
      seals: { ...GOOD, days: 397 },
      'transcripts-standard': GOOD,
      'transcripts-long': { ...GOOD, days: 3_650 },
      ...containers,
    },
  });
  return arm;
}

interface Run {
  readonly stdout: string;
  readonly error: unknown;
}

interface How {
  /** At a terminal; absent: in a script. */
  readonly terminal?: Terminal;
  readonly audience?: string;
}

async function run(flags: readonly string[], how: How = {}): Promise<Run> {
  const { terminal = typing('', false), audience = 'https://management.azure.com' } = how;
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((text: unknown) => void lines.push(String(text)));
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const credential = async () => ({
    getToken: async () => ({
      token: await entra.issueToken({ app: 'gateway-identity', version: 1, audience }),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  });
  const program = new Command().exitOverride();
  addLockCommand(program, { credential, terminal });
  const place = ['--subscription', SUBSCRIPTION, '--resource-group', 'rg-sallyport', '--account', ACCOUNT];
  const where = ['--resource-manager', arm?.url ?? ''];
  const error = await program.parseAsync(['node', 'sallyport', 'lock', ...place, ...where, ...flags]).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  return { stdout: lines.join('\n'), error };
}

/** Somebody who types this, or a pipe. */
function typing(text: string, isTTY = true) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  input.end(text);
  return { input, output };
}

const CONTAINERS = ['seals', 'transcripts-standard', 'transcripts-long'];
const states = (of: Arm) => CONTAINERS.map((container) => of.policyOf(container)?.state);
const locksOf = ({ asked }: Arm) => asked.filter((line) => line.startsWith('POST'));

describe('sallyport lock', () => {
  it(
    proves(
      'lock.confirm',
      'says what it means, locks what was shown once the account’s name is typed, and what comes next',
    ),
    async () => {
      const account = await startAccount();
      const terminal = typing(`${ACCOUNT}\n`);
      const { stdout, error } = await run([], { terminal });
      expect(error).toBeUndefined();
      expect(String(terminal.output.read())).toContain(`Lock ${ACCOUNT} for good? Type ${ACCOUNT} to go on: `);
      expect(states(account)).toEqual(['Locked', 'Locked', 'Locked']);
      expect(stdout).toContain('Locking can’t be undone, by anybody');
      expect(stdout).toContain('transcripts-long stays, unchanged, for 3650 days');
      expect(stdout).toContain('SALLYPORT_LOCKED_CONTAINERS=seals,transcripts-long,transcripts-standard');
    },
  );

  it.each([
    ['another name', 'sttrother\n'],
    ['yes', 'yes\n'],
    ['nothing', ''],
  ])(proves('lock.confirm', 'locks nothing when %s is typed'), async (_what, typed) => {
    const account = await startAccount();
    const { error } = await run([], { terminal: typing(typed) });
    expect(error).toBeInstanceOf(CommandRefusal);
    expect(locksOf(account)).toEqual([]);
  });

  it(
    proves('lock.confirm', 'locks nothing where nobody is there to ask, unless the account is named twice'),
    async () => {
      const account = await startAccount();
      expect((await run([])).error).toBeInstanceOf(CommandFailure);
      expect((await run(['--yes-lock', 'sttrother'])).error).toBeInstanceOf(CommandFailure);
      expect(locksOf(account)).toEqual([]);
      expect((await run(['--yes-lock', ACCOUNT])).error).toBeUndefined();
      expect(states(account)).toEqual(['Locked', 'Locked', 'Locked']);
    },
  );

  it(proves('lock.confirm', 'locks nothing in a dry run'), async () => {
    const account = await startAccount();
    const { stdout, error } = await run(['--dry-run', '--json', '--yes-lock', ACCOUNT]);
    expect(error).toBeUndefined();
    expect(locksOf(account)).toEqual([]);
    expect(JSON.parse(stdout)).toMatchObject({ account: ACCOUNT, dryRun: true, lockedNow: [], problems: [] });
  });

  it(proves('lock.refused', 'locks nothing while one policy does not allow appending'), async () => {
    const account = await startAccount({ 'transcripts-long': { days: 3_650, state: 'Unlocked' } });
    const { error } = await run(['--yes-lock', ACCOUNT]);
    expect(error).toBeInstanceOf(CommandRefusal);
    expect(String(error)).toContain('transcripts-long does not allow protected append writes');
    expect(locksOf(account)).toEqual([]);
  });

  it(proves('lock.refused', 'locks nothing while one container has no policy'), async () => {
    const account = await startAccount({ 'transcripts-new': undefined });
    const { error } = await run(['--yes-lock', ACCOUNT]);
    expect(String(error)).toContain('transcripts-new has no immutability policy');
    expect(locksOf(account)).toEqual([]);
  });

  it('takes the wider permission to append for one, and leaves other containers alone', async () => {
    const wide = { days: 365, state: 'Unlocked', allowProtectedAppendWritesAll: true } as const;
    const account = await startAccount({ 'transcripts-standard': wide, photos: { days: 1, state: 'Unlocked' } });
    const { stdout, error } = await run(['--yes-lock', ACCOUNT]);
    expect(error).toBeUndefined();
    expect(stdout).toContain('left alone: photos');
    expect(account.policyOf('photos')?.state).toBe('Unlocked');
  });

  it('names what is locked already, and does nothing twice', async () => {
    const account = await startAccount();
    await run(['--yes-lock', ACCOUNT]);
    const first = locksOf(account).length;
    const { stdout, error } = await run(['--yes-lock', ACCOUNT]);
    expect(error).toBeUndefined();
    expect(stdout).toContain('everything in sttrsallyport is locked already');
    expect(locksOf(account)).toHaveLength(first);
  });

  it(
    proves('lock.etag', 'locks no policy that changed since it was shown, and says what was locked until then'),
    async () => {
      const account = await startAccount();
      const input = Object.assign(new PassThrough(), { isTTY: true });
      const output = Object.assign(new PassThrough(), { isTTY: true });
      // Between what was shown and what was typed, somebody changes it.
      output.once('data', () => {
        account.change('transcripts-long', { ...GOOD, days: 1 });
        // Nobody types before the question stands.
        setImmediate(() => input.end(`${ACCOUNT}\n`));
      });
      const { error } = await run([], { terminal: { input, output } });
      expect(error).toBeInstanceOf(CommandRefusal);
      expect(String(error)).toMatch(
        /transcripts-long changed since it was shown; locked until then: seals\. Look again/,
      );
      expect(states(account)).toEqual(['Locked', 'Unlocked', 'Unlocked']);
    },
  );

  it.each(['drop', 'fail'] as const)(
    proves('lock.etag', 'reads a policy again when the answer to its lock is lost (%s)'),
    async (does) => {
      const account = await startAccount();
      account.faults.add(
        does === 'drop' ? { path: LOCK, does, when: 'after' } : { path: LOCK, does, when: 'after', status: 503 },
      );
      expect((await run(['--yes-lock', ACCOUNT])).error).toBeUndefined();
      expect(states(account)).toEqual(['Locked', 'Locked', 'Locked']);
      expect(locksOf(account)).toHaveLength(3);
    },
  );

  it(proves('lock.etag', 'goes on from where it stopped'), async () => {
    const account = await startAccount();
    account.faults.add({ path: `transcripts-long.*${LOCK}`, does: 'fail', status: 503 });
    const { error } = await run(['--yes-lock', ACCOUNT]);
    expect(error).toBeInstanceOf(CommandFailure);
    expect(String(error)).toMatch(/locked until then: seals\. Run it again/);
    expect((await run(['--yes-lock', ACCOUNT])).error).toBeUndefined();
    expect(states(account)).toEqual(['Locked', 'Locked', 'Locked']);
  });

  it('can’t do it with a token for something else, for another account, or for what is no account', async () => {
    await startAccount();
    expect((await run(['--yes-lock', ACCOUNT], { audience: 'https://vault.azure.net' })).error).toBeInstanceOf(
      CommandFailure,
    );
    for (const flags of [
      ['--account', 'sttrother'],
      ['--account', '../x'],
      ['--subscription', 'mine'],
      ['--resource-group', 'a/b'],
      ['--resource-manager', 'http://management.example.com'],
    ]) {
      expect((await run([...flags, '--yes-lock', ACCOUNT])).error).toBeInstanceOf(CommandFailure);
    }
  });
});
