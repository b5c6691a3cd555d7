/**
 * Signatures by the vault's P-256 key (ES256, FIPS 186-5): `r` and `s` side by side, 64 bytes, as JOSE has them.
 * The key never leaves the vault. Its newest version is looked up once per process; a new version is taken up by the
 * processes started after it.
 */
import type { KeyClient } from '@azure/keyvault-keys';
import type { Endorser } from '../transcripts/writer.ts';
import { withinDeadline } from './deadline.ts';
import { newestKeyVersion, type VaultKeyVersion } from './key-vault-key.ts';

const DIGEST_BYTES = 32;
const SIGNATURE_BYTES = 64;

export function createKeyVaultEndorser(client: KeyClient, keyName: string): Endorser {
  let newest: Promise<VaultKeyVersion> | undefined;

  const signingKey = (): Promise<VaultKeyVersion> => {
    newest ??= newestKeyVersion(client, keyName).catch((cause: unknown) => {
      // An outage at the first signature must not outlive it.
      newest = undefined;
      throw cause;
    });
    return newest;
  };

  return {
    sign: async (digest) => {
      if (digest.byteLength !== DIGEST_BYTES) throw new RangeError(`a SHA-256 digest has ${DIGEST_BYTES} bytes`);
      const { keyId, cryptography } = await signingKey();
      const { result } = await cryptography.sign('ES256', digest, withinDeadline());
      if (result.byteLength !== SIGNATURE_BYTES) throw new Error('the vault answered with another kind of signature');
      return { keyId, signature: result };
    },
  };
}
