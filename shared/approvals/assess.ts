/**
 * How a request stands now (DESIGN §4, §5): which decisions are genuine, whose count, which quorums distinct people fill
 * together, and what Cedar says with them. Everything is asked anew each time: groups of Microsoft Graph, blocks, policy.
 * Nothing here writes.
 */
import type { Config } from '../config/config.ts';
import type { Principal } from '../identity/caller.ts';
import type { JsonObject } from '../json/value.ts';
import type { Asker, Decision } from '../policy/engine.ts';
import { err, ok, type Result } from '../result.ts';
import type { Approval, DecisionRow } from './approval.ts';
import { hasItsEvidence, isGenuine } from './evidence.ts';
import type { ApprovalParts } from './parts.ts';
import { isPlaceFor, solveQuorums } from './quorums.ts';
import { argumentsOf, bindingFor, readRequest } from './request.ts';

export interface Assessment {
  readonly params: JsonObject;
  /** The requester as policy is asked now. */
  readonly asker: Asker;
  /** Genuine decisions, oldest first, and whether each counts. */
  readonly decisions: readonly { readonly row: DecisionRow; readonly counts: boolean }[];
  /** Rows that nobody of ours wrote, or that nobody can read. */
  readonly foreign: number;
  readonly standing: StandingNow;
}

export type StandingNow =
  | { readonly kind: 'denied'; readonly by: DecisionRow }
  | { readonly kind: 'approved'; readonly met: readonly string[] }
  | { readonly kind: 'waits'; readonly needs: readonly string[] }
  /** Policy would not allow it with every quorum met. */
  | { readonly kind: 'impossible'; readonly decision: Decision };

/** `later`: somebody could not be asked; `spoilt`: the row or what was sealed is not what was held. */
export type AssessFailure =
  | { readonly kind: 'later'; readonly detail: string; readonly cause?: unknown }
  | { readonly kind: 'spoilt'; readonly detail: string };

/** More than this never decide one request; the oldest are looked at. */
const MAX_DECISIONS = 200;

/** Rejects when the store can't be reached. */
export async function assess(parts: ApprovalParts, approval: Approval): Promise<Result<Assessment, AssessFailure>> {
  if (!hasItsEvidence(parts.keyring, approval)) return err({ kind: 'spoilt', detail: 'the row was changed' });
  const [listed, params, requesterGroups] = await Promise.all([
    parts.approvals.listDecisions(approval.id),
    openParams(parts, approval),
    parts.memberships.groupsOf(approval.requester.principal),
  ]);
  if (!params.ok) return params;
  if (!requesterGroups.ok) {
    return err({ kind: 'later', detail: 'the requester’s groups are not known', cause: requesterGroups.error.cause });
  }
  const genuine = listed.decisions
    .filter((row) => isGenuine(parts.keyring, approval, row))
    .toSorted((left, right) => left.decidedMs - right.decidedMs || left.id.localeCompare(right.id))
    .slice(0, MAX_DECISIONS);
  const foreign = listed.unreadable + listed.decisions.length - genuine.length;

  const people = await findPeople(parts, approval, genuine);
  if (!people.ok) return people;
  const asker = askerOf(parts, approval, requesterGroups.value);
  const decisions = genuine.map((row) => ({ row, counts: countsNow(parts, approval, row, people.value) }));
  const standing = judge(parts, approval, { params: params.value, asker, decisions, people: people.value });
  return ok({ params: params.value, asker, decisions, foreign, standing });
}

/** What was held, as it will be sent. */
async function openParams(parts: ApprovalParts, approval: Approval): Promise<Result<JsonObject, AssessFailure>> {
  if (approval.request === undefined) return err({ kind: 'spoilt', detail: 'the held request was erased' });
  const opened = await parts.sealed.open(bindingFor(approval, 'request'), approval.request);
  const params = opened.ok ? readRequest(opened.value) : undefined;
  return params === undefined ? err({ kind: 'spoilt', detail: 'the held request can’t be opened' }) : ok(params);
}

/** Groups of everybody who decided, as they are now; undefined for who is blocked. */
async function findPeople(
  parts: ApprovalParts,
  approval: Approval,
  rows: readonly DecisionRow[],
): Promise<Result<ReadonlyMap<string, readonly string[]>, AssessFailure>> {
  const persons = new Map(rows.map(({ person }) => [person.id, person]));
  const found = new Map<string, readonly string[]>();
  const answers = await Promise.all(
    [...persons.values()].map(async (person) => {
      const [groups, free] = await Promise.all([parts.memberships.groupsOf(person), isFree(parts, approval, person)]);
      return { person, groups, free };
    }),
  );
  for (const { person, groups, free } of answers) {
    if (!groups.ok)
      return err({ kind: 'later', detail: 'an approver’s groups are not known', cause: groups.error.cause });
    if (free === 'unknown') return err({ kind: 'later', detail: 'whether an approver is blocked is not known' });
    if (free === 'free') found.set(person.id, groups.value);
  }
  return ok(found);
}

