/**
 * Whose groups a token left out, asked of Microsoft Graph: `checkMemberGroups` of v1.0, as the app's managed
 * identity (User.Read.All and GroupMember.Read.All; groups with hidden membership need Member.Read.Hidden too, or Graph
 * leaves them out without a word). The `_claim_sources` of a token are never followed: they name any address.
 */
import { z } from 'zod';
import type { Principal } from '../identity/caller.ts';
import type { GroupSource } from '../identity/groups.ts';
import { err, ok } from '../result.ts';
import { createGraphClient, type GraphOptions } from './graph-client.ts';

/** Graph's own bound on the groups of one request. */
const GROUPS_PER_REQUEST = 20;

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const COLLECTIONS = { user: 'users', app: 'servicePrincipals' } as const;

const answerSchema = z.object({ value: z.array(z.string().toLowerCase()) });

export function createGraphGroupSource(options: GraphOptions): GroupSource {
  const startLookup = createGraphClient(options);

  /** Rejects; the message names no token. */
  async function lookUp(principal: Principal, groupIds: readonly string[]): Promise<string[]> {
    if (!GUID.test(principal.id)) throw new Error('the principal’s object id is not a GUID');
    const graph = await startLookup();
    const path = `${COLLECTIONS[principal.kind]}/${principal.id}/checkMemberGroups`;
    const checks = chunk(groupIds).map(async (ids) => answerSchema.parse(await graph.ask(path, { groupIds: ids })));
    return (await Promise.all(checks)).flatMap(({ value }) => value);
  }

  return {
    async findMemberships(principal, groupIds) {
      if (groupIds.length === 0) return ok([]);
      try {
        const held = new Set(await lookUp(principal, groupIds));
        return ok(groupIds.filter((id) => held.has(id)));
      } catch (cause) {
        return err({ reason: 'groups-unavailable', cause });
      }
    },
  };
}

function chunk(groupIds: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(groupIds.length / GROUPS_PER_REQUEST);
  return Array.from({ length: count }, (_, n) => groupIds.slice(n * GROUPS_PER_REQUEST, (n + 1) * GROUPS_PER_REQUEST));
}
