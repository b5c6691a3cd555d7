/**
 * The signature of a Teams outgoing webhook (FACTS §5): HMAC-SHA-256 over the raw body, keyed with the decoded secret,
 * compared in constant time. A secret too short to be one verifies nothing.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeptSecret, SecretVersion } from '../../credentials/kept-secret.ts';

/** Teams gives 32 bytes. An empty or cut secret would let anybody sign. */
const MIN_SECRET_BYTES = 16;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const AUTHORIZATION = /^HMAC ([A-Za-z0-9+/]{43}=)$/i;

/**
 * A signature that the known secret does not explain may be of a newer one: that is looked for, seldom.
 * Rejects when the vault can't say, or holds what is no such secret.
 */
export async function isSigned(secret: KeptSecret, authorization: string | null, body: Uint8Array): Promise<boolean> {
  const [, signature] = AUTHORIZATION.exec(authorization ?? '') ?? [];
  if (signature === undefined) return false;
  const given = Buffer.from(signature, 'base64');
  const known = await secret.current();
  if (explains(known, given, body)) return true;
  const newer = await secret.newerThan(known.version);
  return newer !== undefined && explains(newer, given, body);
}

function explains({ value }: SecretVersion, given: Uint8Array, body: Uint8Array): boolean {
  const expected = createHmac('sha256', keyFrom(value.reveal().trim())).update(body).digest();
  return expected.byteLength === given.byteLength && timingSafeEqual(expected, given);
}

function keyFrom(text: string): Uint8Array {
  const key = Buffer.from(BASE64.test(text) ? text : '', 'base64');
  if (key.byteLength < MIN_SECRET_BYTES) throw new Error('the secret of the outgoing webhook is not one from Teams');
  return key;
}
