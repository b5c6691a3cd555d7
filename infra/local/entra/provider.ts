/**
 * The OAuth endpoints proper (authorize, token), by oidc-provider: code with PKCE, refresh, client credentials,
 * `resource` (RFC 8707) and Entra's scopes. Access tokens get Entra's claims from claims.ts.
 * Whoever signs in was chosen before (sign-in.ts) and stands in `user`; consent is given, as by an administrator.
 */
import {
  type ClientMetadata,
  type Configuration,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
} from 'oidc-provider';
import { accessTokenClaims, groupClaims, type Subject } from './claims.ts';
import { type App, type Directory, findApp, findUser, scopeOf } from './directory.ts';
import { gatewayApp, type Resources } from './identifiers.ts';
import { createTokenId } from './issue-token.ts';
import type { EntraKeys } from './keys.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { type Endpoints, OIDC_SCOPES } from './metadata.ts';
import { describeResource, findResource, grantEverything } from './requested-resource.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

export interface ProviderOptions {
  readonly directory: Directory;
  readonly keys: EntraKeys;
  readonly endpoints: Endpoints;
  readonly resources: Resources;
  /** What the gateway's registration is known by here, once client-proof.ts has seen its assertion. */
  readonly gatewaySecret: string;
  /** Of the gateway's registration; asked each time, because its port is known late. */
  readonly gatewayRedirectUris: () => readonly string[];
}

export function createProvider(options: ProviderOptions): Provider {
  const { directory, keys, endpoints, resources } = options;
  const configuration: Configuration = {
    adapter: createMemoryAdapter((id) => describeGateway(id, options)),
    jwks: { keys: [keys.signingKey] },
    clients: directory.apps.flatMap((app) => describeClient(app, keys)),
    // Nothing reads them back; the path keeps them from every other server on this address.
    cookies: { keys: [keys.identityHeader], long: { path: endpoints.authorize }, short: { path: endpoints.authorize } },
    routes: { authorization: endpoints.authorize, token: endpoints.token, jwks: endpoints.keys },
    scopes: [...OIDC_SCOPES],
    claims: {
      openid: ['sub', 'oid', 'tid', 'ver', 'acct', 'groups'],
      profile: ['name', 'preferred_username'],
      email: ['email'],
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    ttl: {
      AccessToken: HOUR_SECONDS,
      ClientCredentials: HOUR_SECONDS,
      AuthorizationCode: 60,
      IdToken: HOUR_SECONDS,
      RefreshToken: 90 * DAY_SECONDS,
      Grant: 90 * DAY_SECONDS,
      Session: HOUR_SECONDS,
      Interaction: HOUR_SECONDS,
    },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client, code) =>
      client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    findAccount: (_ctx, id) => describeAccount(directory, id),
    extraParams: { user: signIn(directory) },
    interactions: { policy: createPolicy(), url: () => endpoints.authorize },
    loadExistingGrant: (ctx) => grantEverything(ctx, resources),
    renderError(ctx, out) {
      ctx.type = 'json';
      ctx.body = out;
    },
    clientBasedCORS: () => false,
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx) => findResource(ctx, resources),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, identifier) => describeResource(ctx, identifier, resources, directory),
      },
    },
    formats: {
      customizers: {
        jwt(_ctx, token, parts) {
          parts.header = { typ: 'JWT' };
          parts.payload = entraPayload(token, parts.payload, options);
        },
      },
    },
  };
  return new Provider(endpoints.issuer, configuration);
}

function describeClient(app: App, keys: EntraKeys): NonNullable<Configuration['clients']> {
  const common = {
    client_id: app.clientId,
    client_name: app.displayName,
    id_token_signed_response_alg: 'RS256',
  } as const;
  if (app.kind === 'public') {
    return [
      {
        ...common,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [...app.redirectUris],
      },
    ];
  }
  const secret = keys.clientSecrets[app.name];
  if (app.kind !== 'confidential' || secret === undefined) return [];
  return [
    {
      ...common,
      client_secret: secret,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
    },
  ];
}

/** Signs people in to its own pages; what is not the gateway's id is nobody's. */
function describeGateway(
  id: string,
  { directory, gatewaySecret, gatewayRedirectUris }: ProviderOptions,
): ClientMetadata | undefined {
  const gateway = gatewayApp(directory);
  if (id !== gateway.clientId) return undefined;
  return {
    client_id: gateway.clientId,
    client_name: gateway.displayName,
    client_secret: gatewaySecret,
    id_token_signed_response_alg: 'RS256',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [...gatewayRedirectUris()],
  };
}

function describeAccount(directory: Directory, id: string) {
  const user = findUser(directory, id);
  if (!user) return undefined;
  return {
    accountId: user.objectId,
    claims: () => ({
      sub: user.objectId,
      oid: user.objectId,
      tid: directory.tenantId,
      ver: '2.0',
      name: user.displayName,
      preferred_username: user.principalName,
      email: user.principalName,
      acct: user.isGuest ? 1 : 0,
      ...groupClaims(directory.tenantId, user),
    }),
  };
}

/** Runs for each authorization request: whoever `user` names is signed in, for this request alone. */
function signIn(directory: Directory) {
  return (ctx: KoaContextWithOIDC, who: string | undefined) => {
    const user = who === undefined ? undefined : findUser(directory, who);
    if (user) ctx.oidc.session?.loginAccount({ accountId: user.objectId, transient: true });
  };
}

/** Consent is a formality; who is not signed in by now asked not to be (`prompt=none`). */
function createPolicy() {
  const policy = interactionPolicy.base();
  policy.get('consent')?.checks.clear();
  return policy;
}

function entraPayload(
  token: { readonly clientId?: string | undefined; readonly accountId?: string | undefined },
  payload: Readonly<Record<string, unknown>>,
  { directory, endpoints }: ProviderOptions,
): Record<string, unknown> {
  const client = findApp(directory, token.clientId ?? '');
  const { iat, exp, aud } = payload;
  if (!client || typeof aud !== 'string') throw new Error('a token is for a client of the directory and a resource');
  const user = token.accountId === undefined ? undefined : findUser(directory, token.accountId);
  const subject: Subject = user
    ? { kind: 'user', user, client, scopes: [scopeOf(directory, client)] }
    : { kind: 'app', client, roles: client.roles };
  const version = directory.accessTokenVersion;
  const claims = accessTokenClaims({ directory, issuer: endpoints.issuer, version, audience: aud, subject });
  return { ...claims, iat, nbf: iat, exp, uti: createTokenId() };
}
