// A storage account that opens to Entra ID alone: no shared key, no SAS by key, no public blob, no local user.
// Containers with `immutableDays` are written once and appended to, and let go of nothing before its time. The policy is
// unlocked until somebody locks it: until then an administrator can still shorten it (`sallyport lock`).

@description('Its hosts’ name, too.')
@minLength(3)
@maxLength(24)
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('How it keeps its copies.')
param redundancy string

@description('Disabled: through private endpoints alone.')
param publicNetworkAccess 'Enabled' | 'Disabled'

@description('The workspace that its logs go to.')
param workspaceId string

@description('Blob containers; immutableDays: nothing in it is changed or removed for so long after it was last written.')
param containers { name: string, immutableDays: int? }[]

@description('Made empty.')
param tables string[] = []

@description('Removed by age, never moved to another tier: append blobs can’t be.')
param expiries { container: string, days: int, since: 'creation' | 'modification' }[]

resource account 'Microsoft.Storage/storageAccounts@2026-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowedCopyScope: 'AAD'
    isLocalUserEnabled: false
    isSftpEnabled: false
    supportsHttpsTrafficOnly: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
    encryption: {
      keySource: 'Microsoft.Storage'
      requireInfrastructureEncryption: true
      services: {
        blob: { enabled: true, keyType: 'Account' }
        table: { enabled: true, keyType: 'Account' }
      }
    }
  }

  // What is deleted is gone, and there is no older version of it: a held call’s arguments, and what retention let go of.
  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: false }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
      isVersioningEnabled: false
    }

    resource container 'containers' = [
      for container in containers: {
        name: container.name
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource table 'tables' = [
      for table in tables: {
        name: table
      }
    ]
  }

  resource lifecycle 'managementPolicies' = {
    name: 'default'
    // Refused while the containers that it names are not there.
    dependsOn: [blobs::container]
    properties: {
      policy: {
        rules: [
          for expiry in expiries: {
            name: 'expire-${expiry.container}'
            enabled: true
            type: 'Lifecycle'
            definition: {
              filters: {
                blobTypes: ['appendBlob', 'blockBlob']
                // The slash: a class may begin as another is called.
                prefixMatch: ['${expiry.container}/']
              }
              actions: {
                baseBlob: {
                  delete: expiry.since == 'creation'
                    ? { daysAfterCreationGreaterThan: expiry.days }
                    : { daysAfterModificationGreaterThan: expiry.days }
                }
              }
            }
          }
        ]
      }
    }
  }
}

resource immutability 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2026-06-01' = [
  for (container, index) in containers: if (contains(container, 'immutableDays')) {
    parent: account::blobs::container[index]
    name: 'default'
    properties: {
      immutabilityPeriodSinceCreationInDays: container.?immutableDays
      // A segment is an append blob: what stands in it stands, and it grows.
      allowProtectedAppendWrites: true
    }
  }
]

#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource accountDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Who read, wrote and deleted which blob, past us too (DESIGN §6).
#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Without reads: every instance reads the blocks every five seconds, which proves nothing and would be most of the bill.
#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::tableService
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

@description('https://host/ of blobs.')
output blobUrl string = account.properties.primaryEndpoints.blob

@description('https://host/ of tables.')
output tableUrl string = account.properties.primaryEndpoints.table
