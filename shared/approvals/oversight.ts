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

export interface Resolution {
  readonly approval: string;
  /** What the operator found out at the upstream. */
  readonly outcome: 'done' | 'failed';
  /** How: wanted, and on record. */
  readonly reason: string;
}

export type Resolved =
  | { readonly kind: 'resolved' }
  | { readonly kind: 'refused'; readonly code: 'not-found' | 'not-unknown' | 'reason' | 'unavailable' };

export interface Oversight {
  /** Flagged requests of the servers that this person administers or audits, oldest first. */
  list(
    person: Person,
    limit: number,
  ): Promise<{ readonly approvals: readonly ApprovalSummary[]; readonly total: number }>;
  /** Never rejects. */
  resolve(person: Person, resolution: Resolution): Promise<Resolved>;
}

export function createOversight(parts: ApprovalParts): Oversight {
  return {
    async list(person, limit) {
      const flagged: { readonly id: string; readonly createdMs: number }[] = [];
      for await (const { approval: id, server, createdMs, needsAttention } of parts.approvals.listOpen()) {
        if (needsAttention && mayLook(parts, person, server)) flagged.push({ id, createdMs });
      }
      flagged.sort((left, right) => left.createdMs - right.createdMs || left.id.localeCompare(right.id));
      const shown = await Promise.all(flagged.slice(0, limit).map(({ id }) => parts.approvals.read(id)));
      const approvals = shown.flatMap((stored) => (stored === undefined ? [] : [summarise(stored.approval)]));
      return { approvals, total: flagged.length };
    },
    resolve: (person, resolution) =>
      resolve(parts, person, resolution).catch((cause: unknown): Resolved => {
        parts.log('error', 'approval-not-resolved', { approval: resolution.approval }, cause);
        return { kind: 'refused', code: 'unavailable' };
      }),
  };
}

async function resolve(parts: ApprovalParts, person: Person, resolution: Resolution): Promise<Resolved> {
  const { outcome } = resolution;
  const reason = resolution.reason.trim();
  const isId = parseApprovalId(resolution.approval) !== undefined;
  const stored = isId ? await parts.approvals.read(resolution.approval) : undefined;
  if (stored === undefined || !mayResolve(parts, person, stored.approval))
    return { kind: 'refused', code: 'not-found' };
  if (stored.approval.state !== 'unknown') return { kind: 'refused', code: 'not-unknown' };
  if (reason === '' || reason.length > REASON_CHARACTERS) return { kind: 'refused', code: 'reason' };

  const { principal, agent, channel, tokenId, address } = person;
  const by: Actor = { principal, agent, channel, tokenId, address };
  const words = parts.masker.maskRequest(reason);
  await parts.recorder.record(stored.approval.session, {
    kind: 'approval',
    approval: stored.approval.id,
    event: 'decided',
    by,
    reason: typeof words === 'string' ? words : '',
    detail: `what was unknown is ${outcome}`,
  });
  const nowMs = parts.nowMs();
  const patch = { endedMs: nowMs, keptUntilMs: nowMs + parts.config.approvals.keepAnswerMs, endReason: 'by-operator' };
  const changed = await changeState(parts, stored, outcome === 'done' ? 'finish' : 'fail', patch);
  if (changed.kind === 'passed') return { kind: 'refused', code: 'not-unknown' };
  await tellEvent(parts, changed.stored.approval, 'resolved', { by, detail: outcome });
  return { kind: 'resolved' };
}

function mayLook(parts: ApprovalParts, person: Person, server: string): boolean {
  return mayDo(parts, person, 'administer', server) || mayDo(parts, person, 'audit', server);
}

/** The requester may administer as much as anybody: of the own request somebody else says what became. */
function mayResolve(parts: ApprovalParts, person: Person, { server, requester }: Approval): boolean {
  if (person.tenant !== requester.tenant || person.principal.id === requester.principal.id) return false;
  return mayDo(parts, person, 'administer', server);
}

function mayDo(parts: ApprovalParts, person: Person, duty: 'administer' | 'audit', server: string): boolean {
  if (!parts.config.servers.has(server)) return false;
  const { principal, agent, groups, address } = person;
  const request = { timeMs: parts.nowMs(), address, era: 'modern' } as const;
  return parts.policy.mayDo({ principal, agent, groups, request }, duty, server);
}
