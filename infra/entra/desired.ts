/**
 * What the gateway's app registration should hold (FACTS §2), from what the operator says. Pure. Names of scopes and roles
 * are the configuration's defaults; a test holds the two together.
 */

export interface Wanted {
  /** `https://host`, no trailing slash; absent: not known yet, as before the first deployment. */
  readonly publicUrl?: string;
  /** As in gateway.yaml. */
  readonly servers: readonly string[];
  /** `identity.resource` in gateway.yaml. */
  readonly resource: 'exact' | 'parent';
  /** Client ids that may call without anybody's consent, and those of people's tools; none is in both. */
  readonly clients: readonly string[];
  readonly manageClients: readonly string[];
}

export const names = {
  scope: 'Mcp.Invoke',
  apiScope: 'Sallyport.Manage',
  role: 'Mcp.Invoke.All',
  apiRole: 'Sallyport.Manage.All',
  flowRole: 'Approvals.Respond',
} as const;

export interface WantedScope {
  readonly value: string;
  readonly adminConsentDisplayName: string;
  readonly adminConsentDescription: string;
}

/** Consented to by administrators alone: an app that acts for people is not each person's own choice. */
export const wantedScopes: readonly WantedScope[] = [
  {
    value: names.scope,
    adminConsentDisplayName: 'Call MCP servers for you',
    adminConsentDescription: 'The app calls MCP servers through Sallyport as the signed-in person.',
  },
  {
    value: names.apiScope,
    adminConsentDisplayName: 'Decide and administer for you',
    adminConsentDescription:
      'The app decides approvals, reads transcripts and administers as the signed-in person. Give it to no agent.',
  },
];

export interface WantedRole {
  readonly value: string;
  readonly displayName: string;
  readonly description: string;
}

/** For apps alone: a person gets rights by groups and policies. */
export const wantedRoles: readonly WantedRole[] = [
  { value: names.role, displayName: 'Call MCP servers', description: 'The app calls MCP servers as itself.' },
  { value: names.apiRole, displayName: 'Read by the API', description: 'The app uses the API as itself.' },
  {
    value: names.flowRole,
    displayName: 'Bring answers from Teams',
    description: 'The workflow brings what people answered on cards. The gateway takes it of one identity alone.',
  },
];

/** Character for character what clients ask for: Entra compares so, and takes none that ends in a slash. */
export function identifierUris(clientId: string, { publicUrl, servers, resource }: Wanted): readonly string[] {
  const own = `api://${clientId}`;
  if (publicUrl === undefined) return [own];
  const mcp = `${publicUrl}/mcp`;
  return [own, `${publicUrl}/api`, ...(resource === 'parent' ? [mcp] : servers.map((server) => `${mcp}/${server}`))];
}

export function redirectUris({ publicUrl }: Wanted): readonly string[] {
  return publicUrl === undefined ? [] : [`${publicUrl}/ui/sign-in/callback`];
}

/** Scope by client id. */
export function preAuthorized({ clients, manageClients }: Wanted): ReadonlyMap<string, string> {
  const entries = (ids: readonly string[], scope: string) => ids.map((id) => [id.toLowerCase(), scope] as const);
  return new Map([...entries(clients, names.scope), ...entries(manageClients, names.apiScope)]);
}

/** Groups past a token's limit and people who are guests are asked of Graph; with these most need not be. */
export const wantedClaims = {
  accessToken: ['acct', 'groups', 'idtyp'],
  idToken: ['acct', 'groups'],
} as const;

/** Object ids of security groups: no distribution lists, and no names, which anybody may change. */
export const GROUP_CLAIMS = 'SecurityGroup';

export const TOKEN_EXCHANGE_AUDIENCE = 'api://AzureADTokenExchange';
export const FEDERATED_NAME = 'sallyport-identity';
/** Who is in which group, and who is a guest: asked for each approval. */
export const GRAPH_PERMISSIONS: readonly string[] = ['GroupMember.Read.All', 'User.Read.All'];
