/**
 * Entra group object ids → the names that gateway.yaml gives them (DESIGN §2.3). Groups without a name are of no use
 * to a policy and are left out. Nothing is guessed: who can't be placed is refused by name, not taken for nobody.
 */
import { ok, type Result } from '../result.ts';
import type { Caller, Principal } from './caller.ts';

export type GroupFailure = { readonly reason: 'groups-unavailable'; readonly cause?: unknown };

/** Who knows a principal's groups when the token left them out. */
export interface GroupSource {
  /** Those of `groupIds` (lower case) that the principal is in, through other groups too. Never rejects. */
  findMemberships(principal: Principal, groupIds: readonly string[]): Promise<Result<readonly string[], GroupFailure>>;
}

export interface GroupResolverOptions {
  /** Group name → object id, lower case. */
  readonly groups: ReadonlyMap<string, string>;
  readonly source: GroupSource;
}

export interface GroupResolver {
  /** Names, in the order of gateway.yaml. */
  resolve(caller: Pick<Caller, 'principal' | 'groups'>): Promise<Result<readonly string[], GroupFailure>>;
}

export function createGroupResolver({ groups, source }: GroupResolverOptions): GroupResolver {
  const configured = [...groups];
  const ids = configured.map(([, id]) => id);

  return {
    async resolve({ principal, groups: claimed }) {
      const member = claimed === 'overage' ? await source.findMemberships(principal, ids) : ok(claimed);
      if (!member.ok) return member;
      const held = new Set(member.value);
      return ok(configured.filter(([, id]) => held.has(id)).map(([name]) => name));
    },
  };
}
