/**
 * Who could (DESIGN §1): the members of gateway.yaml's groups, the people and apps that policies name, and whoever has
 * called, each asked of the policy engine as a call would be. What no directory can list is said, not guessed: an app
 * that no policy names, and conditions on time, address or agent that only a call has.
 */
import type { Config } from '../config/config.ts';
import type { Agent, Principal } from '../identity/caller.ts';
import type { Asker, Duty, PolicyEngine } from '../policy/engine.ts';
import type { Result } from '../result.ts';
import { personKey, type ReportPerson } from './report.ts';
import { order } from './tally-person.ts';

export interface GroupMember {
  /** Object id, lower case. */
  readonly id: string;
  readonly name?: string;
  readonly guest: boolean;
}

/** Who is in a group now, through other groups too. */
export interface GroupMembers {
  /** Every member that is a person; at most `most` of them. Never rejects. */
  membersOf(
    groupId: string,
    most: number,
  ): Promise<
    Result<{ readonly members: readonly GroupMember[]; readonly isWhole: boolean }, { readonly cause: unknown }>
  >;
}

export interface EntitlementOptions {
  readonly config: Pick<Config, 'groups' | 'lock' | 'policies'>;
  readonly policy: PolicyEngine;
  readonly members: GroupMembers;
  readonly nowMs: number;
}

export interface Entitled extends Pick<ReportPerson, 'could' | 'duties' | 'groups'> {
  readonly principal: Principal;
}

export interface Entitlements {
  readonly isKnown: boolean;
  readonly note: string;
  /** Who may do anything on the server, or was asked about; by `personKey`. Empty where it is not known. */
  readonly people: ReadonlyMap<string, Entitled>;
  /** Pinned tools, and whether a call of one can be held. */
  readonly tools: readonly { readonly tool: string; readonly mayBeHeld: boolean }[];
}

const MOST_MEMBERS = 5_000;
const DUTIES: readonly Duty[] = ['audit', 'review', 'administer'];
/** Neither is anybody's: what a policy says of one agent or requester holds for this one only if it says it of all. */
const NO_AGENT: Agent = { id: '00000000-0000-0000-0000-000000000000' };
const SOMEBODY: Principal = { kind: 'user', id: '00000000-0000-0000-0000-000000000000', guest: false };
const NAMED = /\b(User|App)::"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"/gi;

/** `seen`: whoever the records name, and the agents through which they came. Never rejects. */
export async function findEntitlements(
  options: EntitlementOptions,
  server: string,
  seen: { readonly principals: readonly Principal[]; readonly agents: readonly Agent[] },
): Promise<Entitlements> {
  const { config, policy, members } = options;
  const tools = [...(config.lock.servers.get(server)?.keys() ?? [])]
    .sort(order)
    .map((tool) => ({ tool, mayBeHeld: policy.mayHold(server, tool) }));
  const listed = await Promise.all(
    [...config.groups].map(async ([name, id]) => ({ name, listed: await members.membersOf(id, MOST_MEMBERS) })),
  );
  const failed = listed.filter(({ listed: one }) => !one.ok).map(({ name }) => name);
  if (failed.length > 0) {
    const note = `The directory could not say who is in ${failed.join(', ')}, so who could is not known.`;
    return { isKnown: false, note, people: new Map(), tools };
  }
  const known = new Map<string, { principal: Principal; groups: string[] }>();
  const meet = (principal: Principal): { groups: string[] } => {
    const key = personKey(principal);
    const met = known.get(key) ?? { principal, groups: [] };
    known.set(key, met);
    return met;
  };
  let isWhole = true;
  for (const { name, listed: one } of listed) {
    if (!one.ok) continue;
    isWhole &&= one.value.isWhole;
    for (const member of one.value.members) meet({ kind: 'user', ...member }).groups.push(name);
  }
  const named = principalsIn(config.policies.text);
  for (const principal of [...seen.principals, ...named]) meet(principal);

  const judge = createJudge(options, server, tools, seen.agents, new Set(named.map(personKey)));
  const people = new Map(
    [...known].map(([key, { principal, groups }]) => [key, { principal, groups, ...judge(principal, groups) }]),
  );
  return { isKnown: true, note: isWhole ? WHOLE : `${WHOLE} A group has more members than were read.`, people, tools };
}

const WHOLE =
  'As policies and groups stand now. Policies are asked through the agents that the records name, at this moment and from no address; an app that no policy names and that never called can’t be listed.';

/**
 * Policies tell principals apart by groups, by being a guest, and by id: who is in the same groups, and is named nowhere,
 * may do the same. So a group of thousands is judged once.
 */
function createJudge(
  { policy, nowMs }: EntitlementOptions,
  server: string,
  tools: Entitlements['tools'],
  agents: readonly Agent[],
  named: ReadonlySet<string>,
): (principal: Principal, groups: readonly string[]) => Pick<Entitled, 'could' | 'duties'> {
  const judged = new Map<string, Pick<Entitled, 'could' | 'duties'>>();
  const request = { timeMs: nowMs, address: '', era: 'modern' } as const;
  const through = agents.length === 0 ? [NO_AGENT] : agents;

  function ask(principal: Principal, groups: readonly string[]): Pick<Entitled, 'could' | 'duties'> {
    // An app that calls for itself is its own agent, whose id is another than the one of its records.
    const askers: readonly Asker[] = through.map((agent) => ({ principal, agent, groups, request }));
    const can = (question: (asker: Asker) => boolean): boolean => askers.some(question);
    const question = { server, requester: SOMEBODY, channel: 'page' } as const;
    const approves = tools.some(
      ({ tool, mayBeHeld }) => mayBeHeld && can((asker) => policy.mayApprove(asker, { ...question, tool })),
    );
    return {
      could: tools.filter(({ tool }) => can((asker) => policy.mayList(asker, server, tool))).map(({ tool }) => tool),
      duties: [
        ...(approves ? (['approve'] as const) : []),
        ...DUTIES.filter((duty) => can((asker) => policy.mayDo(asker, duty, server))),
      ],
    };
  }

  return (principal, groups) => {
    const id = named.has(personKey(principal)) ? principal.id : '';
    const key = JSON.stringify([principal.kind, principal.guest, id, groups]);
    const known = judged.get(key) ?? ask(principal, groups);
    judged.set(key, known);
    return known;
  };
}

/** Whom the policies' text names by object id. One in a comment is asked about too: that changes no answer. */
function principalsIn(text: string): readonly Principal[] {
  return [...text.matchAll(NAMED)].map(([, type, id = '']) => ({
    kind: type?.toLowerCase() === 'app' ? 'app' : 'user',
    id: id.toLowerCase(),
    guest: false,
  }));
}
