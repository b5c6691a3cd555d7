/** The credential broker over a vault in memory (DESIGN §2.6). */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CredentialUnavailable, createCredentialBroker } from '../../../shared/credentials/broker.ts';
import { proves } from '../../requirements.ts';

const CONFIG = { secret: 'crm-api-key', header: 'X-Api-Key' };

function createVault(initial: string) {
  const vault = {
    value: initial,
    version: 'v1',
    nowMs: 1_000_000,
    reads: 0,
    isDown: false,
    read: async (_name: string) => {
      vault.reads += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (vault.isDown) throw new Error('503 from the vault');
      return { value: vault.value, version: vault.version };
    },
  };
  return vault;
}

function createBroker(vault: ReturnType<typeof createVault>, maxEntries?: number) {
  return createCredentialBroker({
    source: vault,
    nowMs: () => vault.nowMs,
    ...(maxEntries === undefined ? {} : { maxEntries }),
  });
}

describe('credentialFor', () => {
  it('gives the header in lower case, the value with its scheme, the secret and its version', async () => {
    const broker = createBroker(createVault('s3cret-value'));
    const plain = await broker.credentialFor(CONFIG);
    expect([plain.header, plain.value.reveal(), plain.secret, plain.version]).toEqual([
      'x-api-key',
      's3cret-value',
      'crm-api-key',
      'v1',
    ]);
    const bearer = await broker.credentialFor({ ...CONFIG, header: 'authorization', scheme: 'Bearer' });
    expect(bearer.value.reveal()).toBe('Bearer s3cret-value');
  });

  it(
    proves('credentials.cached', 'reads a secret once for calls that come together, and not again for 5 minutes'),
    async () => {
      const vault = createVault('s3cret-value');
      const broker = createBroker(vault);
      await Promise.all(Array.from({ length: 20 }, () => broker.credentialFor(CONFIG)));
      vault.nowMs += 299_999;
      await broker.credentialFor(CONFIG);
      expect(vault.reads).toBe(1);
      vault.nowMs += 1;
      await broker.credentialFor(CONFIG);
      expect(vault.reads).toBe(2);
    },
  );

  it(proves('credentials.cached', 'keeps no more secrets than its bound'), async () => {
    const vault = createVault('s3cret-value');
    const broker = createBroker(vault, 2);
    for (const secret of ['a', 'b', 'c']) await broker.credentialFor({ ...CONFIG, secret });
    expect(vault.reads).toBe(3);
    await broker.credentialFor({ ...CONFIG, secret: 'c' });
    await broker.credentialFor({ ...CONFIG, secret: 'b' });
    expect(vault.reads).toBe(3);
    await broker.credentialFor({ ...CONFIG, secret: 'a' });
    expect(vault.reads).toBe(4);
  });

  it('asks a dead vault once a second, and remembers no failure longer', async () => {
    const vault = createVault('s3cret-value');
    const broker = createBroker(vault);
    vault.isDown = true;
    const failures = await Promise.allSettled(Array.from({ length: 5 }, () => broker.credentialFor(CONFIG)));
    expect(failures.every((each) => each.status === 'rejected')).toBe(true);
    await expect(broker.credentialFor(CONFIG)).rejects.toBeInstanceOf(CredentialUnavailable);
    expect(vault.reads).toBe(1);
    vault.isDown = false;
    vault.nowMs += 1_000;
    expect((await broker.credentialFor(CONFIG)).version).toBe('v1');
  });

  it('does not serve a value past its time while the vault is down', async () => {
    const vault = createVault('s3cret-value');
    const broker = createBroker(vault);
    await broker.credentialFor(CONFIG);
    vault.isDown = true;
    vault.nowMs += 300_000;
    await expect(broker.credentialFor(CONFIG)).rejects.toBeInstanceOf(CredentialUnavailable);
  });

  it.each([
    ['a line break', 'abc\r\nx-admin: 1'],
    ['a trailing line feed', 'abcdefgh\n'],
    ['a space around it', ' abcdefgh'],
    ['a character beyond ASCII', 'abcdéfgh'],
    ['a NUL', 'abcd\0efgh'],
    ['nothing', ''],
    ['too much', 'a'.repeat(8_193)],
  ])('refuses a secret with %s, and does not show it', async (_what, value) => {
    const broker = createBroker(createVault(value));
    const failure = await broker.credentialFor(CONFIG).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CredentialUnavailable);
    expect(failure).toMatchObject({ message: 'the upstream credential is unavailable', secret: 'crm-api-key' });
    if (value !== '') expect(inspect(failure, { depth: 9 })).not.toContain(value);
  });
});

describe('invalidate', () => {
  it('reads a rotated secret after the upstream refused the old version', async () => {
    const vault = createVault('old-value');
    const broker = createBroker(vault);
    await broker.credentialFor(CONFIG);
    vault.value = 'new-value';
    vault.version = 'v2';
    vault.nowMs += 5_000;
    broker.invalidate(CONFIG.secret, 'v1');
    expect((await broker.credentialFor(CONFIG)).value.reveal()).toBe('new-value');
    broker.invalidate(CONFIG.secret, 'v1');
    await broker.credentialFor(CONFIG);
    expect(vault.reads).toBe(2);
  });

  it('does not let an upstream that refuses everything hammer the vault', async () => {
    const vault = createVault('s3cret-value');
    const broker = createBroker(vault);
    for (let call = 0; call < 100; call += 1) {
      await broker.credentialFor(CONFIG);
      broker.invalidate(CONFIG.secret, 'v1');
      vault.nowMs += 100;
    }
    expect(vault.reads).toBeLessThanOrEqual(3);
  });
});

describe('the value', () => {
  it(proves('credentials.redacted', 'shows nothing when printed, inspected, joined or serialised'), async () => {
    const broker = createBroker(createVault('s3cret-value'));
    const credential = await broker.credentialFor({ ...CONFIG, scheme: 'Bearer' });
    const shown = [
      `${credential.value}`,
      String(credential.value),
      inspect(credential, { depth: 9, showHidden: true }),
      JSON.stringify(credential),
      JSON.stringify({ ...credential.value }),
      Object.values(credential).join(),
    ];
    for (const text of shown) expect(text).not.toContain('s3cret');
  });
});
