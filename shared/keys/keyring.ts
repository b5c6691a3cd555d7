/**
 * The keyring (DESIGN §7): random 256-bit masters, one per version, each wrapped by an RSA key in Key Vault;
 * one HKDF key per purpose and version. Old versions open and verify, only the newest seals.
 */
export type KeyPurpose =
  | 'session-id'
  | 'mcp-session'
  | 'request-state'
  | 'cookie'
  | 'fingerprint'
  /** Of what an approver is asked, and of what the approver said. */
  | 'evidence'
  | 'decision'
  | 'sealed-store'
  | 'token'
  | 'taint';

export interface Keyring {
  /** The newest version's number, 1-based. */
  readonly version: number;
  /** HMAC-SHA-256 under the newest version: `k{version}-{32 lower-case hex digits}` (128 bits), safe in paths and headers. */
  name(purpose: KeyPurpose, data: string): string;
  /** The same under every live version, newest first, for look-ups that must find older names. */
  names(purpose: KeyPurpose, data: string): readonly string[];
  /** AES-256-GCM under the newest version; visible ASCII (base64url). `aad` binds it to its row and principal. */
  seal(purpose: KeyPurpose, aad: string, plaintext: Uint8Array): string;
  /** Undefined for whatever was not sealed here for this purpose and `aad`; never says why. */
  open(purpose: KeyPurpose, aad: string, sealed: string): Uint8Array | undefined;
}
