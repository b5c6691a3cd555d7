/**
 * The settings of the deployed app, as the local stack fills them: the same names that Bicep sets in Azure, pointing
 * at the stand-ins. How storage and Service Bus are opened stands in access/.
 */
import type { Settings } from './access/access.ts';
import type { CrmServer } from './crm-server/start.ts';
import type { Entra } from './entra/start.ts';
import type { Graph } from './graph/start.ts';
import type { KeyVault } from './key-vault/start.ts';

export interface AppEnvironmentParts {
  readonly publicUrl: string;
  readonly configDir: string;
  /** Of storage and Service Bus. */
  readonly access: Settings;
  readonly entra: Pick<Entra, 'tenantId' | 'clientId' | 'url' | 'v1Issuer' | 'identity'>;
  readonly keyVault: Pick<KeyVault, 'url'>;
  readonly graph: Pick<Graph, 'url'>;
  readonly crm: Pick<CrmServer, 'url'>;
}

/** Names of keys and secrets that the stack makes in the vault, as the deployment makes them. */
export const vaultNames = {
  sealKey: 'transcript-seal',
  keyringKey: 'keyring',
  crmSecret: 'crm-api-key',
  teamsWebhook: 'teams-webhook-url',
  teamsFlow: 'teams-flow-url',
  teamsReplies: 'teams-reply-secret',
} as const;

export function createAppEnvironment(parts: AppEnvironmentParts): Record<string, string> {
  const { entra } = parts;
  return {
    SALLYPORT_CONFIG_DIR: parts.configDir,
    SALLYPORT_PUBLIC_URL: parts.publicUrl,
    ENTRA_TENANT_ID: entra.tenantId,
    ENTRA_CLIENT_ID: entra.clientId,
    ENTRA_AUTHORITY_HOST: entra.url,
    ENTRA_V1_ISSUER: entra.v1Issuer,
    IDENTITY_ENDPOINT: entra.identity.endpoint,
    IDENTITY_HEADER: entra.identity.header,
    KEY_VAULT_URL: parts.keyVault.url,
    KEY_VAULT_SEAL_KEY: vaultNames.sealKey,
    KEY_VAULT_KEYRING_KEY: vaultNames.keyringKey,
    GRAPH_URL: parts.graph.url,
    ...parts.access,
    // Megabyte events leave megabytes of garbage: a small young generation keeps the process small under a slow reader.
    languageWorkers__node__arguments: '--max-semi-space-size=8',
    CRM_URL: parts.crm.url,
    // Nobody who tries it out waits five minutes for the first seal.
    SEAL_SCHEDULE: process.env.SEAL_SCHEDULE ?? '*/20 * * * * *',
    // Unset, whatever a developer's shell or local.settings.json says: it would lead away from this machine.
    APPLICATIONINSIGHTS_CONNECTION_STRING: '',
  };
}
