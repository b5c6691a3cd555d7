// What somebody has to be told of, in one table. The metrics are those of shared/telemetry/instruments.ts, and the kinds of
// errors are events of the log: a test compares both. A rule asks for rows, and one row is an alert. A counter’s increase
// and a gauge’s value both stand in Sum.

@description('Where it stands.')
param location string

@description('What azd finds it by.')
param tags { *: string }

@description('The workspace that is asked.')
param workspaceId string

@description('Action groups that are told; none: alerts stand in the portal alone.')
param actionGroupIds string[]

@description('What is asked, and what it means when there is an answer.')
type rule = {
  @description('Says what is wrong.')
  name: string
  @description('What whoever is told reads.')
  says: string
  @description('0 is the worst.')
  severity: 0 | 1 | 2 | 3
  @description('ISO 8601; how far back a look goes.')
  window: 'PT10M' | 'PT15M' | 'PT30M'
  @description('Rows are bad news.')
  query: string
}

@description('Six of them.')
var rules rule[] = [
  {
    name: 'seal-late'
    says: 'No seal has covered everything for more than 15 minutes: what was recorded since could be taken away unseen.'
    severity: 1
    window: 'PT30M'
    // A sealer that does not run, or fails, measures nothing: that is as bad as an age.
    query: '''
AppMetrics
| where Name == 'sallyport.seal.age'
| summarize LastWhole = maxif(TimeGenerated, Sum < 900)
| where isnull(LastWhole) or LastWhole < ago(15m)
'''
  }
  {
    name: 'dead-letters'
    says: 'A queue gave up on a message. Its approval is flagged, and the sweep goes on with it; look why it failed.'
    severity: 2
    window: 'PT15M'
    query: '''
AppMetrics
| where Name == 'sallyport.dead_letters'
| summarize Messages = sum(Sum)
| where Messages > 0
'''
  }
  {
    name: 'holds-unknown'
    says: 'An approved call was sent and nobody knows whether it took effect. Look at the upstream, then resolve it.'
    severity: 2
    window: 'PT10M'
    query: '''
AppMetrics
| where Name == 'sallyport.holds.unknown'
| summarize arg_max(TimeGenerated, Sum)
| where Sum > 0
'''
  }
  {
    name: 'error-rate'
    says: 'More than one in twenty calls to upstreams failed, was withheld, or came to nobody knows what.'
    severity: 2
    window: 'PT15M'
    // Of fewer, one failure would be a rate.
    query: '''
AppMetrics
| where Name == 'sallyport.outcomes'
| extend Outcome = tostring(Properties.outcome)
| summarize Calls = sum(Sum), Bad = sumif(Sum, Outcome in ('failed', 'withheld', 'unknown'))
| where Calls >= 20 and Bad > 0.05 * Calls
'''
  }
  {
    name: 'blocks-unreadable'
    says: 'The table of blocks could not be read. While it cannot, everybody is denied.'
    severity: 1
    window: 'PT15M'
    query: '''
AppMetrics
| where Name == 'sallyport.errors'
| where tostring(Properties.kind) in ('blocks-unreadable', 'blocks-unavailable')
| summarize Errors = sum(Sum)
| where Errors > 0
'''
  }
  {
    name: 'not-recorded'
    says: 'Something could not be put on record: calls were not made, or their answers were withheld.'
    severity: 1
    window: 'PT15M'
    query: '''
AppMetrics
| where Name == 'sallyport.errors'
| where tostring(Properties.kind) in ('transcript-writer-failed', 'intent-not-recorded', 'outcome-not-recorded', 'refusal-not-recorded', 'delivery-not-recorded', 'administration-not-recorded')
| summarize Errors = sum(Sum)
| where Errors > 0
'''
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: 'sallyport-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Sallyport: ${rule.name}'
      description: rule.says
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // It ends by itself when its reason has.
      autoMitigate: true
      // A new workspace has no rows yet, and may not know the table before the first.
      skipQueryValidation: true
      actions: { actionGroups: actionGroupIds }
    }
  }
]
