// The workflow that lets people answer where the card stands: a Consumption logic app, which takes a card, posts it in one
// channel, waits until somebody presses an answer, tells the gateway who that was, and writes below the card what the
// gateway made of it. It proves itself to the gateway by its identity alone (DESIGN §5, channel teams-flow).
//
// Whoever can edit it can answer for everybody: its resource group is the boundary. What one has to do by hand once, and
// what the channel is worth, stands in README.md beside this file.

@description('What it is called; its connection is {name}-teams.')
@minLength(1)
@maxLength(80)
param name string

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('A user-assigned identity of the workflow’s own; its object id is approvals.teams.flow.identity in gateway.yaml.')
param identityId string

@description('https://host of the gateway, without a slash at the end.')
param publicUrl string

@description('Client id of the gateway’s app registration.')
@minLength(36)
@maxLength(36)
param entraClientId string

@description('The team’s id (a GUID) and the channel’s (19:…@thread.tacv2), as the channel’s link has them.')
param channel { teamId: string, channelId: string }

@description('The gateway’s own.')
param vaultName string

@description('Where the vault keeps the URL that starts the workflow; approvals.teams.flow.urlSecret in gateway.yaml.')
param urlSecretName string = 'teams-flow-url'

@description('How long a card can be answered. Not less than approvals.expireMinutes in gateway.yaml.')
param waitFor string = 'PT1H'

@description('True once somebody has consented to the connection: it is left as it is then.')
param connectionStands bool = false

@description('The workspace that its logs go to.')
param workspaceId string

@description('The connection to Teams.')
var connectionName = '${name}-teams'

@description('Microsoft’s connector.')
var teams = subscriptionResourceId('Microsoft.Web/locations/managedApis', location, 'teams')

@description('Which connection an action goes through.')
var ofTeams = { connection: { name: '@parameters(\'$connections\')[\'teams\'][\'connectionId\']' } }

@description('Where cards and answers are posted.')
var inChannel = { groupId: channel.teamId, channelId: channel.channelId }

@description('What is on a card is masked, and still not for whoever reads the history of runs.')
var unseen = { secureData: { properties: ['inputs', 'outputs'] } }

