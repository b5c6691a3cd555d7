/**
 * Which of the gateway's resources an OAuth request means, and what may be asked of it: exactly one, by `resource`
 * (RFC 8707) or by Entra's scopes; an app by itself asks for `.default`. Refuses as Entra does, in oidc-provider's errors.
 */
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Directory } from './directory.ts';
import { gatewayApp, type Resources } from './identifiers.ts';
import { OIDC_SCOPES } from './metadata.ts';

/** The grant behind every code: whatever the gateway's registration offers. */
export async function grantEverything(ctx: KoaContextWithOIDC, resources: Resources) {
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

/** The resource that the scopes name; empty where only OpenID Connect's are asked for. */
export function findResource(ctx: KoaContextWithOIDC, resources: Resources): string | string[] {
  const scopes = requestedScopes(ctx);
  if (scopes.length === 0 && isClientCredentials(ctx)) throw missingScope();
  const identifier = resources.identifierOf(scopes);
  if (identifier === undefined && scopes.length > 0) throw invalidScope(scopes);
  return identifier ?? [];
}

/** Throws `invalid_target` for a URI that is not one of the gateway's, character for character. */
export function describeResource(
  ctx: KoaContextWithOIDC,
  identifier: string,
  resources: Resources,
  directory: Directory,
): ResourceServer {
  if (!resources.identifiers().includes(identifier)) {
    throw new errors.InvalidTarget(`AADSTS500011: the resource ${identifier} was not found in the tenant`);
  }
  const known = resources.scopesOf(identifier);
  const scopes = requestedScopes(ctx);
  const foreign = scopes.filter((scope) => !known.includes(scope));
  if (foreign.length > 0) throw invalidScope(foreign);
  if (isClientCredentials(ctx)) {
    if (scopes.length === 0) throw missingScope();
    if (!scopes.every((scope) => scope.endsWith('/.default'))) {
      throw new errors.InvalidScope('AADSTS1002012: client credentials take {resource}/.default', scopes.join(' '));
    }
  }
  const audience = directory.accessTokenVersion === 1 ? identifier : gatewayApp(directory).clientId;
  return { scope: known.join(' '), audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
}

function isClientCredentials(ctx: KoaContextWithOIDC): boolean {
  return ctx.oidc.params?.grant_type === 'client_credentials';
}

/** The scopes of this request that are a resource's. */
function requestedScopes(ctx: KoaContextWithOIDC): readonly string[] {
  const own: readonly string[] = OIDC_SCOPES;
  return [...ctx.oidc.requestParamScopes].filter((scope) => scope !== '' && !own.includes(scope));
}

function invalidScope(scopes: readonly string[]): Error {
  return new errors.InvalidScope('AADSTS70011: not a scope of the one resource that was asked for', scopes.join(' '));
}

function missingScope(): Error {
  return new errors.InvalidRequest('AADSTS900144: the request body must contain the parameter scope');
}
