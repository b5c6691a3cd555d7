/**
 * Finds a key of our vault: its newest version for new work, a named version for old work.
 * Never follows a key id to another vault or another key, whatever a row says.
 */
import type { CryptographyClient, KeyClient, KeyVaultKey } from '@azure/keyvault-keys';
import { withinDeadline } from './deadline.ts';

export interface VaultKeyVersion {
  /** `{vault}/keys/{name}/{version}` */
  readonly keyId: string;
  readonly cryptography: CryptographyClient;
}

export async function newestKeyVersion(client: KeyClient, name: string): Promise<VaultKeyVersion> {
  const key = await client.getKey(name, withinDeadline());
  const version = key.properties.version;
  if (key.id === undefined || version === undefined) throw new Error(`the vault answered without a version of ${name}`);
  return { keyId: key.id, cryptography: client.getCryptographyClient(name, { keyVersion: version }) };
}

/** Throws when `keyId` is not a version of this very key. */
export function keyVersion(client: KeyClient, name: string, keyId: string): VaultKeyVersion {
  const version = versionOf(client, name, keyId);
  return { keyId, cryptography: client.getCryptographyClient(name, { keyVersion: version }) };
}

/** The public part of a named version, for checking signatures here. */
export async function publicKeyOf(client: KeyClient, name: string, keyId: string): Promise<KeyVaultKey> {
  return client.getKey(name, { version: versionOf(client, name, keyId), ...withinDeadline() });
}

function versionOf(client: KeyClient, name: string, keyId: string): string {
  const prefix = new URL(`keys/${name}/`, client.vaultUrl).href;
  const version = keyId.startsWith(prefix) ? keyId.slice(prefix.length) : '';
  if (!/^[A-Za-z0-9]{1,64}$/.test(version)) throw new Error(`not a version of the vault's key ${name}`);
  return version;
}
