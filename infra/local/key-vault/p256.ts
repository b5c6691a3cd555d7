/**
 * ECDSA on P-256 over a digest that is already computed (FIPS 186-5), because that is what Key Vault signs and
 * `node:crypto` always hashes first. Keys and signatures are raw bytes, 32 a number (the JWS form).
 */
import { p256 } from '@noble/curves/nist.js';

/** Key Vault's signatures are not normalised to the lower s, so neither are these. */
const RAW = { prehash: false, lowS: false, format: 'compact' } as const;

export interface Point {
  readonly x: Uint8Array;
  readonly y: Uint8Array;
}

/** `digest`: 32 bytes. Returns r and s. */
export function signDigest(privateKey: Uint8Array, digest: Uint8Array): Buffer {
  return Buffer.from(p256.sign(digest, privateKey, { ...RAW, extraEntropy: true }));
}

export function verifyDigest({ x, y }: Point, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, digest, Buffer.concat([Uint8Array.of(4), x, y]), RAW);
  } catch {
    // Numbers out of range, or a signature of another length.
    return false;
  }
}
