/**
 * The OAuth endpoints proper (authorize, token), by oidc-provider: code with PKCE, refresh, client credentials,
 * `resource` (RFC 8707) and Entra's scopes. Access tokens get Entra's claims from claims.ts.
 * Whoever signs in was chosen before (sign-in.ts) and stands in `user`; consent is given, as by an administrator.
 */
import {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
  Provider,
  type ResourceServer,
} from 'oidc-provider';
import { accessTokenClaims, type Subject } from './claims.ts';
import { type App, type Directory, findApp, findUser } from './directory.ts';
import { gatewayApp, type Resources } from './identifiers.ts';
import { createTokenId } from './issue-token.ts';
import type { EntraKeys } from './keys.ts';
import { createMemoryAdapter } from './memory-adapter.ts';
import { type Endpoints, OIDC_SCOPES } from './metadata.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

export interface ProviderOptions {
  readonly directory: Directory;
  readonly keys: EntraKeys;
  readonly endpoints: Endpoints;
  readonly resources: Resources;
}

export function createProvider(options: ProviderOptions): Provider {
  const { directory, keys, endpoints } = options;
  const configuration: Configuration = {
    adapter: createMemoryAdapter(),
    jwks: { keys: [keys.signingKey] },
    clients: directory.apps.flatMap((app) => describeClient(app, keys)),
    // Nothing reads them back; the path keeps them from every other server on this address.
    cookies: { keys: [keys.identityHeader], long: { path: endpoints.authorize }, short: { path: endpoints.authorize } },
    routes: { authorization: endpoints.authorize, token: endpoints.token, jwks: endpoints.keys },
    scopes: [...OIDC_SCOPES],
    claims: { openid: ['sub', 'oid', 'tid', 'ver'], profile: ['name', 'preferred_username'], email: ['email'] },
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
    loadExistingGrant: (ctx) => grantAll(ctx, options),
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
        defaultResource: (ctx) => defaultResource(ctx, options),
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => describeResource(ctx, resource, options),
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

/** Nobody is ever asked by oidc-provider itself: without a user the request fails, and consent is a formality. */
function createPolicy() {
  const policy = interactionPolicy.base();
  policy.get('login')?.checks.clear();
  policy.get('consent')?.checks.clear();
  return policy;
}

async function grantAll(ctx: KoaContextWithOIDC, { resources }: ProviderOptions) {
  const { client, account, provider } = ctx.oidc;
  if (!client || !account) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
  grant.addOIDCScope(OIDC_SCOPES.join(' '));
  for (const identifier of resources.identifiers()) {
    grant.addResourceScope(identifier, resources.scopesOf(identifier).join(' '));
  }
  await grant.save();
  return grant;
}

function defaultResource(ctx: KoaContextWithOIDC, options: ProviderOptions): string | string[] {
  const scopes = requestedScopes(ctx);
  const identifier = options.resources.identifierOf(scopes);
  if (identifier === undefined && scopes.length > 0) throw invalidScope(scopes);
  return identifier ?? [];
}

/** Throws `invalid_target` for a URI that is not one of the gateway's, character for character. */
function describeResource(ctx: KoaContextWithOIDC, identifier: string, options: ProviderOptions): ResourceServer {
  const { directory, resources } = options;
  if (!resources.identifiers().includes(identifier)) {
    throw new errors.InvalidTarget(`AADSTS500011: the resource ${identifier} was not found in the tenant`);
  }
  const known = resources.scopesOf(identifier);
  const scopes = requestedScopes(ctx);
  const foreign = scopes.filter((scope) => !known.includes(scope));
  if (foreign.length > 0) throw invalidScope(foreign);
  if (ctx.oidc.params?.grant_type === 'client_credentials' && !scopes.every((scope) => scope.endsWith('/.default'))) {
    throw new errors.InvalidScope('AADSTS1002012: client credentials take {resource}/.default', scopes.join(' '));
  }
  const audience = directory.accessTokenVersion === 1 ? identifier : gatewayApp(directory).clientId;
  return { scope: known.join(' '), audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
}

/** The scopes of this request that are a resource's. */
function requestedScopes(ctx: KoaContextWithOIDC): readonly string[] {
  const own: readonly string[] = OIDC_SCOPES;
  return [...ctx.oidc.requestParamScopes].filter((scope) => scope !== '' && !own.includes(scope));
}

function invalidScope(scopes: readonly string[]): Error {
  return new errors.InvalidScope('AADSTS70011: not a scope of the one resource that was asked for', scopes.join(' '));
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
    ? { kind: 'user', user, client, scopes: [directory.scope] }
    : { kind: 'app', client, roles: client.roles };
  const version = directory.accessTokenVersion;
  const claims = accessTokenClaims({ directory, issuer: endpoints.issuer, version, audience: aud, subject });
  return { ...claims, iat, nbf: iat, exp, uti: createTokenId() };
}
