/**
 * What operators do with approvals (DESIGN §5): look at those that need a person, and say what became of a call whose
 * outcome nobody knew. It runs nothing and approves nothing. For who administers the server; auditors may look.
 */
import type { Actor } from '../transcripts/entry.ts';
import type { Approval } from './approval.ts';
import { parseApprovalId } from './approval-store.ts';
import { changeState } from './change.ts';
import { tellEvent } from './events.ts';
import { type ApprovalSummary, type Person, REASON_CHARACTERS } from './inbox.ts';
import { summarise } from './inbox-view.ts';
import type { ApprovalParts } from './parts.ts';
import { readListed } from './read-listed.ts';

export interface Resolution {
  readonly approval: string;
  /** What the operator found out at the upstream. */
  readonly outcome: 'done' | 'failed';
  /** How: wanted, and on record. */
  readonly reason: string;
}

export type ResolutionRefusal =
  /** Not there, or not for this person: nobody learns which. */
  | 'not-found'
  /** What became of it is known, or somebody else said so first. */
  | 'not-unknown'
  /** None, or a too long one. */
  | 'reason'
  /** Something that it takes is out of reach: look at it, then try again. */
  | 'unavailable';

export type Resolved = { readonly kind: 'resolved' } | { readonly kind: 'refused'; readonly code: ResolutionRefusal };

export interface Oversight {
  /** Flagged requests of the servers that this person administers or audits, oldest first. */
  list(
    person: Person,
    limit: number,
  ): Promise<{ readonly approvals: readonly ApprovalSummary[]; readonly total: number }>;
  /** Never rejects. */
  resolve(person: Person, resolution: Resolution): Promise<Resolved>;
}

export interface OversightParts
  extends Pick<ApprovalParts, 'recorder' | 'masker' | 'approvals' | 'log' | 'nowMs' | 'randomBytes'> {
  readonly config: Pick<ApprovalParts['config'], 'servers' | 'approvals'>;
  readonly policy: Pick<ApprovalParts['policy'], 'mayDo'>;
  readonly blocks: Pick<ApprovalParts['blocks'], 'check'>;
}

export function createOversight(parts: OversightParts): Oversight {
  return {
    async list(person, limit) {
      const flagged: { readonly id: string; readonly createdMs: number }[] = [];
      for await (const { approval: id, server, createdMs, needsAttention } of parts.approvals.listOpen()) {
        if (needsAttention && mayLook(parts, person, server)) flagged.push({ id, createdMs });
      }
      flagged.sort((left, right) => left.createdMs - right.createdMs || left.id.localeCompare(right.id));
      // What the index says is a hint: the row itself decides.
      const shown = await readListed(
        parts,
        flagged.slice(0, limit).map(({ id }) => id),
      );
      const approvals = shown
        .filter(({ attention, server }) => attention !== undefined && mayLook(parts, person, server))
        .map(summarise);
      return { approvals, total: flagged.length };
    },
    resolve: (person, resolution) =>
      resolve(parts, person, resolution).catch((cause: unknown): Resolved => {
        parts.log('error', 'approval-not-resolved', { approval: resolution.approval }, cause);
        return refused('unavailable');
      }),
  };
}

async function resolve(parts: OversightParts, person: Person, resolution: Resolution): Promise<Resolved> {
  const { approval: id, outcome } = resolution;
  const stored = parseApprovalId(id) === undefined ? undefined : await parts.approvals.read(id);
  if (stored === undefined) return refused('not-found');
  const { session, state } = stored.approval;
  const by = actorOf(person);
  const refuse = async (code: ResolutionRefusal): Promise<Resolved> => {
    const detail = `resolution as ${outcome}: ${code}`;
    await parts.recorder.record(session, { kind: 'approval', approval: id, event: 'decision-refused', by, detail });
    return refused(code);
  };
  if (!mayResolve(parts, person, stored.approval)) return refuse('not-found');
  const problem = await isBlocked(parts, person, stored.approval);
  if (problem !== undefined) return refuse(problem);
  if (state !== 'unknown') return refuse('not-unknown');
  const reason = resolution.reason.trim();
  if (reason === '' || reason.length > REASON_CHARACTERS) return refuse('reason');

  const words = parts.masker.maskRequest(reason);
  // On record before it stands: nobody's word ends an unknown call without a trace.
  await parts.recorder.record(session, {
    kind: 'approval',
    approval: id,
    event: 'decided',
    by,
    reason: typeof words === 'string' ? words : '',
    detail: `what was unknown is ${outcome}`,
  });
  const nowMs = parts.nowMs();
  const changed = await changeState(parts, stored, outcome === 'done' ? 'finish' : 'fail', {
    endedMs: nowMs,
    keptUntilMs: nowMs + parts.config.approvals.keepAnswerMs,
    endReason: 'by-operator',
    attention: undefined,
  });
  if (changed.kind === 'passed') return refuse('not-unknown');
  await tellEvent(parts, changed.stored.approval, 'resolved', { by, detail: outcome });
  return { kind: 'resolved' };
}

function actorOf({ principal, agent, channel, tokenId, address }: Person): Actor {
  return { principal, agent, channel, tokenId, address };
}

async function isBlocked(
  parts: OversightParts,
  { tenant, principal, agent, tokenId }: Person,
  { server }: Approval,
): Promise<ResolutionRefusal | undefined> {
  const checked = await parts.blocks.check({ tenant, principal, agent, tokenId, server });
  if (checked.ok) return undefined;
  return checked.error.code === 'blocked' ? 'not-found' : 'unavailable';
}

function refused(code: ResolutionRefusal): Resolved {
  return { kind: 'refused', code };
}

function mayLook(parts: OversightParts, person: Person, server: string): boolean {
  return mayDo(parts, person, 'administer', server) || mayDo(parts, person, 'audit', server);
}

/** The requester may administer as much as anybody: of the own request somebody else says what became. */
function mayResolve(parts: OversightParts, person: Person, { server, requester }: Approval): boolean {
  if (person.tenant !== requester.tenant || person.principal.id === requester.principal.id) return false;
  return mayDo(parts, person, 'administer', server);
}

function mayDo(parts: OversightParts, person: Person, duty: 'administer' | 'audit', server: string): boolean {
  if (!parts.config.servers.has(server)) return false;
  const { principal, agent, groups, address } = person;
  const request = { timeMs: parts.nowMs(), address, era: 'modern' } as const;
  return parts.policy.mayDo({ principal, agent, groups, request }, duty, server);
}
