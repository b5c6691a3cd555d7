/**
 * Who is in a group, asked of Microsoft Graph: `transitiveMembers` cast to users, an advanced query, page by page, as the
 * app's managed identity (GroupMember.Read.All and User.Read.All; a group with hidden membership needs Member.Read.Hidden too). A next
 * page's link is followed only by its token, to the host that was asked: a link could name any.
 */
import { z } from 'zod';
import { err, ok } from '../result.ts';
import type { GroupMember, GroupMembers } from '../reviews/entitlements.ts';
import { createGraphClient, type GraphOptions } from './graph-client.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Graph's own bound on a page. */
const PAGE_SIZE = 999;
/** For all of a group's pages. */
const DEADLINE_MS = 20_000;

const pageSchema = z.object({
  value: z.array(
    z.object({
      id: z.string().toLowerCase(),
      displayName: z.string().nullish(),
      userPrincipalName: z.string().nullish(),
      userType: z.string().nullish(),
    }),
  ),
  '@odata.nextLink': z.string().optional(),
});

type Page = z.output<typeof pageSchema>;

export function createGraphGroupMembers(options: GraphOptions): GroupMembers {
  const startLookup = createGraphClient({ deadlineMs: DEADLINE_MS, ...options });

  return {
    async membersOf(groupId, most) {
      try {
        if (!GUID.test(groupId)) throw new Error('the group’s object id is not a GUID');
        const graph = await startLookup();
        const base = `groups/${groupId}/transitiveMembers/microsoft.graph.user?$select=id,displayName,userPrincipalName,userType&$count=true&$top=${PAGE_SIZE}`;
        const members: GroupMember[] = [];
        let path: string | undefined = base;
        while (path !== undefined) {
          const page: Page = pageSchema.parse(await graph.askIndex(path));
          members.push(...page.value.map(toMember));
          const next = page['@odata.nextLink'];
          if (members.length > most) return ok({ members: members.slice(0, most), isWhole: false });
          path = next === undefined ? undefined : `${base}&$skiptoken=${encodeURIComponent(tokenOf(next))}`;
        }
        return ok({ members, isWhole: true });
      } catch (cause) {
        return err({ cause });
      }
    },
  };
}

/** Throws where the link has none: to go on without it would be to begin again. */
function tokenOf(link: string): string {
  const token = URL.parse(link)?.searchParams.get('$skiptoken');
  if (!token) throw new Error('Graph named a next page without a token');
  return token;
}

/** Of whom Graph does not say what they are, as of some old synchronised accounts, is taken for a guest: it says so. */
function toMember({ id, displayName, userPrincipalName, userType }: Page['value'][number]): GroupMember {
  const name = userPrincipalName ?? displayName;
  return { id, ...(name && { name }), guest: userType !== 'Member' };
}
