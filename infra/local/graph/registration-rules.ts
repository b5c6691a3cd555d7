/**
 * An application as Graph keeps it, and what it refuses of a change (FACTS §2): an https identifier before version 2, one
 * that ends in a slash or is taken, a client authorized for a scope that is not there yet, an enabled scope or role taken
 * away. Pure.
 */
import { z } from 'zod';

const scope = z.strictObject({
  id: z.guid(),
  value: z.string().min(1).max(120),
  type: z.enum(['User', 'Admin']),
  isEnabled: z.boolean(),
  adminConsentDisplayName: z.string().max(100),
  adminConsentDescription: z.string(),
});
const role = z.strictObject({
  id: z.guid(),
  value: z.string().min(1).max(120),
  displayName: z.string().min(1),
  description: z.string().min(1),
  isEnabled: z.boolean(),
  allowedMemberTypes: z.array(z.enum(['User', 'Application'])).min(1),
});
const claim = z.strictObject({
  name: z.enum(['acct', 'groups', 'idtyp', 'email', 'upn']),
  source: z.null().optional(),
  essential: z.boolean(),
  additionalProperties: z.array(z.string()),
});
const api = z.strictObject({
  requestedAccessTokenVersion: z.union([z.literal(1), z.literal(2), z.null()]),
  oauth2PermissionScopes: z.array(scope),
  preAuthorizedApplications: z.array(
    z.strictObject({ appId: z.guid(), delegatedPermissionIds: z.array(z.guid()).min(1) }),
  ),
});
const web = z.strictObject({ redirectUris: z.array(z.url()) });

export const applicationPatch = z.strictObject({
  displayName: z.string().min(1).optional(),
  signInAudience: z.enum(['AzureADMyOrg', 'AzureADMultipleOrgs']).optional(),
  identifierUris: z.array(z.url()).optional(),
  groupMembershipClaims: z.enum(['None', 'SecurityGroup', 'All']).nullable().optional(),
  api: api.partial().optional(),
  appRoles: z.array(role).optional(),
  web: web.partial().optional(),
  optionalClaims: z
    .strictObject({ accessToken: z.array(claim), idToken: z.array(claim), saml2Token: z.array(claim) })
    .optional(),
  /** Not to be written: for tests of what somebody else left. */
  passwordCredentials: z.array(z.strictObject({ displayName: z.string() })).optional(),
});

type Patch = z.output<typeof applicationPatch>;

export interface Application {
  readonly id: string;
  readonly appId: string;
  readonly uniqueName: string;
  readonly displayName: string;
  readonly signInAudience: string;
  readonly identifierUris: readonly string[];
  readonly groupMembershipClaims: string | null;
  readonly api: z.output<typeof api>;
  readonly appRoles: readonly z.output<typeof role>[];
  readonly web: z.output<typeof web>;
  readonly optionalClaims: Patch['optionalClaims'] | null;
  readonly passwordCredentials: readonly unknown[];
}

/** As Graph makes one that says nothing: version 1 tokens. */
export function newApplication(id: string, appId: string, uniqueName: string): Application {
  return {
    id,
    appId,
    uniqueName,
    displayName: '',
    signInAudience: 'AzureADMyOrg',
    identifierUris: [],
    groupMembershipClaims: null,
    api: { requestedAccessTokenVersion: null, oauth2PermissionScopes: [], preAuthorizedApplications: [] },
    appRoles: [],
    web: { redirectUris: [] },
    optionalClaims: null,
    passwordCredentials: [],
  };
}

/** What Graph says against it. What one request changes together does not count for its other parts. */
export function checkPatch(before: Application, patch: Patch, others: readonly Application[]): string | undefined {
  const { identifierUris = [], api: changed = {}, appRoles } = patch;
  for (const uri of identifierUris) {
    if (uri.startsWith('api://') && uri !== `api://${before.appId}`) return `The identifier ${uri} is not its own.`;
    if (uri.startsWith('https://') && before.api.requestedAccessTokenVersion !== 2) {
      return `Values of identifierUris property must use a verified domain of the organization: '${uri}'`;
    }
    if (uri.endsWith('/')) return `The identifier ${uri} ends in a slash.`;
    if (others.some((other) => other.identifierUris.includes(uri))) {
      return 'Another object with the same value for property identifierUris already exists.';
    }
  }
  const known = new Set(before.api.oauth2PermissionScopes.map(({ id }) => id));
  const referred = (changed.preAuthorizedApplications ?? []).flatMap((one) => one.delegatedPermissionIds);
  if (referred.some((id) => !known.has(id))) {
    return 'Property PreAuthorizedApplications references applications or permissions that cannot be found.';
  }
  return (
    checkEntitlements(before.api.oauth2PermissionScopes, changed.oauth2PermissionScopes) ??
    checkEntitlements(before.appRoles, appRoles)
  );
}

interface Entitlement {
  readonly id: string;
  readonly value: string;
  readonly isEnabled: boolean;
}

function checkEntitlements(
  before: readonly Entitlement[],
  after: readonly Entitlement[] | undefined,
): string | undefined {
  if (after === undefined) return undefined;
  const isTwice = (key: 'id' | 'value') => new Set(after.map((one) => one[key])).size !== after.length;
  if (isTwice('id') || isTwice('value')) return 'It contains duplicate values.';
  const isGone = before.some(({ id, isEnabled }) => isEnabled && !after.some((one) => one.id === id));
  return isGone ? 'Permission (scope or role) cannot be deleted or updated unless disabled first.' : undefined;
}

/** Complex values one level deep, collections whole. */
export function mergePatch(before: Application, patch: Patch): Application {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return {
    ...before,
    ...given,
    api: { ...before.api, ...withoutAbsent(patch.api) },
    web: { ...before.web, ...withoutAbsent(patch.web) },
  };
}

function withoutAbsent<T extends object>(value: T | undefined): Partial<{ [K in keyof T]: Exclude<T[K], undefined> }> {
  const entries = Object.entries(value ?? {}).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries) as Partial<{ [K in keyof T]: Exclude<T[K], undefined> }>;
}
