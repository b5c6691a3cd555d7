/**
 * Held arguments and kept answers (DESIGN §5, §7): a blob each, under a data key of its own that the keyring wraps and
 * the approval's row holds. Without the key on its row a blob is noise: taking the key off the row erases the data.
 * Blob and wrapped key are both bound to approval, kind, principal and blob name: what was moved elsewhere does not open.
 * Blob: format byte 1, 96-bit nonce, AES-256-GCM ciphertext, 128-bit tag. A data key seals one blob and nothing else.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Keyring } from '../keys/keyring.ts';
import { err, ok, type Result } from '../result.ts';
import type { SealedRef } from './approval.ts';
import { parseApprovalId } from './approval-store.ts';

/** Where the blobs are. Every method rejects when they can't be reached, within a deadline of its own. */
export interface SealedBlobs {
  /** Never replaces: rejects when other bytes stand there. The same bytes are our own, after a lost response. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  get(name: string): Promise<Uint8Array | undefined>;
  /** Absent is fine. */
  delete(name: string): Promise<void>;
}

/** What a sealed value belongs to. */
export interface SealedBinding {
  readonly approval: string;
  readonly kind: 'request' | 'answer';
  /** Object id of who asked. */
  readonly principal: string;
}

/** `erased`: its blob is gone. `unreadable`: not sealed here for this binding, or changed since; never says which. */
export type SealedFailure = 'erased' | 'unreadable';

export interface SealedStore {
  /** Rejects when the blob could not be written; then the ref is lost and the blob, if there is one, stays noise. */
  seal(binding: SealedBinding, bytes: Uint8Array): Promise<SealedRef>;
  /** Rejects when the blobs can't be reached. */
  open(binding: SealedBinding, ref: SealedRef): Promise<Result<Uint8Array, SealedFailure>>;
  /** Deletes the blob. Take the ref off its row first: that is what erases. Absent is fine. */
  erase(ref: SealedRef): Promise<void>;
}

export interface SealedStoreOptions {
  readonly keyring: Keyring;
  readonly blobs: SealedBlobs;
  /** Cryptographically strong. */
  readonly randomBytes: (count: number) => Uint8Array;
}

const CIPHER = 'aes-256-gcm';
const FORMAT = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const NAME_BYTES = 16;
/** Before the ciphertext: format and nonce. */
const HEAD_BYTES = 1 + NONCE_BYTES;

/** Above an answer's own limit of 64 MiB, with room for what wraps it. */
export const MAX_SEALED_BYTES = 65 * 1024 * 1024;

export function createSealedStore({ keyring, blobs, randomBytes }: SealedStoreOptions): SealedStore {
  return {
    async seal(binding, bytes) {
      if (bytes.byteLength > MAX_SEALED_BYTES)
        throw new RangeError(`a sealed blob holds at most ${MAX_SEALED_BYTES} bytes`);
      const blob = nameBlob(binding, randomBytes(NAME_BYTES));
      const aad = boundTo(binding, blob);
      const dataKey = randomBytes(KEY_BYTES);
      const key = keyring.seal('sealed-store', aad, dataKey);
      const sealed = encrypt(dataKey, randomBytes(NONCE_BYTES), aad, bytes);
      dataKey.fill(0);
      await blobs.put(blob, sealed);
      return { blob, key };
    },

    async open(binding, ref) {
      const aad = boundTo(binding, ref.blob);
      // Before the blob is asked for: a ref that was not made here leads to no name in the container.
      const dataKey = keyring.open('sealed-store', aad, ref.key);
      if (dataKey?.byteLength !== KEY_BYTES) return err('unreadable');
      const sealed = await blobs.get(ref.blob);
      if (sealed === undefined) return err('erased');
      const bytes = decrypt(dataKey, aad, sealed);
      dataKey.fill(0);
      return bytes === undefined ? err('unreadable') : ok(bytes);
    },

    erase: (ref) => blobs.delete(ref.blob),
  };
}

/** Under the approval's id, so that people find what belongs together; random, so that no name is used twice. */
function nameBlob({ approval, kind }: SealedBinding, random: Uint8Array): string {
  if (parseApprovalId(approval) === undefined) throw new TypeError('what is sealed belongs to an approval');
  return `${approval}/${kind}-${Buffer.from(random).toString('hex')}`;
}

/** JSON, so that no part can run into the next. */
function boundTo({ approval, kind, principal }: SealedBinding, blob: string): string {
  return JSON.stringify(['sallyport/sealed-blob', FORMAT, kind, approval, principal, blob]);
}

function encrypt(key: Uint8Array, nonce: Uint8Array, aad: string, bytes: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  return Buffer.concat([Uint8Array.of(FORMAT), nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, aad: string, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.byteLength < HEAD_BYTES + TAG_BYTES || sealed[0] !== FORMAT) return undefined;
  const decipher = createDecipheriv(CIPHER, key, sealed.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad, 'utf8'));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const bytes = decipher.update(sealed.subarray(HEAD_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return bytes;
}