async function isFree(parts: ApprovalParts, approval: Approval, principal: Principal) {
  const { tenant } = approval.requester;
  const checked = await parts.blocks.check({ tenant, principal, server: approval.server });
  if (checked.ok) return 'free';
  return checked.error.code === 'blocked' ? 'blocked' : 'unknown';
}

/** DESIGN §4: the requester never approves, nor an agent or app, whatever the policies say. */
function countsNow(
  parts: ApprovalParts,
  approval: Approval,
  { person, channel }: DecisionRow,
  people: ReadonlyMap<string, readonly string[]>,
): boolean {
  const groups = people.get(person.id);
  return groups !== undefined && mayDecide(parts, approval, { principal: person, groups, channel });
}

export interface Decider {
  readonly principal: Principal;
  readonly groups: readonly string[];
  readonly channel: DecisionRow['channel'];
}

/** Whether this person's word, on this channel, can count for any quorum that policy looks at for this tool. */
export function mayDecide(
  parts: Pick<ApprovalParts, 'config' | 'policy' | 'nowMs'>,
  approval: Pick<Approval, 'server' | 'tool' | 'requester'>,
  { principal, groups, channel }: Decider,
): boolean {
  const { server, tool, requester } = approval;
  if (principal.kind !== 'user' || principal.id === requester.principal.id) return false;
  if (isPlaceFor(testedQuorums(parts, approval), { id: principal.id, groups, channels: [channel] }).length === 0)
    return false;
  const request = { timeMs: parts.nowMs(), address: '', era: 'modern' } as const;
  const approver: Asker = { principal, agent: { id: '' }, groups, request };
  return parts.policy.mayApprove(approver, { server, tool, requester: requester.principal, channel });
}

/** Those that policy looks at for this tool: no other can help, and their number is bounded at load. */
function testedQuorums(
  { config, policy }: Pick<ApprovalParts, 'config' | 'policy'>,
  { server, tool }: Pick<Approval, 'server' | 'tool'>,
): Config['quorums'] {
  const tested = new Set(policy.quorumsOf(server, tool));
  return new Map([...config.quorums].filter(([name]) => tested.has(name)));
}

function askerOf(parts: ApprovalParts, { requester }: Approval, groups: readonly string[]): Asker {
  const { principal, agent, address, era } = requester;
  return { principal, agent, groups, request: { timeMs: parts.nowMs(), address, era } };
}

function judge(
  parts: ApprovalParts,
  approval: Approval,
  facts: Pick<Assessment, 'params' | 'asker' | 'decisions'> & {
    readonly people: ReadonlyMap<string, readonly string[]>;
  },
): StandingNow {
  const counting = facts.decisions.filter(({ counts }) => counts).map(({ row }) => row);
  const denial = counting.find(({ verdict }) => verdict === 'deny');
  if (denial !== undefined) return { kind: 'denied', by: denial };

  const { server, tool, justification } = approval;
  const call = {
    server,
    tool,
    arguments: argumentsOf(facts.params),
    ...(justification === undefined ? {} : { justification }),
  };
  const ask = (met: readonly string[]) => parts.policy.decideCall(facts.asker, call, met);
  const approvers = [...Map.groupBy(counting, ({ person }) => person.id)].map(([id, rows]) => ({
    id,
    groups: facts.people.get(id) ?? [],
    channels: rows.map(({ channel }) => channel),
  }));
  let nearest: Decision = ask([]);
  for (const met of solveQuorums(testedQuorums(parts, approval), approvers)) {
    if (met.length === 0) continue;
    const decision = ask(met);
    if (decision.verdict === 'allow') return { kind: 'approved', met };
    if (isNearer(decision, nearest)) nearest = decision;
  }
  switch (nearest.verdict) {
    case 'deny':
      return { kind: 'impossible', decision: nearest };
    case 'hold':
      return { kind: 'waits', needs: nearest.quorums };
    // Policy allows it now without anybody: the agent's next call just runs, and this request, which nobody approved, not.
    case 'allow':
      return { kind: 'waits', needs: [] };
  }
}

function isNearer(decision: Decision, than: Decision): boolean {
  return decision.verdict === 'hold' && (than.verdict !== 'hold' || decision.quorums.length < than.quorums.length);
}
