// Who may do what, in one table: a role, on one thing, for one reason. Nothing is given anywhere else, and nothing on the
// resource group or above. The reason stands in the assignment too, where whoever reviews access in the portal finds it.

@description('Object id of the app’s identity.')
param appId string

@description('Object id of the group whose people put upstream credentials in the vault; empty: nobody is given that here.')
param vaultOfficersId string

@description('Object id of the group whose people verify transcripts without the gateway; empty: nobody is given that here.')
param auditorsId string

@description('The account of tables, of sealed blobs and of the host.')
param stateAccount string

@description('The account of transcripts and seals.')
param transcriptsAccount string
@description('Of the transcripts’ account: every retention class, and the seals.')
param transcriptContainers string[]

@description('Where keys and credentials are.')
param vaultName string

@description('The key that signs seals.')
param sealKeyName string

@description('The key that wraps the keyring.')
param keyringKeyName string

@description('Where the queues are.')
param namespaceName string

@description('All of them.')
param queueNames string[]

@description('Where telemetry goes.')
param insightsName string

@description('Azure’s own, by the ids that are the same everywhere.')
var roles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  'Azure Service Bus Data Receiver': '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  'Azure Service Bus Data Sender': '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6'
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'
  'Key Vault Crypto User': '12338af0-0e69-4776-bea7-57ae8d297424'
  'Key Vault Crypto Service Encryption User': 'e147488a-f6f5-4113-8e2d-b22465e65bf6'
  'Key Vault Reader': '21090545-7ca7-4776-b22c-e363652d74d2'
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb'
}

@description('One right.')
type assignment = {
  @description('A row of people, below.')
  who: 'app' | 'vault officers' | 'auditors'
  @description('Of those above.')
  role: string
  @description('The smallest thing that it can be given on.')
  on: 'state' | 'transcripts' | 'containers' | 'vault' | 'seal key' | 'keyring key' | 'queues' | 'insights'
  @description('What it is needed for.')
  why: string
}

@description('A role of somebody’s stands here once: on one kind of thing.')
var table assignment[] = [
  {
    who: 'app'
    role: 'Storage Blob Data Owner'
    on: 'state'
    why: 'The host’s leases of timers and its own package; held calls’ arguments and answers, sealed; reviews'
  }
  {
    who: 'app'
    role: 'Storage Table Data Contributor'
    on: 'state'
    why: 'Approvals, blocks, limits, the keyring and the other tables of state'
  }
  {
    who: 'app'
    role: 'Storage Blob Data Reader'
    on: 'transcripts'
    why: 'Lists the containers of transcripts, which the sealer and reviews walk through'
  }
  {
    who: 'app'
    role: 'Storage Blob Data Contributor'
    on: 'containers'
    why: 'Appends transcripts, writes seals, and deletes what its retention class lets go of'
  }
  {
    who: 'app'
    role: 'Key Vault Secrets User'
    on: 'vault'
    why: 'Reads the credentials of upstreams, and the secrets of Teams'
  }
  {
    who: 'app'
    role: 'Key Vault Crypto User'
    on: 'seal key'
    why: 'Signs seals and the keys of transcript writers, and verifies them'
  }
  {
    who: 'app'
    role: 'Key Vault Crypto Service Encryption User'
    on: 'keyring key'
    why: 'Wraps and unwraps the masters of the keyring, and can do nothing else with that key'
  }
  {
    who: 'app'
    role: 'Azure Service Bus Data Sender'
    on: 'queues'
    why: 'Sends the ids of requests and decisions'
  }
  {
    who: 'app'
    role: 'Azure Service Bus Data Receiver'
    on: 'queues'
    why: 'The queue triggers, and those of the dead-letter queues'
  }
  {
    who: 'app'
    role: 'Monitoring Metrics Publisher'
    on: 'insights'
    why: 'Sends telemetry by identity: Application Insights takes no key'
  }
  {
    who: 'vault officers'
    role: 'Key Vault Secrets Officer'
    on: 'vault'
    why: 'Put in and rotate the credentials of upstreams and the secrets of Teams'
  }
  {
    who: 'auditors'
    role: 'Storage Blob Data Reader'
    on: 'transcripts'
    why: 'sallyport verify --account reads transcripts and seals past the gateway'
  }
  {
    who: 'auditors'
    role: 'Key Vault Reader'
    on: 'seal key'
    why: 'The public key that seals are verified with; nothing can be signed with this role'
  }
]

