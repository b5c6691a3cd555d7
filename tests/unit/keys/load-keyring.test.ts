/** The keyring over a vault and a table in memory (DESIGN §7). The real ones: tests/stack/keys-key-vault.test.ts. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeyPurpose } from '../../../shared/keys/keyring.ts';
import { addKeyVersion, loadKeyring } from '../../../shared/keys/load-keyring.ts';
import { KeyringUnavailable } from '../../../shared/keys/master.ts';
import { proves } from '../../requirements.ts';
import { createMemoryTable, createMemoryWrapper } from './memory-vault.ts';

const purposes: readonly KeyPurpose[] = [
  'session-id',
  'mcp-session',
  'request-state',
  'cookie',
  'fingerprint',
  'sealed-store',
  'token',
  'taint',
];

function createVault() {
  return { store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes };
}

const text = (value: string) => Buffer.from(value, 'utf8');

describe('loadKeyring', () => {
  it(proves('keys.keyring', 'makes version 1 once, and later processes have the same keys'), async () => {
    const vault = createVault();
    const first = await loadKeyring(vault);
    const second = await loadKeyring(vault);
    expect(vault.store.rows.size).toBe(1);
    expect(second.version).toBe(1);
    expect(second.name('session-id', 'alice')).toBe(first.name('session-id', 'alice'));
    expect(second.open('cookie', 'row', first.seal('cookie', 'row', text('hello')))).toEqual(
      Uint8Array.from(text('hello')),
    );
  });

  it(proves('keys.keyring', 'unwraps each version once, whatever is asked of it afterwards'), async () => {
    const vault = createVault();
    await loadKeyring(vault);
    await addKeyVersion(vault);
    vault.wrapper.unwraps = 0;
    const keyring = await loadKeyring(vault);
    for (const purpose of purposes) keyring.open(purpose, 'row', keyring.seal(purpose, 'row', text('x')));
    expect(vault.wrapper.unwraps).toBe(2);
  });

  it(proves('keys.keyring', 'gives every purpose names of its own, safe in paths and headers'), async () => {
    const keyring = await loadKeyring(createVault());
    const names = purposes.map((purpose) => keyring.name(purpose, 'alice'));
    expect(new Set(names).size).toBe(purposes.length);
    for (const name of names) expect(name).toMatch(/^k1-[0-9a-f]{32}$/);
  });

  it('keeps names apart that differ only in a lone surrogate', async () => {
    const keyring = await loadKeyring(createVault());
    expect(keyring.name('fingerprint', 'a\ud800')).not.toBe(keyring.name('fingerprint', 'a\ud801'));
  });

  it(proves('keys.race', 'ends with one version when two processes start at once'), async () => {
    const vault = createVault();
    const [a, b] = await Promise.all([loadKeyring(vault), loadKeyring(vault)]);
    expect(vault.store.rows.size).toBe(1);
    expect(a?.name('token', 'x')).toBe(b?.name('token', 'x'));
  });

  it(proves('keys.race', 'uses the row that stands when the response to the first insert was lost'), async () => {
    const vault = createVault();
    vault.store.loseNextResponse = true;
    const first = await loadKeyring(vault);
    const second = await loadKeyring(vault);
    expect(first.name('token', 'x')).toBe(second.name('token', 'x'));
  });

  it('does not start on an insert that failed and left nothing', async () => {
    const vault = createVault();
    const store = { ...vault.store, insert: () => Promise.reject(new Error('503')) };
    await expect(loadKeyring({ ...vault, store })).rejects.toThrow('keyring version 1 could not be stored');
  });

  it('names the version that cannot be unwrapped, and keeps the reason', async () => {
    const vault = createVault();
    await loadKeyring(vault);
    vault.store.rows.set(2, { version: 2, keyId: 'memory/1', wrapped: randomBytes(80) });
    const failure = await loadKeyring(vault).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(KeyringUnavailable);
    expect(failure).toMatchObject({ message: 'keyring version 2 could not be unwrapped', cause: expect.any(Error) });
  });

  it('refuses a row that was moved to another version', async () => {
    const vault = createVault();
    await loadKeyring(vault);
    const first = vault.store.rows.get(1);
    if (first === undefined) throw new Error('version 1 stands');
    vault.store.rows.set(2, { ...first, version: 2 });
    await expect(loadKeyring(vault)).rejects.toThrow('keyring version 2 holds something else');
  });

  it('refuses a wrapper whose work it cannot undo, before the row is written', async () => {
    const vault = createVault();
    const wrapper = {
      ...vault.wrapper,
      unwrap: vault.wrapper.unwrap,
      wrap: async () => ({ keyId: 'memory/1', wrapped: randomBytes(80) }),
    };
    await expect(loadKeyring({ ...vault, wrapper })).rejects.toBeInstanceOf(KeyringUnavailable);
    expect(vault.store.rows.size).toBe(0);
  });

  it('refuses a table whose versions are not numbers of ours', async () => {
    const vault = createVault();
    const store = { ...vault.store, list: async () => [{ version: 0, keyId: 'memory/1', wrapped: randomBytes(80) }] };
    await expect(loadKeyring({ ...vault, store })).rejects.toThrow('a row with version 0');
  });
});

describe('addKeyVersion', () => {
  it(
    proves('keys.rotation', 'seals with the newest version only, and opens and finds what older ones made'),
    async () => {
      const vault = createVault();
      const before = await loadKeyring(vault);
      const oldName = before.name('session-id', 'alice');
      const oldSealed = before.seal('mcp-session', 'alice', text('upstream'));
      expect(await addKeyVersion(vault)).toBe(2);
      const after = await loadKeyring(vault);
      expect(after.version).toBe(2);
      expect(after.name('session-id', 'alice')).toMatch(/^k2-/);
      expect(after.names('session-id', 'alice')).toEqual([after.name('session-id', 'alice'), oldName]);
      expect(after.seal('mcp-session', 'alice', text('upstream'))).toMatch(/^2\./);
      expect(after.open('mcp-session', 'alice', oldSealed)).toEqual(Uint8Array.from(text('upstream')));
    },
  );

  it(proves('keys.rotation', 'does not open what a version it does not hold has sealed'), async () => {
    const vault = createVault();
    const running = await loadKeyring(vault);
    await addKeyVersion(vault);
    const restarted = await loadKeyring(vault);
    expect(running.open('cookie', '', restarted.seal('cookie', '', text('x')))).toBeUndefined();
  });

  it('makes one version when two operators ask at once', async () => {
    const vault = createVault();
    await loadKeyring(vault);
    expect(await Promise.all([addKeyVersion(vault), addKeyVersion(vault)])).toEqual([2, 2]);
    expect([...vault.store.rows.keys()]).toEqual([1, 2]);
  });

  it('keeps working when an old version was retired', async () => {
    const vault = createVault();
    const first = await loadKeyring(vault);
    await addKeyVersion(vault);
    vault.store.rows.delete(1);
    const keyring = await loadKeyring(vault);
    expect(keyring.names('token', 'x')).toHaveLength(1);
    expect(keyring.open('cookie', '', first.seal('cookie', '', text('x')))).toBeUndefined();
    expect(await addKeyVersion(vault)).toBe(3);
  });
});

describe('open', () => {
  it(proves('keys.binding', 'refuses another purpose and other additional data'), async () => {
    const keyring = await loadKeyring(createVault());
    const sealed = keyring.seal('cookie', 'alice', text('x'));
    expect(keyring.open('cookie', 'alice', sealed)).toBeDefined();
    expect(keyring.open('token', 'alice', sealed)).toBeUndefined();
    expect(keyring.open('cookie', 'mallory', sealed)).toBeUndefined();
    expect(keyring.open('cookie', '', sealed)).toBeUndefined();
  });

  it('gives undefined for whatever is not a sealed text, and never throws', async () => {
    const keyring = await loadKeyring(createVault());
    const sealed = keyring.seal('cookie', '', text('x'));
    const hostile = [
      '',
      '1',
      '1.',
      '1.AA',
      `01${sealed.slice(1)}`,
      `2${sealed.slice(1)}`,
      ` ${sealed}`,
      `${sealed}\n`,
      `${sealed}=`,
      sealed.slice(0, -1),
      `1.${'A'.repeat(1_000_000)}`,
      `1.${'\u0000'.repeat(60)}`,
      '1.\ud800',
      '99999999999999999999.AAAA',
    ];
    for (const each of hostile) expect(keyring.open('cookie', '', each)).toBeUndefined();
  });

  it('refuses another spelling of the same bytes', async () => {
    const keyring = await loadKeyring(createVault());
    // 28 + 2 bytes are a multiple of 3, so one byte leaves spare bits in the last character.
    const sealed = keyring.seal('cookie', '', text('x'));
    const last = sealed.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const respelt = sealed.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    expect(Buffer.from(respelt.slice(2), 'base64url')).toEqual(Buffer.from(sealed.slice(2), 'base64url'));
    expect(keyring.open('cookie', '', respelt)).toBeUndefined();
  });

  it('refuses to seal what is too large to travel', async () => {
    const keyring = await loadKeyring(createVault());
    expect(() => keyring.seal('cookie', '', new Uint8Array(256 * 1024 + 1))).toThrow(RangeError);
    const largest = new Uint8Array(256 * 1024).fill(7);
    expect(keyring.open('cookie', '', keyring.seal('cookie', '', largest))).toEqual(largest);
  });
});
