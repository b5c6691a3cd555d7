/**
 * `Authorization` → the caller (DESIGN §2.1): read the header → verify the signature → judge the claims.
 * It never sees a query string, so a token there is as good as none; it never forwards, logs or returns a token.
 */
import { err, ok, type Result } from '../result.ts';
import type { Caller } from './caller.ts';
import { judgeClaims } from './judge-claims.ts';
import type { KeySource } from './key-source.ts';
import type { TokenFailure } from './token-failure.ts';
import { createSignatureVerifier } from './verify-signature.ts';

export interface TokenVerifierOptions {
  readonly tenantId: string;
  /** The gateway's app registration: the audience of v2 tokens. */
  readonly clientId: string;
  readonly v1Issuer: string;
  readonly v2Issuer: string;
  /** Further audiences, accepted on every server. */
  readonly audiences: readonly string[];
  readonly keys: KeySource;
  /** Short name of the delegated scope. */
  readonly scope: string;
  /** A delegated token that carries this scope too is refused; absent: none is. */
  readonly refusedScope?: string;
  /** App role of app-only callers. */
  readonly role: string;
  readonly clockSkewSeconds: number;
  readonly nowMs: () => number;
}

export interface TokenVerifier {
  /**
   * `authorization`: the header as it came, null without one. `resource`: the URL of the server that was asked, or its
   * parent (`describeResource`). Rejects on bugs only: an outage is `keys-unavailable`.
   */
  verify(authorization: string | null, resource: string): Promise<Result<Caller, TokenFailure>>;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { tenantId, clientId, scope, refusedScope, role, clockSkewSeconds, keys, nowMs } = options;
  const issuers = { '1.0': options.v1Issuer, '2.0': options.v2Issuer };
  const audiences = new Set([clientId, `api://${clientId}`, ...options.audiences]);
  const verifySignature = createSignatureVerifier({ keys, nowMs });

  return {
    async verify(authorization, resource) {
      const token = readAuthorization(authorization);
      if (!token.ok) return token;
      const signed = await verifySignature(token.value);
      if (!signed.ok) return signed;
      const when = { clockSkewSeconds, nowMs: nowMs() };
      const granted = { scope, role, ...(refusedScope !== undefined && { refusedScope }) };
      return judgeClaims(signed.value, { tenantId, issuers, audiences, resource, ...granted, ...when });
    },
  };
}

/** Entra's tokens are 1 to 4 KiB; with 200 groups some 10. What is longer is not read at all. */
const MAX_AUTHORIZATION_CHARACTERS = 16 * 1_024;

/** RFC 6750 §2.1: `Bearer` in any case, spaces, one token. A comma, as joined duplicates have, fits no token. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Another scheme is no bearer token at all; a bearer token that can't be read is a bad one. */
function readAuthorization(authorization: string | null): Result<string, TokenFailure> {
  const value = authorization?.trim() ?? '';
  if (!/^bearer\b/i.test(value)) return err({ reason: 'missing' });
  if (value.length > MAX_AUTHORIZATION_CHARACTERS) return err({ reason: 'malformed', part: 'size' });
  const token = BEARER.exec(value)?.[1];
  return token === undefined ? err({ reason: 'malformed', part: 'authorization' }) : ok(token);
}
