/**
 * Public keys of one Key Vault key, by the key ids that stand in transcripts. An id is an attacker's to choose, so it
 * is never followed: only its version is taken from it, and asked of the vault and the key that the caller named.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { KeyClient, KeyVaultKey } from '@azure/keyvault-keys';
import { isLoopback } from '../config/loopback.ts';
import type { EndorsingKey } from '../transcripts/verify-genesis.ts';
import { withinDeadline } from './deadline.ts';

const MOST_VERSIONS = 1_000;

/** `isOurVault`: whether a vault's URL, as a key id states it, means this client's vault. */
export function createVaultPublicKeys(
  client: KeyClient,
  keyName: string,
  isOurVault: (vaultUrl: URL) => boolean,
): EndorsingKey {
  const found = new Map<string, Promise<KeyObject | undefined>>();
  return (keyId) => {
    const version = versionOf(keyId, keyName, isOurVault);
    if (version === undefined) return Promise.resolve(undefined);
    const known = found.get(version) ?? fetchKey(client, keyName, version);
    // Versions are read from what somebody wrote: no more are kept than any vault has.
    if (found.size >= MOST_VERSIONS) found.clear();
    found.set(version, known);
    // An outage must not outlive itself.
    known.catch(() => found.delete(version));
    return known;
  };
}

/**
 * The vault of this URL and no other. On this machine any: the stand-in gets another port at each start, and key ids
 * keep the old ones.
 */
export function isVault(vaultUrl: string): (url: URL) => boolean {
  const ours = new URL(vaultUrl);
  return isLoopback(ours) ? isLoopback : ({ origin }) => origin === ours.origin;
}

function versionOf(keyId: string, keyName: string, isOurVault: (vaultUrl: URL) => boolean): string | undefined {
  const url = URL.canParse(keyId) ? new URL(keyId) : undefined;
  if (!url || !isOurVault(url)) return undefined;
  const [, collection, name, version, ...rest] = url.pathname.split('/');
  if (collection !== 'keys' || name !== keyName || rest.length > 0) return undefined;
  return version && /^[A-Za-z0-9]{1,64}$/.test(version) ? version : undefined;
}

async function fetchKey(client: KeyClient, keyName: string, version: string): Promise<KeyObject | undefined> {
  let key: KeyVaultKey;
  try {
    key = await client.getKey(keyName, { version, ...withinDeadline() });
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
  const { kty, crv, x, y } = key.key ?? {};
  if (!kty?.startsWith('EC') || crv !== 'P-256' || !x || !y) return undefined;
  const coordinate = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'EC', crv, x: coordinate(x), y: coordinate(y) }, format: 'jwk' });
}
