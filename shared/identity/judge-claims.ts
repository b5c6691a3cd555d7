/**
 * Signed claims → the caller, or why not: the list of RFC 9068 §4 and Entra's own claims, top to bottom.
 * Pure: the moment and the server stand in the arguments, so nothing here may be cached.
 */
import { err, ok, type Result } from '../result.ts';
import type { Caller, Principal } from './caller.ts';
import type { Claims } from './claims.ts';
import type { ClaimFailure, TokenHolder } from './token-failure.ts';
import type { SignedClaims } from './verify-signature.ts';

export interface Expected {
  readonly tenantId: string;
  /** By the version that the token claims. */
  readonly issuers: { readonly '1.0': string; readonly '2.0': string };
  /** Audiences that every server accepts: the app itself, and what the configuration adds. */
  readonly audiences: ReadonlySet<string>;
  /** This server's own URL; another server's is a wrong audience. */
  readonly resource: string;
  readonly scope: string;
  /** A person's token that carries it too is refused: it opens more than this. */
  readonly refusedScope?: string;
  readonly role: string;
  readonly clockSkewSeconds: number;
  readonly nowMs: number;
}

export function judgeClaims({ claims, fingerprint }: SignedClaims, expected: Expected): Result<Caller, ClaimFailure> {
  const agent = claims.ver === '2.0' ? claims.azp : claims.appid;
  if (agent === undefined) return err({ reason: 'bad-claim', claim: claims.ver === '2.0' ? 'azp' : 'appid' });
  const tokenId = claims.uti ?? claims.jti ?? `sha256-${fingerprint}`;
  const holder: TokenHolder = { principal: claims.oid, agent, tokenId };

  if (claims.iss !== expected.issuers[claims.ver]) return err({ reason: 'wrong-issuer', issuer: claims.iss, holder });
  if (claims.tid !== expected.tenantId) return err({ reason: 'wrong-tenant', tenant: claims.tid, holder });
  if (claims.aud !== expected.resource && !expected.audiences.has(claims.aud)) {
    return err({ reason: 'wrong-audience', audience: claims.aud, holder });
  }
  const untimely = judgeTimes(claims, expected, holder);
  if (untimely) return err(untimely);
  if (claims.scp && claims.idtyp === 'app') return err({ reason: 'bad-claim', claim: 'idtyp', holder });

  const kind = kindOf(claims);
  const granted = kind === 'user' ? (claims.scp?.split(' ') ?? []) : (claims.roles ?? []);
  const wanted = kind === 'user' ? expected.scope : expected.role;
  if (!granted.includes(wanted)) return err({ reason: 'insufficient-scope', wanted, holder });
  const { refusedScope: refused } = expected;
  if (kind === 'user' && refused !== undefined && granted.includes(refused)) {
    return err({ reason: 'excess-scope', refused, holder });
  }

  return ok({
    tenant: claims.tid,
    principal: toPrincipal(kind, claims),
    agent: { id: agent, ...(claims.app_displayname !== undefined && { name: claims.app_displayname }) },
    groups: groupsOf(claims),
    tokenId,
    expiresAt: claims.exp,
  });
}

export function judgeTimes(
  claims: Claims,
  expected: Pick<Expected, 'clockSkewSeconds' | 'nowMs'>,
  holder: TokenHolder,
): ClaimFailure | undefined {
  const now = expected.nowMs / 1_000;
  const validFrom = Math.max(claims.nbf ?? 0, claims.iat);
  if (now >= claims.exp + expected.clockSkewSeconds) return { reason: 'expired', expiredAt: claims.exp, holder };
  if (now < validFrom - expected.clockSkewSeconds) return { reason: 'not-yet-valid', validFrom, holder };
  return undefined;
}

/**
 * Only an app-only token has no scope at all, and says so by `idtyp` or by being its own subject. Anything else
 * without a scope, such as an ID token with a person's app roles, is taken for a person's and lacks its scope.
 */
function kindOf({ scp, idtyp, sub, oid }: Claims): Principal['kind'] {
  if (scp) return 'user';
  return idtyp === 'app' || (idtyp === undefined && sub?.toLowerCase() === oid) ? 'app' : 'user';
}

export function toPrincipal(kind: Principal['kind'], claims: Claims): Principal {
  const { oid: id, acct } = claims;
  const name =
    kind === 'app' ? claims.app_displayname : (claims.preferred_username ?? claims.unique_name ?? claims.name);
  return { kind, id, guest: acct === 1 || acct === '1', ...(name !== undefined && { name }) };
}

export function groupsOf({ groups, hasgroups, _claim_names }: Claims): Caller['groups'] {
  const isLeftOut = hasgroups === true || hasgroups === 'true' || Object.hasOwn(_claim_names ?? {}, 'groups');
  return isLeftOut ? 'overage' : [...new Set((groups ?? []).map((id) => id.toLowerCase()))];
}
