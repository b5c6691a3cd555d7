// The app on Flex Consumption: it scales to nothing, its package lies in a container that only its identity opens, and
// every setting is an address or a name. A test compares the settings with what the code and the platform read.

@description('What the plan is called.')
param planName string

@description('Its host’s name, too, unless publicUrl says otherwise.')
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('An identity, as what runs as it needs it.')
type identityType = {
  @description('Its resource id.')
  id: string
  @description('What tokens are asked for by.')
  clientId: string
}

@description('The one that it runs as.')
param identity identityType

@description('Instances that wait for work, and are paid for meanwhile.')
type alwaysReadyType = {
  @description('http, or function:{name}')
  name: string
  @description('How many of them.')
  instanceCount: int
}

@description('How far it scales, and from where.')
type scaleType = {
  @description('The most instances at once.')
  maximumInstanceCount: int
  @description('Memory of an instance.')
  instanceMemoryMB: int
  @description('Calls that an instance answers at once.')
  httpConcurrency: int
  @description('Instances that stand ready.')
  alwaysReady: alwaysReadyType[]
}

@description('As main.bicep was told.')
param scale scaleType

@description('Recreate ends running calls at each deployment; RollingUpdate lets them finish.')
param siteUpdateStrategy 'Recreate' | 'RollingUpdate'

@description('A subnet delegated to Microsoft.App/environments that the app calls out through; empty: the internet.')
param outboundSubnetId string

@description('https://host, or empty for the app’s own host name.')
param publicUrl string

@description('The tenant whose people and apps call.')
param entraTenantId string

@description('Client id of the gateway’s app registration.')
param entraClientId string

@description('Origin of Microsoft Graph.')
param graphUrl string

@description('When transcripts are sealed, as NCRONTAB.')
param sealSchedule string

@description('Where keys and credentials are.')
param vaultUrl string

@description('The key that signs seals.')
param sealKeyName string

@description('The key that wraps the keyring.')
param keyringKeyName string

@description('The account of the host: its name.')
param stateAccount string

@description('The same account’s blobs: sealed, reviews, and the package.')
param stateBlobUrl string

@description('Its tables.')
param stateTableUrl string

@description('Where the package is uploaded to and run from.')
param packageContainer string

@description('The account of transcripts and seals.')
param transcriptsBlobUrl string

@description('The namespace of the queues.')
param serviceBusHost string

@description('Application Insights, in this group.')
param insightsName string

@description('The workspace that its logs go to.')
param workspaceId string

@description('What \${NAME} in gateway.yaml stands for.')
param variables { *: string }

@description('What clients know the gateway by.')
var origin = empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'gateway' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(outboundSubnetId) ? null : outboundSubnetId
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
    }
    functionAppConfig: {
      runtime: { name: 'node', version: '24' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${stateBlobUrl}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: scale.maximumInstanceCount
        instanceMemoryMB: scale.instanceMemoryMB
        alwaysReady: scale.alwaysReady
        triggers: { http: { perInstanceConcurrency: scale.httpConcurrency } }
      }
      #disable-next-line BCP037 // documented from 2024-11-01 on; the published types lack it
      siteUpdateStrategy: { type: siteUpdateStrategy }
    }
  }

  // Publishing by user name and password, which every app has unless it is told not to.
  resource ftpPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scmPublishing 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: union(variables, {
      // What the app reads (shared/azure/environment.ts).
      SALLYPORT_CONFIG_DIR: 'infra/config'
      SALLYPORT_PUBLIC_URL: origin
      ENTRA_TENANT_ID: entraTenantId
      ENTRA_CLIENT_ID: entraClientId
      // The cloud’s own, without the slash that it ends in.
      ENTRA_AUTHORITY_HOST: 'https://${split(environment().authentication.loginEndpoint, '/')[2]}'
      ENTRA_V1_ISSUER: 'https://sts.windows.net/${entraTenantId}/'
      GRAPH_URL: graphUrl
      KEY_VAULT_URL: vaultUrl
      KEY_VAULT_SEAL_KEY: sealKeyName
      KEY_VAULT_KEYRING_KEY: keyringKeyName
      SEAL_SCHEDULE: sealSchedule
      TRANSCRIPTS_STORAGE__blobServiceUri: transcriptsBlobUrl
      STATE_STORAGE__blobServiceUri: stateBlobUrl
      STATE_STORAGE__tableServiceUri: stateTableUrl
      SERVICE_BUS__fullyQualifiedNamespace: serviceBusHost
      AZURE_CLIENT_ID: identity.clientId
      // The host reads it too. Names the resource and where it takes telemetry, and opens nothing: local authentication is off.
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString

      // What the platform reads.
      // The host’s own storage: leases of timers. By name it finds all of the account’s services.
      AzureWebJobsStorage__accountName: stateAccount
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.clientId
      // The queue triggers; the namespace is set above, for the app and the host both.
      SERVICE_BUS__credential: 'managedidentity'
      SERVICE_BUS__clientId: identity.clientId
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
      // Its exporter would report on itself, to somebody else.
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
      // Megabyte events leave megabytes of garbage: a small young generation keeps the process small under a slow reader.
      languageWorkers__node__arguments: '--max-semi-space-size=8'
    })
  }
}

#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: app
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('https://host of the gateway, without a slash at the end.')
output url string = origin
