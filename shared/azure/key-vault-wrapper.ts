/**
 * The keyring's wrapper over Azure Key Vault: RSA-OAEP-256 (RFC 8017 §7.1), then an ES256 signature by the vault's
 * signing key over the wrapped bytes and the wrapping key's id. RSA-OAEP alone authenticates nobody: anyone with the
 * public key could wrap a master they know and, with access to the table, plant it. The signature takes the vault.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import type { KeyClient } from '@azure/keyvault-keys';
import * as z from 'zod';
import type { KeyWrapper } from '../keys/master.ts';
import type { Endorser } from '../transcripts/writer.ts';
import { withinDeadline } from './deadline.ts';
import { keyVersion, newestKeyVersion, publicKeyOf } from './key-vault-key.ts';

export interface KeyVaultWrapperOptions {
  readonly client: KeyClient;
  /** The RSA key that wraps. */
  readonly wrappingKey: string;
  /** The P-256 key whose signatures count, and who makes them. */
  readonly signingKey: string;
  readonly endorser: Endorser;
}

const ALGORITHM = 'RSA-OAEP-256';

/** What a row's `wrapped` holds, as JSON; byte strings in base64url. */
const Envelope = z.strictObject({
  wrapped: z.base64url().min(1).max(2_048),
  signer: z.string().max(512),
  signature: z.base64url().length(86),
});

/** Rejects on `unwrap` for whatever this vault's two keys did not make. */
export function createKeyVaultWrapper(options: KeyVaultWrapperOptions): KeyWrapper {
  const { client, wrappingKey, signingKey, endorser } = options;
  return {
    wrap: async (master) => {
      const { keyId, cryptography } = await newestKeyVersion(client, wrappingKey);
      const { result } = await cryptography.wrapKey(ALGORITHM, master, withinDeadline());
      const wrapped = Buffer.from(result).toString('base64url');
      const digest = createHash('sha256').update(signedText(keyId, wrapped)).digest();
      const { keyId: signer, signature } = await endorser.sign(digest);
      const envelope = { wrapped, signer, signature: Buffer.from(signature).toString('base64url') };
      return { keyId, wrapped: Buffer.from(JSON.stringify(envelope), 'utf8') };
    },
    unwrap: async (keyId, envelopeBytes) => {
      const envelope = Envelope.parse(JSON.parse(Buffer.from(envelopeBytes).toString('utf8')));
      const { cryptography } = keyVersion(client, wrappingKey, keyId);
      const [signed, { result }] = await Promise.all([
        isSigned(client, signingKey, keyId, envelope),
        cryptography.unwrapKey(ALGORITHM, Buffer.from(envelope.wrapped, 'base64url'), withinDeadline()),
      ]);
      if (!signed) throw new Error(`the signature by ${signingKey} is not over this wrapped key`);
      return result;
    },
  };
}

async function isSigned(
  client: KeyClient,
  signingKey: string,
  keyId: string,
  envelope: z.infer<typeof Envelope>,
): Promise<boolean> {
  const { key } = await publicKeyOf(client, signingKey, envelope.signer);
  if (key?.x === undefined || key.y === undefined) throw new Error(`the vault's key ${signingKey} is not an EC key`);
  const [x, y] = [key.x, key.y].map((part) => Buffer.from(part).toString('base64url'));
  if (x === undefined || y === undefined) return false;
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x, y } });
  const signature = Buffer.from(envelope.signature, 'base64url');
  const text = signedText(keyId, envelope.wrapped);
  return verify('sha256', text, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
}

/** The first line keeps this signature from meaning anything elsewhere: the signing key endorses other things too. */
function signedText(keyId: string, wrapped: string): Buffer {
  return Buffer.from(['sallyport keyring row v1', keyId, wrapped].join('\n'), 'utf8');
}
