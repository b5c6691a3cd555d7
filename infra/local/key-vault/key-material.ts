/**
 * Key pairs as JSON Web Keys, and what Key Vault does with them: ES256 over a digest, RSA-OAEP-256 wrapping.
 * Private parts stay in the stand-in's file; `publicPart` is all that an answer may hold.
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  privateDecrypt,
  publicEncrypt,
} from 'node:crypto';
import { promisify } from 'node:util';
import { signDigest, verifyDigest } from './p256.ts';
import { badParameter } from './problem.ts';

/** A private JWK: `EC` has crv, x, y, d; `RSA` has n, e, d, p, q, dp, dq, qi. */
export interface KeyMaterial {
  readonly jwk: Readonly<Record<string, string>>;
  readonly operations: readonly string[];
}

const generate = promisify(generateKeyPair);
const OPERATIONS = {
  EC: ['sign', 'verify'],
  RSA: ['encrypt', 'decrypt', 'sign', 'verify', 'wrapKey', 'unwrapKey'],
} as const;

export async function createKeyMaterial(
  type: 'EC' | 'RSA',
  sizeBits = 2048,
  operations: readonly string[] = OPERATIONS[type],
): Promise<KeyMaterial> {
  const { privateKey } =
    type === 'EC'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: sizeBits, publicExponent: 0x10001 });
  const jwk = Object.entries(privateKey.export({ format: 'jwk' })).map(([name, value]) => [name, String(value)]);
  return { jwk: Object.fromEntries(jwk), operations };
}

export function publicPart({ jwk, operations }: KeyMaterial): Record<string, unknown> {
  const names = jwk.kty === 'EC' ? ['kty', 'crv', 'x', 'y'] : ['kty', 'n', 'e'];
  return { ...Object.fromEntries(names.map((name) => [name, jwk[name]])), key_ops: operations };
}

/** Throws a `BadParameter` problem for an algorithm, key type or operation that does not go together. */
export function sign(key: KeyMaterial, algorithm: string, digest: Buffer): Buffer {
  demand(key, 'sign', 'EC', algorithm, 'ES256');
  demandDigest(digest);
  return signDigest(part(key, 'd'), digest);
}

export function verify(key: KeyMaterial, algorithm: string, digest: Buffer, signature: Buffer): boolean {
  demand(key, 'verify', 'EC', algorithm, 'ES256');
  demandDigest(digest);
  return verifyDigest({ x: part(key, 'x'), y: part(key, 'y') }, digest, signature);
}

export function wrap(key: KeyMaterial, algorithm: string, value: Buffer): Buffer {
  demand(key, 'wrapKey', 'RSA', algorithm, 'RSA-OAEP-256');
  return publicEncrypt({ key: createPublicKey({ key: { ...key.jwk }, format: 'jwk' }), ...OAEP }, value);
}

export function unwrap(key: KeyMaterial, algorithm: string, value: Buffer): Buffer {
  demand(key, 'unwrapKey', 'RSA', algorithm, 'RSA-OAEP-256');
  try {
    return privateDecrypt({ key: createPrivateKey({ key: { ...key.jwk }, format: 'jwk' }), ...OAEP }, value);
  } catch {
    throw badParameter('The parameter is incorrect.');
  }
}

const OAEP = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };

function demand(key: KeyMaterial, operation: string, type: string, algorithm: string, supported: string): void {
  if (key.jwk.kty !== type || algorithm !== supported) {
    throw badParameter(`Key and signing algorithm are incompatible. Key type ${key.jwk.kty}, algorithm ${algorithm}.`);
  }
  if (!key.operations.includes(operation)) throw badParameter(`Operation ${operation} is not permitted on this key.`);
}

function demandDigest(digest: Buffer): void {
  if (digest.byteLength !== 32) throw badParameter('Invalid length of digest: ES256 takes 32 bytes.');
}

function part(key: KeyMaterial, name: string): Buffer {
  return Buffer.from(key.jwk[name] ?? '', 'base64url');
}
