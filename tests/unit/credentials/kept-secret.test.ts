import { beforeEach, describe, expect, it } from 'vitest';
import { createKeptSecret, type KeptSecret } from '../../../shared/credentials/kept-secret.ts';

let nowMs: number;
let reads: number;
let vault: { value: string; version: string } | undefined;
let secret: KeptSecret;

beforeEach(() => {
  [nowMs, reads, vault] = [0, 0, { value: 'one', version: 'v1' }];
  secret = createKeptSecret({
    name: 'teams',
    nowMs: () => nowMs,
    source: {
      async read() {
        reads += 1;
        if (vault === undefined) throw new Error('the vault is down');
        return vault;
      },
    },
  });
});

const readValue = async () => (await secret.current()).value.reveal();

describe('a kept secret', () => {
  it('is read once for all who ask at once, and again when its time is over', async () => {
    expect(await Promise.all([readValue(), readValue()])).toEqual(['one', 'one']);
    nowMs = 299_999;
    vault = { value: 'two', version: 'v2' };
    expect(await readValue()).toBe('one');
    expect(reads).toBe(1);
    nowMs = 300_000;
    expect(await readValue()).toBe('two');
  });

  it('is not served past its time while the vault is down, which is asked once a second', async () => {
    await readValue();
    vault = undefined;
    nowMs = 300_000;
    await expect(readValue()).rejects.toThrow('the vault is down');
    await expect(readValue()).rejects.toThrow('the vault is down');
    expect(reads).toBe(2);
    nowMs += 1_000;
    vault = { value: 'two', version: 'v2' };
    expect(await readValue()).toBe('two');
  });

  it('does not print', async () => {
    expect(JSON.stringify(await secret.current())).not.toContain('one');
  });
});

describe('a newer version', () => {
  it('is found at once when the known one was refused, and then known', async () => {
    await secret.current();
    vault = { value: 'two', version: 'v2' };
    expect((await secret.newerThan('v1'))?.version).toBe('v2');
    expect(await readValue()).toBe('two');
  });

  it('is looked for once a minute at most, however often the known one is refused', async () => {
    await secret.current();
    for (let refusals = 0; refusals < 100; refusals += 1) expect(await secret.newerThan('v1')).toBeUndefined();
    expect(reads).toBe(2);
    nowMs += 60_000;
    vault = { value: 'two', version: 'v2' };
    expect((await secret.newerThan('v1'))?.version).toBe('v2');
  });

  it('is the known one when another was refused', async () => {
    await secret.current();
    expect((await secret.newerThan('v0'))?.version).toBe('v1');
    expect(reads).toBe(1);
  });
});
