// An identity: the one that the app has, and reaches everything as; and that of the Teams workflow, where there is one. No
// key, no password, no certificate.

@description('What it is called.')
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('For what runs as it.')
output id string = identity.id

@description('For whoever asks for its tokens.')
output clientId string = identity.properties.clientId

@description('For roles, and for whoever reads its tokens.')
output principalId string = identity.properties.principalId
