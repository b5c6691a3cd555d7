/**
 * The keyring's two ports, and what a row holds: a 256-bit master, wrapped, never in the clear (DESIGN §7).
 * What is wrapped names its own version, so that a row moved to another version's place does not unwrap there.
 */

/** One row of the keyring; insert-only, never changed. */
export interface StoredMaster {
  /** 1-based. */
  readonly version: number;
  /** The wrapping key with its own version, as the wrapper named it. */
  readonly keyId: string;
  readonly wrapped: Uint8Array;
}

export interface KeyWrapper {
  /** Rejects when the vault cannot be reached; nothing has changed then. */
  wrap(master: Uint8Array): Promise<{ readonly keyId: string; readonly wrapped: Uint8Array }>;
  /**
   * Rejects for whatever `wrap` did not make. Encrypting to a public key is no proof of who did it: an
   * implementation over an asymmetric key must authenticate what it wrapped, or whoever can write a row can
   * plant a master they know.
   */
  unwrap(keyId: string, wrapped: Uint8Array): Promise<Uint8Array>;
}

export interface KeyringStore {
  list(): Promise<readonly StoredMaster[]>;
  /**
   * Insert-only: never replaces a row. When the answer to our own insert was lost and a retry finds the row there,
   * it is `inserted` if the row holds exactly what was given, else `exists`. A rejection leaves open whether the row
   * stands: read it back.
   */
  insert(master: StoredMaster): Promise<'inserted' | 'exists'>;
}

/** The keyring could not be read or opened; without it nothing may be served. `cause` has the reason. */
export class KeyringUnavailable extends Error {
  override readonly name = 'KeyringUnavailable';
}

export const MASTER_BYTES = 32;
/** Far above any rotation plan; keeps names and sealed texts short and their pattern closed. */
export const MAX_VERSION = 9999;

const LABEL = Buffer.from('sallyport keyring master v1\0', 'latin1');

/** What the wrapper gets: label, version (32-bit big-endian), master. */
export function packMaster(version: number, master: Uint8Array): Uint8Array {
  const packed = Buffer.alloc(LABEL.length + 4 + MASTER_BYTES);
  packed.set(LABEL, 0);
  packed.writeUInt32BE(version, LABEL.length);
  packed.set(master, LABEL.length + 4);
  return packed;
}

/** Undefined for whatever is not the master of this very version. */
export function unpackMaster(version: number, packed: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const fits =
    bytes.length === LABEL.length + 4 + MASTER_BYTES &&
    bytes.subarray(0, LABEL.length).equals(LABEL) &&
    bytes.readUInt32BE(LABEL.length) === version;
  return fits ? Uint8Array.from(bytes.subarray(LABEL.length + 4)) : undefined;
}
