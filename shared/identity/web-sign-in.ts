/**
 * Sign-in of a person with a browser (OpenID Connect Core §3.1, RFC 7636): authorization code with PKCE, state and
 * nonce. The authority's code flow is a port; here stands what no library is trusted with: which ID token is one for
 * this app, this tenant, this sign-in. It keeps no token, and asks for none that outlives the sign-in.
 */
import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../result.ts';
import type { Caller } from './caller.ts';
import { groupsOf, judgeTimes, toPrincipal } from './judge-claims.ts';
import type { KeySource } from './key-source.ts';
import { describeTokenFailure, type TokenFailure } from './token-failure.ts';
import { createSignatureVerifier, ID_TOKEN_TYPES, type SignedClaims } from './verify-signature.ts';

export type SignInFailure =
  /** The authority, or we, did not accept what came back: `detail` is for the record, never for the browser. */
  | { readonly reason: 'sign-in-refused'; readonly detail: string }
  /** Nobody can say: worth another try. */
  | { readonly reason: 'authority-unavailable'; readonly cause: unknown };

/** The authority's side of the code flow, for the gateway's own registration. */
export interface CodeFlow {
  /** Where the browser goes to sign in. Rejects on bugs only. */
  signInUrl(request: {
    readonly redirectUri: string;
    readonly state: string;
    readonly nonce: string;
    /** S256. */
    readonly codeChallenge: string;
  }): Promise<string>;
  /** A code is worth one ID token, as text, not yet believed. Never rejects; has a deadline of its own. */
  redeem(answer: {
    readonly redirectUri: string;
    readonly code: string;
    readonly codeVerifier: string;
    readonly nonce: string;
  }): Promise<Result<string, SignInFailure>>;
}

/** Of one sign-in; whoever holds it with the code becomes the person. */
export interface SignInSecrets {
  readonly nonce: string;
  readonly codeVerifier: string;
}

export interface WebSignIn {
  /** `state` comes back with the answer; it is the caller's to bind to this browser and to `secrets`. */
  begin(request: { readonly state: string; readonly secrets: SignInSecrets }): Promise<string>;
  /** Who signed in. The agent is the gateway's own registration. Never rejects but on a bug. */
  finish(answer: { readonly code: string; readonly secrets: SignInSecrets }): Promise<Result<Caller, SignInFailure>>;
}

export interface WebSignInOptions {
  readonly flow: CodeFlow;
  readonly tenantId: string;
  /** The gateway's registration. */
  readonly clientId: string;
  readonly v2Issuer: string;
  readonly keys: KeySource;
  /** A redirect URI of the registration, character for character. */
  readonly redirectUri: string;
  readonly clockSkewSeconds: number;
  readonly nowMs: () => number;
}

const SECRET_BYTES = 32;

export function createSignInSecrets(randomBytes: (count: number) => Uint8Array): SignInSecrets {
  const draw = () => Buffer.from(randomBytes(SECRET_BYTES)).toString('base64url');
  return { nonce: draw(), codeVerifier: draw() };
}

export function createWebSignIn(options: WebSignInOptions): WebSignIn {
  const { flow, redirectUri, keys, nowMs } = options;
  const verifySignature = createSignatureVerifier({ keys, nowMs, types: ID_TOKEN_TYPES });

  return {
    begin({ state, secrets }) {
      const codeChallenge = createHash('sha256').update(secrets.codeVerifier).digest('base64url');
      return flow.signInUrl({ redirectUri, state, nonce: secrets.nonce, codeChallenge });
    },
    async finish({ code, secrets }) {
      const redeemed = await flow.redeem({ redirectUri, code, ...secrets });
      if (!redeemed.ok) return redeemed;
      const signed = await verifySignature(redeemed.value);
      if (!signed.ok) return err(toFailure(signed.error));
      return judgeIdToken(signed.value, secrets.nonce, options);
    },
  };
}

/** Top to bottom the list of OpenID Connect Core §3.1.3.7. */
function judgeIdToken(
  { claims, fingerprint }: SignedClaims,
  nonce: string,
  { tenantId, clientId, v2Issuer, clockSkewSeconds, nowMs }: WebSignInOptions,
): Result<Caller, SignInFailure> {
  const tokenId = claims.uti ?? `sha256-${fingerprint}`;
  const holder = { principal: claims.oid, agent: clientId, tokenId };
  if (claims.iss !== v2Issuer) return refuse({ reason: 'wrong-issuer', issuer: claims.iss, holder });
  if (claims.tid !== tenantId) return refuse({ reason: 'wrong-tenant', tenant: claims.tid, holder });
  if (claims.aud !== clientId) return refuse({ reason: 'wrong-audience', audience: claims.aud, holder });
  const untimely = judgeTimes(claims, { clockSkewSeconds, nowMs: nowMs() }, holder);
  if (untimely) return refuse(untimely);
  if (claims.nonce !== nonce) return refuse({ reason: 'bad-claim', claim: 'nonce', holder });
  if (claims.idtyp === 'app') return refuse({ reason: 'bad-claim', claim: 'idtyp', holder });
  return ok({
    tenant: claims.tid,
    principal: toPrincipal('user', claims),
    agent: { id: clientId },
    groups: groupsOf(claims),
    tokenId,
    expiresAt: claims.exp,
  });
}

function refuse(failure: TokenFailure): Result<never, SignInFailure> {
  return err(toFailure(failure));
}

function toFailure(failure: TokenFailure): SignInFailure {
  if (failure.reason === 'keys-unavailable') return { reason: 'authority-unavailable', cause: failure.cause };
  return { reason: 'sign-in-refused', detail: `ID token: ${failure.reason}: ${describeTokenFailure(failure)}` };
}
