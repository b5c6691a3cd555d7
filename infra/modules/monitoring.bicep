// Where everything is logged: one workspace, and Application Insights on top of it. Keys open neither.

@description('What the workspace is called.')
param workspaceName string

@description('What Application Insights is called.')
param insightsName string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('How long logs are kept.')
@minValue(30)
@maxValue(730)
param retentionDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      // Who may read a resource may read its logs, and no others.
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

// Its own data stands in the workspace already: a diagnostic setting of it would store everything twice.
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

// Who asked the logs, and what.
#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workspace
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

@description('For whatever is logged there.')
output workspaceId string = workspace.id
