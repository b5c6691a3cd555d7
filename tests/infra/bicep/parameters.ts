/** What the deployment is told in its tests: everything that can be turned on, and what it has to refuse. */
import { transcriptContainer } from '../../../shared/transcripts/layout.ts';

export const TEAM = '5a11e000-0000-4000-8000-0000000000e0';

/** Everything that can be turned on, and every name as long as it may be. */
export const LONGEST = `${'E'.repeat(60)}-_.9`;
export const longestClass = 'c'.repeat(63 - transcriptContainer('').length);
export const fullParameters = `using 'main.bicep'
param environmentName = '${LONGEST}'
param location = 'southcentralusstage'
param entraClientId = '5a11e000-0000-4000-8000-0000000000c0'
param publicUrl = 'https://gateway.example.com'
param variables = { CRM_URL: 'https://crm.example.com/mcp' }
param retention = { standard: { days: 365 }, ${longestClass}: { days: 3650 } }
param lockedContainers = ['transcripts-standard']
param vaultOfficersId = '5a11e000-0000-4000-8000-0000000000a4'
param auditorsId = '5a11e000-0000-4000-8000-0000000000a3'
param teamsChannel = { teamId: '${TEAM}', channelId: '19:x@thread.tacv2' }
param httpConcurrency = 16
param maximumInstanceCount = 60
param sealSchedule = '0 */2 * * * *'
param storageRedundancy = 'Standard_GZRS'
param logRetentionDays = 365
param alwaysReady = [{ name: 'http', instanceCount: 2 }, { name: 'function:approver', instanceCount: 1 }]
param instanceMemoryMB = 4096
param siteUpdateStrategy = 'RollingUpdate'
param hardwareKeys = true
param recoverVault = true
param actionGroupIds = ['/subscriptions/s/resourceGroups/g/providers/Microsoft.Insights/actionGroups/on-call']
param publicNetworkAccess = 'Disabled'
param outboundSubnetId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/app'
`;
export const unreachableParameters = `using 'main.bicep'
param environmentName = 'dev'
param location = 'westeurope'
param entraClientId = '5a11e000-0000-4000-8000-0000000000c0'
param variables = {}
param publicNetworkAccess = 'Disabled'
`;
