/**
 * The registration as Graph has it, held against what is wanted: what has to be patched, in the order in which Entra takes
 * it, and what stands otherwise and is left. Pure. It adds; it takes nothing away, and keeps every id.
 */
import { z } from 'zod';
import {
  GROUP_CLAIMS,
  identifierUris,
  preAuthorized,
  redirectUris,
  type Wanted,
  wantedClaims,
  wantedRoles,
  wantedScopes,
} from './desired.ts';

const scope = z.looseObject({ id: z.string(), value: z.string().nullish(), isEnabled: z.boolean().default(true) });
const role = scope.extend({ allowedMemberTypes: z.array(z.string()).default([]) });
const claim = z.looseObject({ name: z.string() });
const claims = z
  .array(claim)
  .nullish()
  .transform((all) => all ?? []);

export const applicationSchema = z.object({
  id: z.string(),
  appId: z.string(),
  displayName: z.string(),
  signInAudience: z.string().nullish(),
  identifierUris: z.array(z.string()).default([]),
  groupMembershipClaims: z.string().nullish(),
  api: z.object({
    requestedAccessTokenVersion: z.number().nullish(),
    oauth2PermissionScopes: z.array(scope).default([]),
    preAuthorizedApplications: z
      .array(z.object({ appId: z.string(), delegatedPermissionIds: z.array(z.string()) }))
      .default([]),
  }),
  appRoles: z.array(role).default([]),
  web: z.object({ redirectUris: z.array(z.string()).default([]) }).prefault({}),
  optionalClaims: z.object({ accessToken: claims, idToken: claims, saml2Token: claims }).nullish(),
  passwordCredentials: z.array(z.unknown()).default([]),
});

export type Application = z.output<typeof applicationSchema>;

export const APPLICATION_FIELDS = Object.keys(applicationSchema.shape).join(',');

