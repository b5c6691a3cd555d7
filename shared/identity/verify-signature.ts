/**
 * A compact JWS → the claims that one of the tenant's keys signed (RFC 7515, RFC 7519, RFC 8725).
 * Only RS256, which is what Entra signs with; the key comes from the tenant by `kid`, never from the token.
 * It judges no claim: whether they are meant for us, and now, is `judge-claims.ts`'s to say at every request.
 */
import { createHash } from 'node:crypto';
import { type CryptoKey, compactVerify, decodeProtectedHeader, errors } from 'jose';
import { z } from 'zod';
import { parseJsonBytes } from '../json/parse.ts';
import { err, ok, type Result } from '../result.ts';
import { type Claims, claimsSchema } from './claims.ts';
import type { KeySource } from './key-source.ts';
import type { TokenFailure } from './token-failure.ts';

export interface SignedClaims {
  readonly claims: Claims;
  /** First 128 bits of the token's SHA-256: a name for a token that has none of its own. */
  readonly fingerprint: string;
}

export interface SignatureOptions {
  readonly keys: KeySource;
  readonly nowMs: () => number;
  /** What `typ` may say, lower case; the default is that of access tokens. */
  readonly types?: ReadonlySet<string>;
}

export type SignatureVerifier = (token: string) => Promise<Result<SignedClaims, TokenFailure>>;

/** How long a signature once verified is not verified again: a key that Entra takes back works for so much longer. */
const REMEMBER_MS = 60_000;
const REMEMBER_TOKENS = 1_000;

/** Remembers signatures, by the token's SHA-256; nothing that depends on time or server is remembered. */
export function createSignatureVerifier(options: SignatureOptions): SignatureVerifier {
  const { keys, nowMs, types = ACCESS_TOKEN_TYPES } = options;
  const remembered = new Map<string, { readonly signed: SignedClaims; readonly untilMs: number }>();

  return async (token) => {
    const digest = createHash('sha256').update(token).digest('hex');
    const hit = remembered.get(digest);
    const atMs = nowMs();
    if (hit && atMs < hit.untilMs && atMs >= hit.untilMs - REMEMBER_MS) return ok(hit.signed);
    remembered.delete(digest);

    const verified = await verifySignature(token, keys, types);
    if (!verified.ok) return verified;
    const signed = { claims: verified.value, fingerprint: digest.slice(0, 32) };
    if (remembered.size >= REMEMBER_TOKENS) dropOldest(remembered);
    remembered.set(digest, { signed, untilMs: atMs + REMEMBER_MS });
    return ok(signed);
  };
}

function dropOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Header → key → signature → claims. */
async function verifySignature(
  token: string,
  keys: KeySource,
  types: ReadonlySet<string>,
): Promise<Result<Claims, TokenFailure>> {
  const keyId = readHeader(token, types);
  if (!keyId.ok) return keyId;
  const key = await keys.findKey(keyId.value);
  if (!key.ok) return err(key.error.reason === 'unknown-key' ? { ...key.error, keyId: keyId.value } : key.error);
  const payload = await verifyWith(token, key.value);
  return payload.ok ? readClaims(payload.value) : payload;
}

const headerSchema = z.looseObject({ alg: z.string(), kid: z.string().min(1).max(256), typ: z.string().optional() });

/** Members by which a token would bring its own key, or change what the signature means. */
const UNSAFE_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip'] as const;

/** RFC 9068 §2.1 and what Entra writes. */
const ACCESS_TOKEN_TYPES = new Set(['jwt', 'at+jwt', 'application/at+jwt']);

/** An ID token may leave it out (OpenID Connect Core §2, RFC 7519 §5.1); it never is one for access. */
export const ID_TOKEN_TYPES: ReadonlySet<string> = new Set(['jwt', '']);

function readHeader(token: string, types: ReadonlySet<string>): Result<string, TokenFailure> {
  let decoded: unknown;
  try {
    decoded = decodeProtectedHeader(token);
  } catch {
    return err({ reason: 'malformed', part: 'header' });
  }
  const header = headerSchema.safeParse(decoded);
  if (!header.success) return err({ reason: 'malformed', part: 'header' });
  const { alg, kid, typ = '' } = header.data;
  if (alg !== 'RS256') return err({ reason: 'wrong-algorithm', algorithm: alg });
  if (!types.has(typ.toLowerCase())) return err({ reason: 'wrong-type', type: typ });
  const unsafe = UNSAFE_MEMBERS.find((member) => Object.hasOwn(header.data, member));
  return unsafe === undefined ? ok(kid) : err({ reason: 'unsafe-header', member: unsafe });
}

async function verifyWith(token: string, key: CryptoKey): Promise<Result<Uint8Array, TokenFailure>> {
  try {
    const { payload } = await compactVerify(token, key, { algorithms: ['RS256'] });
    return ok(payload);
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) return err({ reason: 'bad-signature' });
    if (cause instanceof errors.JOSEError) return err({ reason: 'malformed', part: 'signature' });
    throw cause;
  }
}

function readClaims(payload: Uint8Array): Result<Claims, TokenFailure> {
  const json = parseJsonBytes(payload);
  if (!json.ok) return err({ reason: 'malformed', part: 'claims' });
  const claims = claimsSchema.safeParse(json.value);
  if (claims.success) return ok(claims.data);
  return err({ reason: 'bad-claim', claim: String(claims.error.issues[0]?.path[0] ?? 'all') });
}