// Acts as whoever consents. It writes in the channel, and reads nothing.
#disable-next-line use-recent-api-versions // the only stable one
resource connection 'Microsoft.Web/connections@2016-06-01' = if (!connectionStands) {
  name: connectionName
  location: location
  tags: tags
  properties: {
    displayName: 'Approval cards of Sallyport'
    api: { id: teams }
  }
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' = {
  name: name
  location: location
  tags: tags
  dependsOn: [connection]
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    state: 'Enabled'
    accessControl: {
      // From nowhere: nobody reads through the portal what a run took and gave.
      contents: { allowedCallerIpAddresses: [{ addressRange: '0.0.0.0-0.0.0.0' }] }
    }
    parameters: {
      '$connections': {
        value: {
          teams: {
            id: teams
            connectionId: resourceId('Microsoft.Web/connections', connectionName)
            connectionName: connectionName
          }
        }
      }
    }
    definition: {
      '$schema': 'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#'
      contentVersion: '1.0.0.0'
      parameters: { '$connections': { type: 'Object', defaultValue: {} } }
      triggers: {
        Card: {
          type: 'Request'
          kind: 'Http'
          operationOptions: 'EnableSchemaValidation'
          runtimeConfiguration: unseen
          inputs: {
            method: 'POST'
            schema: {
              type: 'object'
              required: ['type', 'attachments']
              properties: {
                type: { type: 'string', enum: ['message'] }
                attachments: {
                  type: 'array'
                  minItems: 1
                  maxItems: 1
                  items: {
                    type: 'object'
                    required: ['contentType', 'content']
                    properties: {
                      contentType: { type: 'string', enum: ['application/vnd.microsoft.card.adaptive'] }
                      content: { type: 'object', required: ['type', 'body', 'actions'] }
                    }
                  }
                }
              }
            }
          }
        }
      }
      actions: {
        Ask: {
          type: 'ApiConnectionWebhook'
          runAfter: {}
          runtimeConfiguration: unseen
          limit: { timeout: waitFor }
          inputs: {
            host: ofTeams
            path: '/v1.0/teams/conversation/gatherinput/poster/Flow bot/location/@{encodeURIComponent(\'Channel\')}/$subscriptions'
            body: {
              notificationUrl: '@listCallbackUrl()'
              body: {
                recipient: inChannel
                messageBody: '@{string(first(triggerBody()?[\'attachments\'])?[\'content\'])}'
                updateMessage: 'Answered. What Sallyport made of it stands below.'
              }
            }
          }
        }
        Answered_at: {
          type: 'Compose'
          runAfter: { Ask: ['Succeeded'] }
          inputs: '@utcNow()'
        }
        Tell: {
          type: 'Http'
          runAfter: { Answered_at: ['Succeeded'] }
          runtimeConfiguration: unseen
          operationOptions: 'DisableAsyncPattern'
          inputs: {
            method: 'POST'
            uri: '${publicUrl}/teams/flow'
            headers: { 'content-type': 'application/json' }
            body: {
              answeredAt: '@outputs(\'Answered_at\')'
              // Of the connector’s own knowledge: nothing that the card sends names a person.
              responder: {
                objectId: '@body(\'Ask\')?[\'responder\']?[\'objectId\']'
                tenantId: '@body(\'Ask\')?[\'responder\']?[\'tenantId\']'
                displayName: '@body(\'Ask\')?[\'responder\']?[\'displayName\']'
              }
              data: '@body(\'Ask\')?[\'data\']'
            }
            authentication: {
              type: 'ManagedServiceIdentity'
              identity: identityId
              audience: 'api://${entraClientId}'
            }
            // Twice is taken once: the gateway knows the card.
            retryPolicy: { type: 'fixed', count: 4, interval: 'PT20S' }
          }
        }
        Say: {
          type: 'ApiConnection'
          runAfter: { Tell: ['Succeeded'] }
          runtimeConfiguration: unseen
          inputs: {
            host: ofTeams
            method: 'post'
            path: '/v1.0/teams/conversation/replyWithMessage/poster/Flow bot/location/@{encodeURIComponent(\'Channel\')}'
            body: {
              recipient: inChannel
              parentMessageId: '@{body(\'Ask\')?[\'messageId\']}'
              messageBody: '<p>@{body(\'Tell\')?[\'text\']}</p>'
            }
          }
        }
        Say_that_nobody_heard: {
          type: 'ApiConnection'
          runAfter: { Tell: ['Failed', 'TimedOut'] }
          runtimeConfiguration: unseen
          inputs: {
            host: ofTeams
            method: 'post'
            path: '/v1.0/teams/conversation/replyWithMessage/poster/Flow bot/location/@{encodeURIComponent(\'Channel\')}'
            body: {
              recipient: inChannel
              parentMessageId: '@{body(\'Ask\')?[\'messageId\']}'
              messageBody: '<p>Sallyport did not take this answer. Open the request on its page: ${publicUrl}/ui/approvals</p>'
            }
          }
        }
        // Said, and still a failure: whoever watches the runs sees it.
        Fail: {
          type: 'Terminate'
          runAfter: { Say_that_nobody_heard: ['Succeeded', 'Failed', 'TimedOut'] }
          inputs: {
            runStatus: 'Failed'
            runError: { code: 'NotTaken', message: 'The gateway did not take an answer.' }
          }
        }
      }
    }
  }

  resource trigger 'triggers' existing = {
    name: 'Card'
  }
}

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName

  // Whoever knows the URL posts cards. It goes from the workflow into the vault, and nowhere else.
  resource url 'secrets' = {
    name: urlSecretName
    tags: tags
    properties: {
      contentType: 'URL that starts ${name}'
      value: workflow::trigger.listCallbackUrl().value
    }
  }
}

// Who answered when, and what failed.
#disable-next-line use-recent-api-versions // the stable one, of 2016, knows no category groups
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: workflow
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'allLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Where somebody consents, once: the connection’s page in the portal.')
output consentUrl string = '${environment().portal}/#resource${resourceId('Microsoft.Web/connections', connectionName)}/edit'