export interface Patch {
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** From what the application is after the patches before it; undefined: nothing to do. */
export type Step = (application: Application, wanted: Wanted) => Patch | undefined;

/** The order is Entra’s: no https identifier before version 2, no client before the scope that it is authorized for. */
export function createSteps(newId: () => string): readonly Step[] {
  return [
    tokenVersion,
    uris,
    (application) => scopes(application, newId),
    (application) => roles(application, newId),
    clients,
    callbacks,
    tokenClaims,
  ];
}

const tokenVersion: Step = ({ api }) =>
  api.requestedAccessTokenVersion === 2
    ? undefined
    : { what: 'access tokens of version 2', body: { api: { requestedAccessTokenVersion: 2 } } };

const uris: Step = ({ appId, identifierUris: present }, wanted) => {
  const missing = identifierUris(appId, wanted).filter((uri) => !present.includes(uri));
  if (missing.length === 0) return undefined;
  return { what: `identifier URIs ${missing.join(', ')}`, body: { identifierUris: [...present, ...missing] } };
};

function scopes({ api }: Application, newId: () => string): Patch | undefined {
  const present = api.oauth2PermissionScopes;
  const missing = wantedScopes.filter(({ value }) => !present.some((one) => one.value === value));
  if (missing.length === 0) return undefined;
  const made = missing.map((one) => ({ ...one, id: newId(), isEnabled: true, type: 'Admin' }));
  return { what: `scopes ${list(missing)}`, body: { api: { oauth2PermissionScopes: [...present, ...made] } } };
}

function roles({ appRoles: present }: Application, newId: () => string): Patch | undefined {
  const missing = wantedRoles.filter(({ value }) => !present.some((one) => one.value === value));
  if (missing.length === 0) return undefined;
  const made = missing.map((one) => ({ ...one, id: newId(), isEnabled: true, allowedMemberTypes: ['Application'] }));
  return { what: `app roles ${list(missing)}`, body: { appRoles: [...present, ...made] } };
}

const clients: Step = ({ api }, wanted) => {
  const idOf = new Map(api.oauth2PermissionScopes.map(({ id, value }) => [value, id]));
  const present = api.preAuthorizedApplications;
  const missing = [...preAuthorized(wanted)].flatMap(([appId, scopeName]) => {
    const id = idOf.get(scopeName);
    const held = present.find((one) => one.appId.toLowerCase() === appId)?.delegatedPermissionIds ?? [];
    return id === undefined || held.includes(id) ? [] : [{ appId, delegatedPermissionIds: [...held, id] }];
  });
  if (missing.length === 0) return undefined;
  const others = present.filter((one) => !missing.some(({ appId }) => appId === one.appId.toLowerCase()));
  const body = { api: { preAuthorizedApplications: [...others, ...missing] } };
  return { what: `authorized clients ${missing.map(({ appId }) => appId).join(', ')}`, body };
};

const callbacks: Step = ({ web }, wanted) => {
  const missing = redirectUris(wanted).filter((uri) => !web.redirectUris.includes(uri));
  if (missing.length === 0) return undefined;
  const body = { web: { redirectUris: [...web.redirectUris, ...missing] } };
  return { what: `redirect URI ${missing.join(', ')}`, body };
};

const tokenClaims: Step = ({ optionalClaims, groupMembershipClaims }) => {
  const present = optionalClaims ?? { accessToken: [], idToken: [], saml2Token: [] };
  const missing = (kind: keyof typeof wantedClaims) =>
    wantedClaims[kind].filter((name) => !present[kind].some((one) => one.name === name));
  const [access, id] = [missing('accessToken'), missing('idToken')];
  const hasGroups = groupMembershipClaims !== null && groupMembershipClaims !== undefined;
  if (access.length + id.length === 0 && hasGroups) return undefined;
  const make = (name: string) => ({ name, essential: false, additionalProperties: [] });
  return {
    what: 'groups and kinds of accounts in tokens',
    body: {
      ...(!hasGroups && { groupMembershipClaims: GROUP_CLAIMS }),
      optionalClaims: {
        accessToken: [...present.accessToken, ...access.map(make)],
        idToken: [...present.idToken, ...id.map(make)],
        saml2Token: present.saml2Token,
      },
    },
  };
};

/** What a patch makes of it; as Graph merges: one level into complex values, collections whole. */
export function applyPatch(application: Application, { body }: Patch): Application {
  const { api, web, ...rest } = body;
  return applicationSchema.parse({
    ...application,
    ...rest,
    api: { ...application.api, ...(typeof api === 'object' && api) },
    web: { ...application.web, ...(typeof web === 'object' && web) },
  });
}

/** What stands there otherwise than wanted, and stays: somebody may have meant it. A line each. */
export function findDrift(application: Application, wanted: Wanted): readonly string[] {
  const { appId, signInAudience, api, appRoles, web, groupMembershipClaims, passwordCredentials } = application;
  const uris = identifierUris(appId, wanted);
  const idOf = new Map(api.oauth2PermissionScopes.map(({ id, value }) => [id, value]));
  const allowed = preAuthorized(wanted);
  const isKnown = wanted.publicUrl !== undefined;
  return [
    ...(signInAudience === 'AzureADMyOrg' ? [] : [`accounts of other tenants may sign in (${signInAudience})`]),
    ...(passwordCredentials.length === 0 ? [] : ['it has a client secret, which the gateway does not use: remove it']),
    ...(groupMembershipClaims === GROUP_CLAIMS ? [] : [`tokens name groups by ${groupMembershipClaims}`]),
    ...(isKnown ? application.identifierUris.filter((uri) => !uris.includes(uri)).map(extra('identifier URI')) : []),
    ...(isKnown
      ? web.redirectUris.filter((uri) => !redirectUris(wanted).includes(uri)).map(extra('redirect URI'))
      : []),
    ...[...api.oauth2PermissionScopes, ...appRoles].flatMap(({ value, isEnabled }) =>
      isEnabled ? [] : [`${value} is disabled`],
    ),
    ...appRoles.flatMap(({ value, allowedMemberTypes }) =>
      isOurs(value) && allowedMemberTypes.includes('User') ? [`people too can be given the role ${value}`] : [],
    ),
    ...api.preAuthorizedApplications.flatMap(({ appId: client, delegatedPermissionIds: ids }) =>
      ids.flatMap((id) => {
        const name = idOf.get(id) ?? id;
        return allowed.get(client.toLowerCase()) === name ? [] : [`client ${client} is authorized for ${name}`];
      }),
    ),
  ];
}

function isOurs(value: string | null | undefined): boolean {
  return wantedRoles.some((one) => one.value === value);
}

function extra(kind: string): (uri: string) => string {
  return (uri) => `another ${kind}: ${uri}`;
}

function list(all: readonly { readonly value: string }[]): string {
  return all.map(({ value }) => value).join(', ');
}
