/** What a sealed value is bound to, whatever its content (DESIGN §7). */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyPurpose, Keyring } from '../../shared/keys/keyring.ts';
import { addKeyVersion, loadKeyring } from '../../shared/keys/load-keyring.ts';
import { proves } from '../requirements.ts';
import { createMemoryTable, createMemoryWrapper } from '../unit/keys/memory-vault.ts';

const purpose = fc.constantFrom<KeyPurpose>('session-id', 'mcp-session', 'request-state', 'cookie', 'token', 'taint');
const text = fc.string({ unit: 'binary', maxLength: 60 });
const bytes = fc.uint8Array({ maxLength: 200 });

describe('sealed values', () => {
  let keyring: Keyring;
  let other: Keyring;

  beforeAll(async () => {
    const vault = () => ({ store: createMemoryTable(), wrapper: createMemoryWrapper(), randomBytes });
    const rotated = vault();
    await loadKeyring(rotated);
    await addKeyVersion(rotated);
    keyring = await loadKeyring(rotated);
    other = await loadKeyring(vault());
  });

  it(proves('keys.binding', 'open for their purpose and additional data, and for no others'), () => {
    fc.assert(
      fc.property(purpose, purpose, text, text, bytes, (a, b, aad, anotherAad, plaintext) => {
        const sealed = keyring.seal(a, aad, plaintext);
        expect(sealed).toMatch(/^2\.[A-Za-z0-9_-]+$/);
        expect(keyring.open(a, aad, sealed)).toEqual(plaintext);
        if (b !== a || anotherAad !== aad) expect(keyring.open(b, anotherAad, sealed)).toBeUndefined();
        expect(other.open(a, aad, sealed)).toBeUndefined();
      }),
    );
  });

  it(proves('keys.binding', 'do not open when one character is another'), () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    fc.assert(
      fc.property(bytes, fc.nat(), fc.constantFrom(...alphabet), (plaintext, position, character) => {
        const sealed = keyring.seal('cookie', 'row', plaintext);
        const at = position % sealed.length;
        fc.pre(sealed[at] !== character);
        expect(keyring.open('cookie', 'row', sealed.slice(0, at) + character + sealed.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it('are never alike, even for the same content', () => {
    const sealed = Array.from({ length: 1_000 }, () => keyring.seal('token', '', new Uint8Array(8)));
    expect(new Set(sealed).size).toBe(1_000);
  });

  it('never make open throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          text.map((body) => `1.${body}`),
        ),
        text,
        (sealed, aad) => {
          expect(keyring.open('cookie', aad, sealed)).toBeUndefined();
        },
      ),
    );
  });

  it('have names that differ when anything differs', () => {
    fc.assert(
      fc.property(purpose, purpose, text, text, (a, b, left, right) => {
        const isSame = a === b && left === right;
        expect(keyring.name(a, left) === keyring.name(b, right)).toBe(isSame);
      }),
    );
  });
});
