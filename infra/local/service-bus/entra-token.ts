/**
 * The Entra token of a client, as a namespace with local authentication off takes it: for Service Bus, of this tenant,
 * signed with the authority's keys, not yet or no longer valid refused. It does not ask who the caller is: every such
 * token opens the whole namespace (no role assignments, no data-plane rights).
 */
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { v1Issuer } from '../entra/claims.ts';
import type { CheckToken } from './access.ts';

/** The clients ask for it with a slash at its end, and Entra writes what was asked for. */
const AUDIENCES = ['https://servicebus.azure.net', 'https://servicebus.azure.net/'];
/** The kind of an Entra token in `put-token`; a shared key's signature is `servicebus.windows.net:sastoken`. */
const TOKEN_TYPE = 'jwt';

export interface Authority {
  readonly tenantId: string;
  /** Where the tenant's signing keys are published. */
  readonly keysUrl: string;
}

export function createTokenCheck({ tenantId, keysUrl }: Authority): CheckToken {
  const keys = createRemoteJWKSet(new URL(keysUrl));
  return async ({ type, token }) => {
    if (type !== TOKEN_TYPE) return undefined;
    const verified = await jwtVerify(token, keys, {
      algorithms: ['RS256'],
      audience: AUDIENCES,
      issuer: v1Issuer(tenantId),
      requiredClaims: ['exp', 'nbf'],
    }).catch(() => undefined);
    const { exp, tid } = verified?.payload ?? {};
    return exp === undefined || tid !== tenantId ? undefined : { path: '', expiresMs: exp * 1000 };
  };
}
