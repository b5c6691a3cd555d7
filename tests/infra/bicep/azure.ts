/**
 * What Azure says of itself, as its public documents have it: types, ids of built-in roles, what names may be, and what a
 * resource tells once it is there. Written down here, so that the template is not compared with itself.
 */
import { expect } from 'vitest';
import type { Facts } from './expression.ts';

export const STORAGE = 'Microsoft.Storage/storageAccounts';
export const IDENTITIES = 'Microsoft.ManagedIdentity/userAssignedIdentities';
export const WORKFLOWS = 'Microsoft.Logic/workflows';
export const ROLES = 'Microsoft.Authorization/roleAssignments';
export const DIAGNOSTICS = 'Microsoft.Insights/diagnosticSettings';

/** What a resource says of itself once it is there. */
export const facts: Facts = (id, path) => {
  const name = id.split('/').at(-1) ?? '';
  const known: Record<string, string> = {
    clientId: '5a11e000-0000-4000-8000-0000000000d1',
    principalId: name.startsWith('id-flow-')
      ? '5a11e000-0000-4000-8000-0000000000d6'
      : '5a11e000-0000-4000-8000-0000000000d3',
    defaultHostName: `${name}.azurewebsites.net`,
    vaultUri: `https://${name}.vault.azure.net/`,
    serviceBusEndpoint: `https://${name}.servicebus.windows.net:443/`,
    ConnectionString: 'InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://in.example/',
    'primaryEndpoints.blob': `https://${name}.blob.core.windows.net/`,
    'primaryEndpoints.table': `https://${name}.table.core.windows.net/`,
  };
  return known[path] ?? expect.fail(`nobody knows ${path} of ${id}`);
};

export const builtInRoles: Record<string, string> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0': 'Azure Service Bus Data Receiver',
  '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39': 'Azure Service Bus Data Sender',
  '4633458b-17de-408a-b874-0445c86b69e6': 'Key Vault Secrets User',
  'b86a8fe4-44ce-4948-aee5-eccb2c155cd7': 'Key Vault Secrets Officer',
  '12338af0-0e69-4776-bea7-57ae8d297424': 'Key Vault Crypto User',
  'e147488a-f6f5-4113-8e2d-b22465e65bf6': 'Key Vault Crypto Service Encryption User',
  '21090545-7ca7-4776-b22c-e363652d74d2': 'Key Vault Reader',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
};

/** Azure’s own rules; a part’s name is what stands behind the last slash. */
export const nameRules: Record<string, RegExp> = {
  'Microsoft.Resources/resourceGroups': /^[\w().-]{0,89}[\w()-]$/,
  [IDENTITIES]: /^[a-zA-Z0-9][\w-]{2,127}$/,
  'Microsoft.OperationalInsights/workspaces': /^[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]$/,
  'Microsoft.Insights/components': /^[\w().-]{0,254}[\w()-]$/,
  'Microsoft.Insights/scheduledQueryRules': /^[\w().-]{1,259}[\w()-]$/,
  'Microsoft.Insights/workbooks': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  [DIAGNOSTICS]: /^[\w.-]{1,260}$/,
  [STORAGE]: /^[a-z0-9]{3,24}$/,
  [`${STORAGE}/blobServices`]: /^default$/,
  [`${STORAGE}/blobServices/containers`]: /^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
  [`${STORAGE}/blobServices/containers/immutabilityPolicies`]: /^default$/,
  [`${STORAGE}/tableServices`]: /^default$/,
  [`${STORAGE}/tableServices/tables`]: /^[A-Za-z][A-Za-z0-9]{2,62}$/,
  [`${STORAGE}/managementPolicies`]: /^default$/,
  'Microsoft.KeyVault/vaults': /^(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
  'Microsoft.KeyVault/vaults/keys': /^[a-zA-Z0-9-]{1,127}$/,
  'Microsoft.KeyVault/vaults/secrets': /^[a-zA-Z0-9-]{1,127}$/,
  'Microsoft.ServiceBus/namespaces': /^(?!.*(-sb|-mgmt)$)[a-zA-Z][a-zA-Z0-9-]{4,48}[a-zA-Z0-9]$/,
  'Microsoft.ServiceBus/namespaces/queues': /^[a-zA-Z0-9][\w./-]{0,259}$/,
  [ROLES]: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  'Microsoft.Web/serverfarms': /^[a-zA-Z0-9-]{1,60}$/,
  // 32: the host shortens a longer one, and two that begin alike would share their leases.
  'Microsoft.Web/sites': /^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/,
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': /^(ftp|scm)$/,
  'Microsoft.Web/connections': /^[\w().-]{1,80}$/,
  [WORKFLOWS]: /^[\w().-]{1,43}$/,
  'Microsoft.Web/sites/config': /^appsettings$/,
};
