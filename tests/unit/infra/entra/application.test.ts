import { describe, expect, it } from 'vitest';
import {
  type Application,
  applicationSchema,
  applyPatch,
  createSteps,
  findDrift,
  type Patch,
} from '../../../../infra/entra/application.ts';
import { identifierUris, names, type Wanted } from '../../../../infra/entra/desired.ts';
import { gatewaySchema } from '../../../../shared/config/gateway-schema.ts';
import { proves } from '../../../requirements.ts';

const APP = '5a11e000-0000-4000-8000-0000000000c0';
const CLIENT = '5a11e000-0000-4000-8000-0000000000c1';
const TOOL = '5a11e000-0000-4000-8000-0000000000c5';
const wanted: Wanted = {
  publicUrl: 'https://gateway.example.com',
  servers: ['crm', 'erp'],
  resource: 'exact',
  clients: [CLIENT],
  manageClients: [TOOL],
};

function makeApplication(more: object = {}): Application {
  return applicationSchema.parse({
    id: 'object-id',
    appId: APP,
    displayName: 'Sallyport',
    signInAudience: 'AzureADMyOrg',
    api: {},
    ...more,
  });
}

/** Everything that is patched, in order, and what comes of it. */
function settle(application: Application, want: Wanted = wanted): { patches: Patch[]; settled: Application } {
  let next = 0;
  const patches: Patch[] = [];
  let settled = application;
  for (const step of createSteps(() => `id-${next++}`)) {
    const patch = step(settled, want);
    if (patch === undefined) continue;
    patches.push(patch);
    settled = applyPatch(settled, patch);
  }
  return { patches, settled };
}

describe('an app registration', () => {
  it(proves('entra.register', 'is patched in the order that Entra takes, token version first'), () => {
    const { patches, settled } = settle(makeApplication());
    expect(patches[0]?.body).toEqual({ api: { requestedAccessTokenVersion: 2 } });
    expect(patches.map(({ what }) => what.split(' ')[0])).toEqual([
      'access',
      'identifier',
      'scopes',
      'app',
      'authorized',
      'redirect',
      'groups',
    ]);
    expect(settled.identifierUris).toEqual([
      `api://${APP}`,
      'https://gateway.example.com/api',
      'https://gateway.example.com/mcp/crm',
      'https://gateway.example.com/mcp/erp',
    ]);
    expect(findDrift(settled, wanted)).toEqual([]);
  });

  it(proves('entra.idempotent', 'that has all of it needs nothing'), () => {
    const { settled } = settle(makeApplication());
    expect(settle(settled).patches).toEqual([]);
  });

  it(proves('entra.idempotent', 'keeps the ids and everything else that it has'), () => {
    const scope = { id: 'kept', value: names.scope, isEnabled: true, type: 'User', adminConsentDisplayName: 'Ours' };
    const { settled } = settle(
      makeApplication({
        identifierUris: ['https://old.example.com/mcp/crm'],
        api: {
          oauth2PermissionScopes: [scope, { ...scope, id: 'other', value: 'Other' }],
          preAuthorizedApplications: [{ appId: CLIENT.toUpperCase(), delegatedPermissionIds: ['other'] }],
        },
        appRoles: [{ id: 'role', value: 'Other.All', isEnabled: true, allowedMemberTypes: ['User'] }],
        web: { redirectUris: ['https://old.example.com/'] },
        optionalClaims: { accessToken: [{ name: 'acct', essential: true }], idToken: null, saml2Token: [] },
        groupMembershipClaims: 'SecurityGroup',
      }),
    );
    expect(settled.identifierUris[0]).toBe('https://old.example.com/mcp/crm');
    expect(settled.api.oauth2PermissionScopes.map(({ id }) => id)).toEqual(['kept', 'other', expect.any(String)]);
    expect(settled.api.oauth2PermissionScopes[0]).toEqual(scope);
    expect(settled.api.preAuthorizedApplications[0]).toEqual({
      appId: CLIENT,
      delegatedPermissionIds: ['other', 'kept'],
    });
    expect(settled.appRoles[0]?.id).toBe('role');
    expect(settled.web.redirectUris).toHaveLength(2);
    expect(settled.optionalClaims?.accessToken).toMatchObject([{ name: 'acct', essential: true }, {}, {}]);
  });

  it.each<[string, object, string]>([
    ['other tenants', { signInAudience: 'AzureADMultipleOrgs' }, 'accounts of other tenants may sign in'],
    ['a secret', { passwordCredentials: [{}] }, 'it has a client secret'],
    ['all groups', { groupMembershipClaims: 'All' }, 'tokens name groups by All'],
    [
      'an old address',
      { identifierUris: ['https://old.example.com/mcp'] },
      'another identifier URI: https://old.example.com/mcp',
    ],
    [
      'an old callback',
      { web: { redirectUris: ['https://old.example.com/x'] } },
      'another redirect URI: https://old.example.com/x',
    ],
    [
      'a disabled role',
      { appRoles: [{ id: 'r', value: names.flowRole, isEnabled: false, allowedMemberTypes: ['Application'] }] },
      'Approvals.Respond is disabled',
    ],
    [
      'a role for people',
      { appRoles: [{ id: 'r', value: names.flowRole, isEnabled: true, allowedMemberTypes: ['User', 'Application'] }] },
      'people too can be given the role Approvals.Respond',
    ],
    [
      'an agent that may decide',
      {
        api: {
          oauth2PermissionScopes: [{ id: 's', value: names.apiScope, isEnabled: true }],
          preAuthorizedApplications: [{ appId: CLIENT, delegatedPermissionIds: ['s'] }],
        },
      },
      `client ${CLIENT} is authorized for Sallyport.Manage`,
    ],
  ])(proves('entra.idempotent', 'shows and leaves what stands otherwise: %s'), (_what, more, line) => {
    const { settled } = settle(makeApplication(more));
    expect(findDrift(settled, wanted)).toEqual([expect.stringContaining(line)]);
  });

  it('has one URI for all servers where the configuration says so, and none before there is an address', () => {
    expect(identifierUris(APP, { ...wanted, resource: 'parent' })).toEqual([
      `api://${APP}`,
      'https://gateway.example.com/api',
      'https://gateway.example.com/mcp',
    ]);
    const { publicUrl: _publicUrl, ...unknown } = wanted;
    expect(identifierUris(APP, unknown)).toEqual([`api://${APP}`]);
    const { settled } = settle(makeApplication(), unknown);
    expect(settled.web.redirectUris).toEqual([]);
    expect(settle(settled).patches.map(({ what }) => what.split(' ')[0])).toEqual(['identifier', 'redirect']);
  });

  it('is named as the configuration names it by default', () => {
    const { identity } = gatewaySchema.parse({
      version: 1,
      servers: {},
      transcripts: { retention: { standard: { days: 1 } } },
    });
    expect(identity).toMatchObject(names);
  });
});
