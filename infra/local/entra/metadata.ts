/**
 * What the authority publishes about itself, in Entra's shape: the v2.0 discovery document and the signing keys (which,
 * as Entra's, name no `alg`). Only what the stand-in serves is named: no device code, no user info, no sign-out.
 * As in Entra's, `code_challenge_methods_supported` is absent, although PKCE works: a client that insists on it fails
 * here as it does there.
 */
import type { Directory } from './directory.ts';
import type { EntraKeys } from './keys.ts';

export interface Endpoints {
  readonly issuer: string;
  readonly authorize: string;
  readonly token: string;
  readonly keys: string;
  /** Paths where the discovery document is asked for: Entra's own, and RFC 8414's two, which MCP clients try first. */
  readonly discovery: readonly string[];
}

export const OIDC_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;

/** `authority`: `{authority host}/{tenant}`; all but `issuer` are paths. */
export function endpointsOf(authority: string, { tenantId }: Directory): Endpoints {
  return {
    issuer: `${authority}/v2.0`,
    authorize: `/${tenantId}/oauth2/v2.0/authorize`,
    token: `/${tenantId}/oauth2/v2.0/token`,
    keys: `/${tenantId}/discovery/v2.0/keys`,
    discovery: [
      `/${tenantId}/v2.0/.well-known/openid-configuration`,
      `/.well-known/openid-configuration/${tenantId}/v2.0`,
      `/.well-known/oauth-authorization-server/${tenantId}/v2.0`,
    ],
  };
}

export function discoveryDocument(host: string, endpoints: Endpoints): unknown {
  return {
    token_endpoint: host + endpoints.token,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: host + endpoints.keys,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    scopes_supported: OIDC_SCOPES,
    issuer: endpoints.issuer,
    request_uri_parameter_supported: false,
    authorization_endpoint: host + endpoints.authorize,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'preferred_username', 'name', 'tid', 'ver'],
  };
}

export function keySet(issuer: string, { signingKey }: EntraKeys) {
  const { kty, kid, n, e } = signingKey;
  return { keys: [{ kty, use: 'sig', kid, n, e, issuer }] };
}
