/**
 * Which rooms of the pages a person may enter on any server (DESIGN §4): approvals everybody, those that tell how to
 * connect whoever may use one, the others by policy.
 */
import type { Person } from '../approvals/inbox.ts';
import type { CallParts } from '../calls/parts.ts';
import { GATEWAY_SERVER } from '../config/names.ts';
import type { Connect } from '../pages/connect-target.ts';
import type { Room } from '../pages/rooms.ts';

export function createRooms(
  { config, policy, nowMs }: Pick<CallParts, 'config' | 'policy' | 'nowMs'>,
  connect: Connect,
): (person: Person) => readonly Room[] {
  const servers = [...config.servers.keys(), GATEWAY_SERVER];
  return (person) => {
    const asker = { ...person, request: { timeMs: nowMs(), address: person.address, era: 'modern' } as const };
    const may = (duty: 'audit' | 'review') => servers.some((server) => policy.mayDo(asker, duty, server));
    const audits = may('audit');
    return [
      'approvals',
      ...(audits ? (['sessions'] as const) : []),
      ...(audits || may('review') ? (['reviews'] as const) : []),
      ...(connect.servers(person).length > 0 ? (['connect'] as const) : []),
    ];
  };
}
