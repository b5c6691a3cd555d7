/** Where the parts of a running stack listen, for commands in other processes (`stack-file`). Holds no secret. */
import type { Stack } from './stack.ts';
import type { Stack as StackAddresses } from './stack-file.ts';

export function describeStack(stack: Stack): StackAddresses {
  const { url, entra, keyVault, graph, serviceBus, teams, azurite, crm } = stack;
  return {
    gateway: url,
    entra: entra.url,
    keyVault: keyVault.url,
    graph: graph.url,
    serviceBus: serviceBus.url,
    teams: teams.url,
    blob: azurite.blobUrl,
    table: azurite.tableUrl,
    queue: azurite.queueUrl,
    crm: crm.url,
    pid: process.pid,
  };
}
