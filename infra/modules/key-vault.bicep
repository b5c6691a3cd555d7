// The vault: the key that signs seals, the key that wraps the keyring, and the upstreams’ credentials, which somebody
// puts in by hand. Access by role alone. What is deleted stays recoverable, and nobody can purge it.

@description('Its host’s name, too.')
@minLength(3)
@maxLength(24)
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('Disabled: through private endpoints alone.')
param publicNetworkAccess 'Enabled' | 'Disabled'

@description('The workspace that its logs go to.')
param workspaceId string

@description('Keys in a hardware security module (the premium tier) instead of in software.')
param hardwareKeys bool

@description('True where a vault of this name was deleted and is to be brought back, with its keys.')
param recover bool

@description('The key that signs seals.')
param sealKeyName string

@description('The key that wraps the keyring.')
param keyringKeyName string

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: hardwareKeys ? 'premium' : 'standard' }
    createMode: recover ? 'recover' : 'default'
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

// A deployment makes a key where there is none; one that is there keeps its versions.
resource sealKey 'Microsoft.KeyVault/vaults/keys@2026-05-15' = {
  parent: vault
  name: sealKeyName
  tags: tags
  properties: {
    kty: hardwareKeys ? 'EC-HSM' : 'EC'
    curveName: 'P-256'
    keyOps: ['sign', 'verify']
  }
}

resource keyringKey 'Microsoft.KeyVault/vaults/keys@2026-05-15' = {
  parent: vault
  name: keyringKeyName
  tags: tags
  properties: {
    kty: hardwareKeys ? 'RSA-HSM' : 'RSA'
    keySize: 3072
    keyOps: ['wrapKey', 'unwrapKey']
  }
}

// Who took which secret: one that anybody but the app takes is worth asking about.
#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('https://host/, as the app wants it.')
output url string = vault.properties.vaultUri
