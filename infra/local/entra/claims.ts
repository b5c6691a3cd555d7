/**
 * What Entra ID writes into an access token, version 1.0 and 2.0, delegated and app-only (FACTS §2). Pure: the
 * directory's facts in, claims out; times and ids are the caller's. It leaves out claims that no resource should read
 * (`aio`, `rh`, `xms_*`).
 */
import { createHash } from 'node:crypto';
import type { App, Directory, User } from './directory.ts';

/** Past it a JWT names a place to ask instead of the groups. */
export const GROUPS_IN_TOKEN = 200;

/** Who the token is for: a user through a client app, or an app by itself. */
export type Subject =
  | { readonly kind: 'user'; readonly user: User; readonly client: App; readonly scopes: readonly string[] }
  | { readonly kind: 'app'; readonly client: App; readonly roles: readonly string[] };

export interface AccessTokenFacts {
  readonly directory: Directory;
  /** `{authority host}/{tenant}/v2.0`: the issuer of version 2 tokens. */
  readonly issuer: string;
  readonly version: 1 | 2;
  readonly audience: string;
  readonly subject: Subject;
}

export type Claims = Readonly<Record<string, unknown>>;

export function v1Issuer(tenantId: string): string {
  return `https://sts.windows.net/${tenantId}/`;
}

/** Everything but the times (`iat`, `nbf`, `exp`) and the token's own id (`uti`). */
export function accessTokenClaims(facts: AccessTokenFacts): Claims {
  const { directory, version, audience, subject } = facts;
  const issuer = version === 1 ? v1Issuer(directory.tenantId) : facts.issuer;
  return {
    aud: audience,
    iss: issuer,
    ...clientClaims(version, subject.client),
    ...(subject.kind === 'user' ? userClaims(facts, subject.user, subject.scopes) : appClaims(issuer, subject)),
    tid: directory.tenantId,
    ver: version === 1 ? '1.0' : '2.0',
  };
}

/** How the client proved itself: 0 not at all, 1 by a secret, 2 by a certificate (or the platform). */
function clientClaims(version: 1 | 2, client: App): Claims {
  const proof = { api: '1', confidential: '1', public: '0', 'managed-identity': '2' }[client.kind];
  return version === 1
    ? { appid: client.clientId, appidacr: proof, app_displayname: client.displayName }
    : { azp: client.clientId, azpacr: proof };
}

function appClaims(issuer: string, { client, roles }: Extract<Subject, { kind: 'app' }>): Claims {
  return {
    idp: issuer,
    idtyp: 'app',
    oid: client.servicePrincipalId,
    sub: client.servicePrincipalId,
    ...(roles.length === 0 ? {} : { roles }),
  };
}

function userClaims({ directory, version, audience }: AccessTokenFacts, user: User, scopes: readonly string[]): Claims {
  const names =
    version === 1
      ? { upn: user.principalName, unique_name: user.principalName, acr: '1', amr: ['pwd'] }
      : { preferred_username: user.principalName };
  return {
    oid: user.objectId,
    // Differs from app to app, so that nobody can mistake it for the person's id.
    sub: createHash('sha256').update(`${user.objectId} ${audience}`).digest('base64url'),
    name: user.displayName,
    ...names,
    ...(scopes.length === 0 ? {} : { scp: scopes.join(' ') }),
    ...groupClaims(directory.tenantId, user),
    acct: user.isGuest ? 1 : 0,
  };
}

export function groupClaims(tenantId: string, user: User): Claims {
  if (user.groups.length === 0) return {};
  if (user.groups.length <= GROUPS_IN_TOKEN) return { groups: user.groups };
  const endpoint = `https://graph.windows.net/${tenantId}/users/${user.objectId}/getMemberObjects`;
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
}
