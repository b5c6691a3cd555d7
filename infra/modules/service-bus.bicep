// The queues. infra/local/queues.ts says the same of them, and a test compares. Messages carry ids alone (DESIGN §5).
// Standard tier: Basic has no duplicate detection. It has no private endpoint either, which only Premium has.

@description('Its host’s name, too.')
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('The workspace that its logs go to.')
param workspaceId string

@description('One for each kind of message.')
param queueNames string[]

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Standard' }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
  }

  resource queue 'queues' = [
    for queue in queueNames: {
      name: queue
      properties: {
        // Shorter than a release: the host renews it (host.json), and what a dead instance held is free in a minute.
        lockDuration: 'PT1M'
        maxDeliveryCount: 10
        requiresDuplicateDetection: true
        duplicateDetectionHistoryTimeWindow: 'PT10M'
        // Longer than any request may wait (a week): a message that nobody took is for people to look at.
        defaultMessageTimeToLive: 'P14D'
        deadLetteringOnMessageExpiration: true
        requiresSession: false
        enablePartitioning: false
        maxSizeInMegabytes: 1024
      }
    }
  ]
}

#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('name.servicebus.windows.net; serviceBusEndpoint is https://{host}:443/')
output host string = split(replace(namespace.properties.serviceBusEndpoint, 'https://', ''), ':')[0]
