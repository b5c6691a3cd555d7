/**
 * The sample tenant: its groups, people and apps, the facts that configuration, policies and tests share.
 * Plain data; object ids are fixed so that `gateway.yaml` can name them.
 */
export interface User {
  /** What people type: `alice`. */
  readonly name: string;
  readonly displayName: string;
  readonly objectId: string;
  /** User principal name; also what a token's `preferred_username` says. */
  readonly principalName: string;
  /** Object ids. */
  readonly groups: readonly string[];
  readonly isGuest: boolean;
}

export interface App {
  readonly name: string;
  readonly displayName: string;
  readonly clientId: string;
  /** Object id of its service principal: what an app-only token calls `oid`. */
  readonly servicePrincipalId: string;
  /**
   * `api`: the gateway's registration. `public`: people call through it, without a secret. `confidential`: has a
   * secret. `managed-identity`: gets tokens from the platform's endpoint only.
   */
  readonly kind: 'api' | 'public' | 'confidential' | 'managed-identity';
  /** A loopback address stands for any port, as with Entra's public clients. */
  readonly redirectUris: readonly string[];
  /** App roles on the gateway that an administrator assigned to it. */
  readonly roles: readonly string[];
  /** The gateway's delegated scope that an administrator consented to for it; default: the one of MCP. */
  readonly scope?: string;
}

export interface Directory {
  readonly tenantId: string;
  readonly domain: string;
  /** The delegated scopes that the gateway's registration exposes, for MCP and for the API; and the app role. */
  readonly scope: string;
  readonly apiScope: string;
  readonly role: string;
  /** `requestedAccessTokenVersion` of the gateway's registration. */
  readonly accessTokenVersion: 1 | 2;
  readonly users: readonly User[];
  readonly apps: readonly App[];
}

const PREFIX = '5a11e000-0000-4000-8000-';
const OTHER_GROUPS = 250;

/** `a1` → 5a11e000-0000-4000-8000-0000000000a1. */
export function sampleId(suffix: string): string {
  return `${PREFIX}${suffix.padStart(12, '0')}`;
}

export const sampleGroups = {
  support: sampleId('a1'),
  finance: sampleId('a2'),
  auditors: sampleId('a3'),
  administrators: sampleId('a4'),
} as const;

const LOOPBACK_PATHS = ['', '/', '/callback', '/oauth/callback', '/oauth/callback/debug'];

const LOOPBACK_URIS = ['127.0.0.1', 'localhost'].flatMap((host) =>
  LOOPBACK_PATHS.map((path) => `http://${host}${path}`),
);

const API_SCOPE = 'Sallyport.Manage';

export const sampleDirectory: Directory = {
  tenantId: sampleId('1'),
  domain: 'sallyport.example',
  scope: 'Mcp.Invoke',
  apiScope: API_SCOPE,
  role: 'Mcp.Invoke.All',
  accessTokenVersion: 2,
  users: [
    person('alice', 'Alice Archer', 'b1', [sampleGroups.support]),
    person('bob', 'Bob Banks', 'b2', [sampleGroups.finance]),
    person('carol', 'Carol Chen', 'b3', [sampleGroups.auditors]),
    person('dave', 'Dave Dale', 'b4', [sampleGroups.administrators]),
    person('mallory', 'Mallory Moss', 'b5', []),
    person('grace', 'Grace Gray', 'b6', [sampleGroups.support, ...otherGroups()]),
  ],
  apps: [
    app('gateway', 'Sallyport', 'c0', 'd0', 'api'),
    app('assistant', 'Assistant', 'c1', 'd1', 'public', { redirectUris: LOOPBACK_URIS }),
    app('cli', 'Sallyport CLI', 'c5', 'd5', 'public', { redirectUris: LOOPBACK_URIS, scope: API_SCOPE }),
    app('reporting-bot', 'Reporting bot', 'c2', 'd2', 'confidential', { roles: ['Mcp.Invoke.All'] }),
    app('gateway-identity', 'Sallyport’s managed identity', 'c3', 'd3', 'managed-identity'),
    app('teams-flow', 'Sallyport’s Teams workflow', 'c6', 'd6', 'managed-identity', { roles: ['Approvals.Respond'] }),
  ],
};

function person(name: string, displayName: string, suffix: string, groups: readonly string[]): User {
  const principalName = `${name}@sallyport.example`;
  return { name, displayName, objectId: sampleId(suffix), principalName, groups, isGuest: false };
}

function app(
  name: string,
  displayName: string,
  clientSuffix: string,
  servicePrincipalSuffix: string,
  kind: App['kind'],
  more: Partial<Pick<App, 'redirectUris' | 'roles' | 'scope'>> = {},
): App {
  const clientId = sampleId(clientSuffix);
  const servicePrincipalId = sampleId(servicePrincipalSuffix);
  return { name, displayName, clientId, servicePrincipalId, kind, redirectUris: [], roles: [], ...more };
}

/** Groups that mean nothing here; with them grace is past the number of groups that a token holds. */
function otherGroups(): readonly string[] {
  return Array.from({ length: OTHER_GROUPS }, (_, index) => sampleId(`e${index.toString(16).padStart(4, '0')}`));
}

/** By name, object id or user principal name. */
export function findUser(directory: Directory, who: string): User | undefined {
  const wanted = who.toLowerCase();
  return directory.users.find(
    ({ name, objectId, principalName }) => name === wanted || objectId === wanted || principalName === wanted,
  );
}

/** What a person's token for the gateway carries when they come through this app. */
export function scopeOf(directory: Directory, client: App): string {
  return client.scope ?? directory.scope;
}

/** By name or client id. */
export function findApp(directory: Directory, which: string): App | undefined {
  const wanted = which.toLowerCase();
  return directory.apps.find(({ name, clientId }) => name === wanted || clientId === wanted);
}