@description('Whom the words of the table mean.')
var people = {
  app: { id: appId, type: 'ServicePrincipal' }
  'vault officers': { id: vaultOfficersId, type: 'Group' }
  auditors: { id: auditorsId, type: 'Group' }
}

// The app’s id is not known before the deployment runs.
@description('Part of an assignment’s name, which has to be another for another group: Azure changes no assignment.')
var called = {
  app: 'app'
  'vault officers': vaultOfficersId
  auditors: auditorsId
}

@description('What an assignment says, by row.')
var given = toObject(table, row => '${row.who}: ${row.role}', row => {
  principalId: people[row.who].id
  principalType: people[row.who].type
  roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles[row.role])
  description: row.why
})

@description('Whom nobody is named for is left out. The app is always there.')
var named = filter(
  table,
  row => row.who == 'app' || (row.who == 'auditors' ? !empty(auditorsId) : !empty(vaultOfficersId))
)

@description('Rows on the whole account of state.')
var onState = filter(named, row => row.on == 'state')

@description('Rows on the whole account of transcripts.')
var onTranscripts = filter(named, row => row.on == 'transcripts')

@description('Rows on all that is in the vault.')
var onVault = filter(named, row => row.on == 'vault')

@description('Rows on one key.')
var onSealKey = filter(named, row => row.on == 'seal key')

@description('Rows on the other.')
var onKeyringKey = filter(named, row => row.on == 'keyring key')

@description('Rows on Application Insights.')
var onInsights = filter(named, row => row.on == 'insights')

@description('One for each container and queue, and none on what is above them.')
var onContainers = flatten(map(
  transcriptContainers,
  container => map(filter(named, row => row.on == 'containers'), row => { row: row, container: container })
))

@description('The same for queues.')
var onQueues = flatten(map(
  queueNames,
  queue => map(filter(named, row => row.on == 'queues'), row => { row: row, queue: queue })
))

resource state 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: stateAccount
}

resource transcripts 'Microsoft.Storage/storageAccounts@2026-06-01' existing = {
  name: transcriptsAccount

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource container 'containers' existing = [
      for one in onContainers: {
        name: one.container
      }
    ]
  }
}

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName

  resource sealKey 'keys' existing = {
    name: sealKeyName
  }

  resource keyringKey 'keys' existing = {
    name: keyringKeyName
  }
}

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName

  resource queue 'queues' existing = [
    for one in onQueues: {
      name: one.queue
    }
  ]
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource stateRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onState: {
    scope: state
    name: guid(state.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]

resource transcriptsRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onTranscripts: {
    scope: transcripts
    name: guid(transcripts.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]

resource containerRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onContainers: {
    scope: transcripts::blobs::container[index]
    name: guid(transcripts::blobs::container[index].id, called[one.row.who], one.row.role)
    properties: given['${one.row.who}: ${one.row.role}']
  }
]

resource vaultRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onVault: {
    scope: vault
    name: guid(vault.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]

resource sealKeyRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onSealKey: {
    scope: vault::sealKey
    name: guid(vault::sealKey.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]

resource keyringKeyRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onKeyringKey: {
    scope: vault::keyringKey
    name: guid(vault::keyringKey.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]

resource queueRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (one, index) in onQueues: {
    scope: namespace::queue[index]
    name: guid(namespace::queue[index].id, called[one.row.who], one.row.role)
    properties: given['${one.row.who}: ${one.row.role}']
  }
]

resource insightsRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for row in onInsights: {
    scope: insights
    name: guid(insights.id, called[row.who], row.role)
    properties: given['${row.who}: ${row.role}']
  }
]
