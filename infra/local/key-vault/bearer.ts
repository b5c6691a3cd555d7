/**
 * The vault's door: the 401 challenge that names tenant and resource, and the check of the bearer token that answers
 * it. With the authority's key set the signature is verified; without it only shape, audience, tenant and times are.
 * It never asks who the caller is: every token for this tenant's vault opens it (no access policies, no RBAC).
 */
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import { VaultProblem } from './problem.ts';

export const VAULT_RESOURCE = 'https://vault.azure.net';

export type BearerCheck = (authorization: string | undefined) => Promise<void>;

/** The check throws a 401 `VaultProblem`; the caller adds `challenge` to the answer. */
export function createBearerCheck(options: {
  readonly tenantId: string;
  readonly keysUrl?: string | undefined;
}): BearerCheck {
  const keys = options.keysUrl === undefined ? undefined : createRemoteJWKSet(new URL(options.keysUrl));

  async function verify(token: string): Promise<JWTPayload> {
    if (keys) return (await jwtVerify(token, keys, { algorithms: ['RS256'] })).payload;
    decodeProtectedHeader(token);
    return decodeJwt(token);
  }

  return async (authorization) => {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    if (token === undefined) {
      throw new VaultProblem(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.');
    }
    let payload: JWTPayload;
    try {
      payload = await verify(token);
    } catch {
      throw new VaultProblem(401, 'Unauthorized', 'AKV10022: Invalid token.');
    }
    const nowSeconds = Math.floor(Date.now() / 1000);
    if ((payload.exp ?? 0) <= nowSeconds) throw new VaultProblem(401, 'Unauthorized', 'AKV10025: Token has expired.');
    const { aud } = payload;
    if (typeof aud !== 'string' || aud.replace(/\/$/, '') !== VAULT_RESOURCE) {
      throw new VaultProblem(401, 'Unauthorized', 'AKV10022: Invalid audience.');
    }
    if (payload.tid !== options.tenantId) {
      throw new VaultProblem(401, 'Unauthorized', 'AKV10032: Invalid issuer.');
    }
  };
}

/** The authority may be given as its v2.0 issuer; a challenge names it without the version, as the clients expect. */
export function challenge(issuer: string): string {
  const authority = issuer.replace(/\/v2\.0$/, '');
  return `Bearer authorization="${authority}", resource="${VAULT_RESOURCE}"`;
}
