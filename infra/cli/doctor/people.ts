/**
 * Whether the groups that approve have people, asked of Microsoft Graph: with too few, what is held is never approved;
 * with just enough, whoever is one of them can never be asker too, for nobody approves their own request.
 */
import type { Config } from '../../../shared/config/config.ts';
import type { GroupMembers } from '../../../shared/reviews/entitlements.ts';
import { broken, type Check, count, doubt, type Finding, well } from './check.ts';
import { explainTrouble } from './explain-trouble.ts';

export interface PeopleOptions {
  readonly config: Pick<Config, 'groups' | 'quorums'>;
  readonly members: GroupMembers;
}

/** None where no quorum is configured. */
export function createPeopleChecks({ config, members }: PeopleOptions): readonly Check[] {
  return [...peopleWanted(config)].map(([group, people]) => {
    const name = `people ${group}`;
    return {
      name,
      async look() {
        // One more than is wanted says all there is to say.
        const found = await members.membersOf(config.groups.get(group) ?? '', people + 1);
        if (found.ok) return [judge(name, found.value.members.length, people)];
        const advice =
          'In Azure, sign in with az as somebody who may read the members of groups; or count them in the portal';
        return [doubt(name, `not looked at: ${explainTrouble(found.error.cause)}`, advice)];
      },
    };
  });
}

function judge(name: string, there: number, wanted: number): Finding {
  const approve = `${count(wanted, 'approval')} wanted of it`;
  if (there < wanted) return broken(name, `${there} in it, ${approve}: none is ever met`, 'Put people into the group');
  if (there === wanted) {
    const advice = 'Put somebody more into the group: nobody approves their own request';
    return doubt(name, `${there} in it, ${approve}: what one of them asks for is never approved`, advice);
  }
  return well(name, `more than ${wanted} in it, ${approve}`);
}

/** The most that any quorum wants of a group. */
function peopleWanted({ quorums }: Pick<Config, 'quorums'>): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>();
  for (const { from } of quorums.values()) {
    for (const { group, people } of from) wanted.set(group, Math.max(people, wanted.get(group) ?? 0));
  }
  return wanted;
}
