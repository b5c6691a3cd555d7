// Sallyport in a subscription of yours: a resource group and everything in it. `azd up` and `az deployment sub create` both
// take it. Every service is opened by the app’s identity and by no key; who may do what stands in modules/roles.bicep.
//
// What is not here: private endpoints and their DNS zones, a firewall or gateway in front, the app registration in Entra
// ID, Microsoft Graph’s permissions of the identity (Bicep reaches neither), the consent to the Teams connection, and the
// lock on the immutability policies.
targetScope = 'subscription'

@description('How long transcripts are kept, by class.')
type retentionClasses = {
  @description('A class: a container of its own, transcripts-{class}.')
  *: {
    @description('For how long nothing in it can be changed or removed.')
    @minValue(1)
    @maxValue(36500)
    days: int
  }
}

@description('Instances that wait for work, and are paid for meanwhile.')
type alwaysReadyInstances = {
  @description('http, or function:{name}')
  name: string
  @description('How many of them.')
  @minValue(1)
  instanceCount: int
}

@description('Where cards are posted: both ids stand in the channel’s link.')
type teamsChannelType = {
  @description('groupId, a GUID.')
  @minLength(36)
  @maxLength(36)
  teamId: string

  @description('19:…@thread.tacv2')
  @minLength(1)
  channelId: string
}

@description('Names the resource group, and is part of what every other name is made from.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Where everything stands. Flex Consumption has to be offered there.')
@minLength(1)
param location string

@description('Client id of the gateway’s app registration.')
@minLength(36)
@maxLength(36)
param entraClientId string

@description('The tenant whose people and apps call.')
param entraTenantId string = tenant().tenantId

@description('https://host at which the gateway is reached, without a slash at the end; empty: the app’s own host name.')
param publicUrl string = ''

@description('What \${NAME} in gateway.yaml stands for. Addresses and names: a secret belongs into the vault.')
param variables { *: string }

@description('Retention classes by name, each a container of its own. As in gateway.yaml, unless you say otherwise.')
param retention retentionClasses = loadYamlContent('config/gateway.yaml').transcripts.retention

@description('Containers of transcripts whose policy was locked: Azure takes no policy for them any more, not even the same.')
param lockedContainers string[] = []

@description('Object id of the group that puts upstream credentials in the vault; empty: nobody is given that.')
param vaultOfficersId string = ''

@description('Object id of the group that reads transcripts and seals past the gateway; empty: nobody is given that.')
param auditorsId string = ''

@description('The channel whose cards are answered where they stand (infra/teams/README.md); none: nothing of it is made.')
param teamsChannel teamsChannelType?

@description('True once somebody consented to the connection to Teams: a deployment leaves it alone then.')
param teamsConnectionStands bool = false

