/** Where the parts of a running stack listen, for commands in other processes (`stack-file`). Holds no secret. */
import type { BusService, StorageService } from './access/access.ts';
import type { Stack as StackAddresses } from './stack-file.ts';
import type { StandIns } from './stand-ins.ts';

/** `url`: the gateway's, whoever runs it. */
export function describeStack(
  stack: Omit<StandIns<StorageService, BusService>, 'stop'> & { readonly url: string },
): StackAddresses {
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
