/**
 * Who is in which group now, for approvals (DESIGN §5): of Microsoft Graph each time, because who was taken out of a group
 * this morning approves nothing this afternoon.
 */
import type { Memberships } from '../approvals/parts.ts';
import type { Config } from '../config/config.ts';
import { createGroupResolver, type GroupSource } from '../identity/groups.ts';

export function createMemberships({ groups }: Pick<Config, 'groups'>, source: GroupSource): Memberships {
  const resolver = createGroupResolver({ groups, source });
  return { groupsOf: (principal) => resolver.resolve({ principal, groups: 'overage' }) };
}