@description('Calls that an instance answers at once. Waiting for approvals and streams count.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 64

@description('Instances that stand ready: http for calls, function:approver for releases. None: the first call waits for a start.')
param alwaysReady alwaysReadyInstances[] = []

@description('The most instances at once.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance.')
param instanceMemoryMB 512 | 2048 | 4096 = 2048

@description('Recreate ends running calls at each deployment, which records survive; RollingUpdate lets them finish.')
param siteUpdateStrategy 'Recreate' | 'RollingUpdate' = 'Recreate'

@description('When transcripts are sealed, as NCRONTAB.')
param sealSchedule string = '0 */5 * * * *'

@description('How the storage accounts keep their copies.')
param storageRedundancy 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('Keys in hardware (the vault’s premium tier) instead of in software.')
param hardwareKeys bool = false

@description('True where the vault of this environment was deleted and is to be brought back.')
param recoverVault bool = false

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Resource ids of action groups that alerts tell; none: they stand in the portal alone.')
param actionGroupIds string[] = []

@description('Storage and the vault: Disabled takes private endpoints of your own, reached through outboundSubnetId.')
param publicNetworkAccess 'Enabled' | 'Disabled' = 'Enabled'

@description('A subnet delegated to Microsoft.App/environments that the app calls out through; empty: the internet.')
param outboundSubnetId string = ''

@description('Origin of Microsoft Graph.')
param graphUrl string = 'https://graph.microsoft.com'

@description('What azd finds it by.')
var tags = { 'azd-env-name': environmentName }

@description('Thirteen small letters and digits: short enough for every name below, and the same at each deployment.')
var token = uniqueString(subscription().id, environmentName, location)

@description('What everything is called, but what the code names itself.')
var names = {
  identity: 'id-${token}'
  workspace: 'log-${token}'
  insights: 'appi-${token}'
  stateAccount: 'st${token}'
  transcriptsAccount: 'sttr${token}'
  vault: 'kv-${token}'
  namespace: 'sbns-${token}'
  plan: 'plan-${token}'
  app: 'func-${token}'
  teamsFlow: 'logic-${token}'
  teamsFlowIdentity: 'id-flow-${token}'
  sealKey: 'transcript-seal'
  keyringKey: 'keyring'
  packageContainer: 'app-package'
}

@description('As infra/local/queues.ts has them.')
var queueNames = ['approval-notices', 'approval-decisions']

@description('As the adapters in shared/azure name them.')
var tableNames = ['keyring', 'drift', 'limits', 'approvals', 'replies', 'blocks', 'sessions', 'reviews']

@description('A container for each retention class.')
var classes = map(items(retention), class => { container: 'transcripts-${class.key}', days: class.value.days })

@description('What they name has gone before they do.')
var sealsDays = reduce(map(classes, class => class.days), 0, (most, days) => max(most, days)) + 32

@description('For how long a request waits, and so its card: as gateway.yaml says, or else shared/config/gateway-schema.ts.')
var approvalTimes = union({ approvals: { expireMinutes: 60 } }, loadYamlContent('config/gateway.yaml')).approvals

@description('A private service that nothing leads to would fail at the first call instead of here.')
var networkAccess = publicNetworkAccess == 'Disabled' && empty(outboundSubnetId)
  ? fail('publicNetworkAccess: Disabled needs outboundSubnetId, a subnet whose network resolves your private endpoints')
  : publicNetworkAccess

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
    retentionDays: logRetentionDays
  }
}

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    actionGroupIds: actionGroupIds
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

// The host’s storage, the package, and everything that is there for a while: tables, and what is sealed.
module state 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: names.stateAccount
    location: location
    tags: tags
    redundancy: storageRedundancy
    publicNetworkAccess: networkAccess
    workspaceId: monitoring.outputs.workspaceId
    containers: [{ name: names.packageContainer }, { name: 'sealed' }, { name: 'reviews' }]
    tables: tableNames
    // Longer than a request and its answer can be kept (a week each): what the sweep did not get to.
    expiries: [{ container: 'sealed', days: 30, since: 'creation' }]
  }
}

// Evidence, and nothing else. The app deletes when retention lets go; a month later age does. Seals go by the app alone: it
// keeps the last of them, whatever their age.
module transcripts 'modules/storage-account.bicep' = {
  scope: group
  params: {
    name: names.transcriptsAccount
    location: location
    tags: tags
    redundancy: storageRedundancy
    publicNetworkAccess: networkAccess
    workspaceId: monitoring.outputs.workspaceId
    containers: map(
      concat(classes, [{ container: 'seals', days: sealsDays }]),
      one =>
        contains(lockedContainers, one.container)
          ? { name: one.container }
          : { name: one.container, immutableDays: one.days }
    )
    expiries: map(classes, class => { container: class.container, days: class.days + 31, since: 'modification' })
  }
}

module vault 'modules/key-vault.bicep' = {
  scope: group
  params: {
    name: names.vault
    location: location
    tags: tags
    publicNetworkAccess: networkAccess
    workspaceId: monitoring.outputs.workspaceId
    hardwareKeys: hardwareKeys
    recover: recoverVault
    sealKeyName: names.sealKey
    keyringKeyName: names.keyringKey
  }
}

module serviceBus 'modules/service-bus.bicep' = {
  scope: group
  params: {
    name: names.namespace
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    queueNames: queueNames
  }
}

