/**
 * The settings of the deployed app, as the local stack fills them: the same names that Bicep sets in Azure, pointing
 * at the stand-ins. The only local ones are connection strings where Azure has an identity.
 */
export interface AppEnvironmentParts {
  readonly publicUrl: string;
  readonly configDir: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly authorityHost: string;
  readonly v1Issuer: string;
  readonly identity: { readonly endpoint: string; readonly header: string };
  readonly vaultUrl: string;
  readonly storage: string;
  readonly crmUrl: string;
}

/** Names of keys and secrets that the stack makes in the vault, as the deployment makes them. */
export const vaultNames = { sealKey: 'transcript-seal', keyringKey: 'keyring', crmSecret: 'crm-api-key' } as const;

export function createAppEnvironment(parts: AppEnvironmentParts): Record<string, string> {
  return {
    SALLYPORT_CONFIG_DIR: parts.configDir,
    SALLYPORT_PUBLIC_URL: parts.publicUrl,
    ENTRA_TENANT_ID: parts.tenantId,
    ENTRA_CLIENT_ID: parts.clientId,
    ENTRA_AUTHORITY_HOST: parts.authorityHost,
    ENTRA_V1_ISSUER: parts.v1Issuer,
    IDENTITY_ENDPOINT: parts.identity.endpoint,
    IDENTITY_HEADER: parts.identity.header,
    KEY_VAULT_URL: parts.vaultUrl,
    KEY_VAULT_SEAL_KEY: vaultNames.sealKey,
    KEY_VAULT_KEYRING_KEY: vaultNames.keyringKey,
    TRANSCRIPTS_STORAGE: parts.storage,
    STATE_STORAGE: parts.storage,
    CRM_URL: parts.crmUrl,
  };
}
