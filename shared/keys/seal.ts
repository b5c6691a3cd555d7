/**
 * Authenticated encryption of small values that leave us and come back (session ids, cookies, request state, data
 * keys): AES-256-GCM, random 96-bit nonce, text `{version}.{base64url of nonce, ciphertext, tag}`.
 * `openSealed` never throws and never says why it refuses. Random nonces are safe for 2^32 values per version and
 * purpose (NIST SP 800-38D §8.3): rotate long before.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import type { DeriveKey } from './derive.ts';
import type { KeyPurpose } from './keyring.ts';
import { lengthPrefixed } from './text-bytes.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Sealed values travel in headers, cookies, rows and messages; nothing of ours is larger. */
const MAX_PLAINTEXT_BYTES = 256 * 1024;
const MAX_SEALED_CHARACTERS = Math.ceil(((MAX_PLAINTEXT_BYTES + NONCE_BYTES + TAG_BYTES) * 4) / 3) + 8;
const SEALED = /^([1-9][0-9]{0,3})\.([A-Za-z0-9_-]+)$/;

/** What a sealed value is bound to. */
export interface SealBinding {
  readonly purpose: KeyPurpose;
  readonly aad: string;
}

/** Throws a `RangeError` past `MAX_PLAINTEXT_BYTES`. */
export function sealBytes(
  key: KeyObject,
  version: number,
  binding: SealBinding,
  nonce: Uint8Array,
  plaintext: Uint8Array,
): string {
  if (plaintext.byteLength > MAX_PLAINTEXT_BYTES) {
    throw new RangeError(`a sealed value holds at most ${MAX_PLAINTEXT_BYTES} bytes`);
  }
  if (nonce.byteLength !== NONCE_BYTES) throw new RangeError(`a nonce has ${NONCE_BYTES} bytes`);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo(version, binding));
  const sealed = Buffer.concat([nonce, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return `${version}.${sealed.toString('base64url')}`;
}

export function openSealed(derive: DeriveKey, binding: SealBinding, sealed: string): Uint8Array | undefined {
  if (sealed.length > MAX_SEALED_CHARACTERS) return undefined;
  const [, versionText, body] = SEALED.exec(sealed) ?? [];
  if (versionText === undefined || body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64url');
  // Only the one spelling we write: base64url readers ignore the last character's spare bits.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== body) return undefined;
  const version = Number(versionText);
  const key = derive(version, binding.purpose, 'seal');
  if (key === undefined) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo(version, binding));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  const ciphertext = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
  const plaintext = decipher.update(ciphertext);
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return Uint8Array.from(plaintext);
}

function boundTo(version: number, binding: SealBinding): Uint8Array {
  return lengthPrefixed(['sallyport/sealed/v1', String(version), binding.purpose, binding.aad]);
}
