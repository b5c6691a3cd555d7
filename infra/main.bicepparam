// What you decide, from the environment: `azd env set NAME value`, or export it before `az deployment sub create`.
// The other parameters of main.bicep have defaults; set one here to change it.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION')

// The gateway's app registration, which is there first.
param entraClientId = readEnvironmentVariable('ENTRA_CLIENT_ID')

// One entry for each ${NAME} that gateway.yaml names.
param variables = {
  CRM_URL: readEnvironmentVariable('CRM_URL')
}

// https://host, where the gateway has a name of its own.
param publicUrl = readEnvironmentVariable('SALLYPORT_PUBLIC_URL', '')

// Object ids of groups. Without them nobody is given these rights here.
param vaultOfficersId = readEnvironmentVariable('SALLYPORT_VAULT_OFFICERS_ID', '')
param auditorsId = readEnvironmentVariable('SALLYPORT_AUDITORS_ID', '')

@description('Of the channel whose cards are answered where they stand (infra/teams/README.md): both ids, or neither.')
var team = readEnvironmentVariable('SALLYPORT_TEAMS_TEAM_ID', '')

@description('19:…@thread.tacv2')
var channel = readEnvironmentVariable('SALLYPORT_TEAMS_CHANNEL_ID', '')

param teamsChannel = empty('${team}${channel}') ? null : { teamId: team, channelId: channel }

// true, once somebody has consented to the connection.
param teamsConnectionStands = toLower(readEnvironmentVariable('SALLYPORT_TEAMS_CONNECTION_STANDS', '')) == 'true'

// transcripts-standard,seals and so on, once `sallyport lock` has locked them.
param lockedContainers = filter(
  split(readEnvironmentVariable('SALLYPORT_LOCKED_CONTAINERS', ''), ','),
  name => !empty(name)
)
