// What the gateway does, on one page of the portal: the queries stand in workbook.json, over the metrics of
// shared/telemetry/instruments.ts and the lines of the log.

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('The workspace that is asked.')
param workspaceId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Azure wants a GUID here; its name is the one that people see.
  name: guid(resourceGroup().id, 'sallyport')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Sallyport'
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: replace(loadTextContent('workbook.json'), '{workspaceId}', workspaceId)
  }
}
