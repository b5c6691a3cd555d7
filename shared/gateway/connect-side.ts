/**
 * Which servers a person may connect to (DESIGN §4), and by what. Who asks on a page asks through the gateway's own app;
 * policy may look at the agent, so a server counts as theirs if they may use it through any client that is named, too.
 * What they may do there is decided anew with each call.
 */
import type { Person } from '../approvals/inbox.ts';
import type { CallParts } from '../calls/parts.ts';
import { describeResource } from '../identity/resource-metadata.ts';
import type { Connect } from '../pages/connect-target.ts';
import type { GatewayPorts } from './ports.ts';

export function createConnect(
  { config, policy, nowMs }: Pick<CallParts, 'config' | 'policy' | 'nowMs'>,
  { entra, publicUrl }: Pick<GatewayPorts, 'entra' | 'publicUrl'>,
): Connect {
  const { clients = {}, resource: form, scope: shortScope, role } = config.identity;
  const agents = Object.values(clients).map((id) => ({ id }));
  // `{authority}/v2.0` is the issuer; its endpoints stand beside it.
  const authority = entra.v2Issuer.replace(/\/v2\.0$/, '');

  function mayUse(person: Person, server: string): boolean {
    const request = { timeMs: nowMs(), address: person.address, era: 'modern' } as const;
    return [person.agent, ...agents].some((agent) => policy.mayUse({ ...person, agent, request }, server));
  }

  return {
    servers: (person) => [...config.servers.keys()].filter((server) => mayUse(person, server)),
    find(person, server) {
      if (!config.servers.has(server) || !mayUse(person, server)) return undefined;
      const { resource, scope } = describeResource(server, { publicUrl, resource: form, scope: shortScope });
      return {
        server,
        url: `${publicUrl}/mcp/${server}`,
        resource,
        scope,
        role,
        tenantId: entra.tenantId,
        gatewayClientId: entra.clientId,
        authorizeUrl: `${authority}/oauth2/v2.0/authorize`,
        tokenUrl: `${authority}/oauth2/v2.0/token`,
        clients,
      };
    },
  };
}
