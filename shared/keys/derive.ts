/**
 * Keys from masters: HKDF-SHA-256 (RFC 5869), one key per version, purpose and use, so that a name never tells
 * anything about a seal. Derived once, then kept, as the object that Node's cryptography takes without reading it anew.
 * Never hands out a master, nor a key's bytes to whoever prints one.
 */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import type { KeyPurpose } from './keyring.ts';

/** `name` keys go into HMAC, `seal` keys into AES-GCM: never one key for two algorithms. */
export type KeyUse = 'name' | 'seal';

/** Undefined for a version this process does not hold. */
export type DeriveKey = (version: number, purpose: KeyPurpose, use: KeyUse) => KeyObject | undefined;

const KEY_BYTES = 32;

export function createKeyDeriver(masters: ReadonlyMap<number, Uint8Array>): DeriveKey {
  const derived = new Map<string, KeyObject>();
  return (version, purpose, use) => {
    // No part can hold a slash: the purpose and the use are words of ours, the version a number.
    const info = `sallyport/keyring/v1/${use}/${purpose}/${version}`;
    const known = derived.get(info);
    if (known !== undefined) return known;
    const master = masters.get(version);
    if (master === undefined) return undefined;
    const key = createSecretKey(new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), info, KEY_BYTES)));
    derived.set(info, key);
    return key;
  };
}