module roles 'modules/roles.bicep' = {
  scope: group
  // By name: what a role is on has to be known before anything is there.
  dependsOn: [state, transcripts, vault, serviceBus, monitoring]
  params: {
    appId: identity.outputs.principalId
    vaultOfficersId: vaultOfficersId
    auditorsId: auditorsId
    stateAccount: names.stateAccount
    transcriptsAccount: names.transcriptsAccount
    transcriptContainers: concat(map(classes, class => class.container), ['seals'])
    vaultName: names.vault
    sealKeyName: names.sealKey
    keyringKeyName: names.keyringKey
    namespaceName: names.namespace
    queueNames: queueNames
    insightsName: names.insights
  }
}

module app 'modules/function-app.bicep' = {
  scope: group
  // It starts as soon as it is there: with its rights, or it fails and tries again.
  dependsOn: [roles]
  params: {
    planName: names.plan
    name: names.app
    location: location
    tags: tags
    identity: { id: identity.outputs.id, clientId: identity.outputs.clientId }
    scale: {
      maximumInstanceCount: maximumInstanceCount
      instanceMemoryMB: instanceMemoryMB
      httpConcurrency: httpConcurrency
      alwaysReady: alwaysReady
    }
    siteUpdateStrategy: siteUpdateStrategy
    outboundSubnetId: outboundSubnetId
    publicUrl: publicUrl
    entraTenantId: entraTenantId
    entraClientId: entraClientId
    graphUrl: graphUrl
    sealSchedule: sealSchedule
    vaultUrl: vault.outputs.url
    sealKeyName: names.sealKey
    keyringKeyName: names.keyringKey
    stateAccount: names.stateAccount
    stateBlobUrl: state.outputs.blobUrl
    stateTableUrl: state.outputs.tableUrl
    packageContainer: names.packageContainer
    transcriptsBlobUrl: transcripts.outputs.blobUrl
    serviceBusHost: serviceBus.outputs.host
    insightsName: names.insights
    workspaceId: monitoring.outputs.workspaceId
    variables: variables
  }
}

// Of the workflow alone: whoever can act as it answers for everybody (DESIGN §5). No role is given to it.
module teamsFlowIdentity 'modules/identity.bicep' = if (teamsChannel != null) {
  scope: group
  params: { name: names.teamsFlowIdentity, location: location, tags: tags }
}

module teamsFlow 'teams/flow.bicep' = if (teamsChannel != null) {
  scope: group
  params: {
    name: names.teamsFlow
    location: location
    tags: tags
    identityId: teamsFlowIdentity!.outputs.id
    publicUrl: app.outputs.url
    entraClientId: entraClientId
    channel: teamsChannel!
    vaultName: names.vault
    waitFor: 'PT${approvalTimes.expireMinutes}M'
    connectionStands: teamsConnectionStands
    workspaceId: monitoring.outputs.workspaceId
  }
}

// Names and addresses, for `azd`, for the app registration and for `sallyport`.
@description('As it was given.')
output AZURE_LOCATION string = location

@description('The tenant of the subscription.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Where everything stands.')
output AZURE_RESOURCE_GROUP string = group.name

@description('What func publishes to.')
output AZURE_FUNCTION_APP_NAME string = names.app

@description('Where the credentials of upstreams go.')
output AZURE_KEY_VAULT_NAME string = names.vault

@description('Where the gateway is reached: --public-url of infra/entra, --url of sallyport.')
output SALLYPORT_URL string = app.outputs.url

@description('--vault of sallyport.')
output SALLYPORT_VAULT_URL string = vault.outputs.url

@description('--account of sallyport.')
output SALLYPORT_TRANSCRIPTS_URL string = transcripts.outputs.blobUrl

@description('The app’s identity, as upstreams that take its tokens know it.')
output SALLYPORT_IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('The same, as --identity of infra/entra.')
output SALLYPORT_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId
@description('The Teams workflow’s: --flow-identity of infra/entra, approvals.teams.flow.identity of gateway.yaml. Empty without it.')
output SALLYPORT_FLOW_IDENTITY_PRINCIPAL_ID string = teamsFlowIdentity.?outputs.principalId ?? ''

@description('The page on which somebody consents, once, to what the workflow does in Teams. Empty without it.')
output SALLYPORT_FLOW_CONSENT_URL string = teamsFlow.?outputs.consentUrl ?? ''
