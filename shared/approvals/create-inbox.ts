/**
 * What people do with approvals (`inbox.ts`), over the store: lists, one request with everything needed to decide it, and
 * the decision, which is recorded, then inserted, then queued (DESIGN §5). It releases nothing: the approver function does.
 */
import { createHash } from 'node:crypto';
import { CHANNELS } from '../config/channels.ts';
import type { Principal } from '../identity/caller.ts';
import type { Actor } from '../transcripts/entry.ts';
import { sendDecision } from './announce.ts';
import type { Approval, DecisionRow } from './approval.ts';
import { type OpenRow, parseApprovalId, type StoredApproval } from './approval-store.ts';
import { mayDecide } from './assess.ts';
import { decisionMac, isGenuine } from './evidence.ts';
import type { DecisionInput, DecisionRefusal, DecisionResult, Inbox, Person } from './inbox.ts';
import { summarise, viewApproval } from './inbox-view.ts';
import type { ApprovalParts } from './parts.ts';
import { readListed } from './read-listed.ts';
import { checkDecision, REFUSAL_TEXTS } from './refuse-decision.ts';

export function createInbox(parts: ApprovalParts): Inbox {
  return {
    async list(person, limit) {
      const rows = await pendingRows(parts, () => true);
      // One question to policy for all requests of one person for one tool.
      const answers = new Map<string, boolean>();
      const isMine = (row: Pick<OpenRow, 'server' | 'tool' | 'requester'>): boolean => {
        const key = JSON.stringify([row.server, row.tool, row.requester.kind, row.requester.id]);
        const known = answers.get(key) ?? mayDecide(parts, subjectOf(row, person), person);
        answers.set(key, known);
        return known;
      };
      const mine = rows.filter(isMine);
      mine.sort((left, right) => left.createdMs - right.createdMs || left.approval.localeCompare(right.approval));
      const shown = await readListed(
        parts,
        mine.slice(0, limit).map(({ approval }) => approval),
      );
      // What the index says is a hint: the row itself decides.
      const approvals = shown
        .filter(({ state, server, tool, requester }) => {
          return state === 'pending' && isMine({ server, tool, requester: requester.principal });
        })
        .map((approval) => summarise(approval));
      return { approvals, total: mine.length };
    },

    async show(person, approvalId) {
      const stored = await readFor(parts, person, approvalId);
      if (stored === undefined) return undefined;
      const { approval } = stored;
      const { view, exposure } = await viewApproval(parts, person, approval);
      // On record before it is shown: what stands there in clear is exposed to whoever looks (DESIGN §1).
      const look = { kind: 'view', what: 'approval', by: actorOf(person), subject: approval.id, exposure } as const;
      await parts.recorder.record(approval.session, look);
      return view;
    },

    async find(person, approvalId) {
      const stored = await readFor(parts, person, approvalId);
      return stored && summarise(stored.approval);
    },

    decide: (person, input) =>
      takeDecision(parts, person, input).catch((cause: unknown): DecisionResult => {
        parts.log('error', 'decision-not-taken', { person: person.principal.id }, cause);
        return refused('unavailable');
      }),

    async findByCode(code) {
      const rows = await pendingRows(parts, (row) => row.code === code);
      return rows.map(({ approval }) => approval);
    },
  };
}

async function pendingRows(parts: ApprovalParts, wanted: (row: OpenRow) => boolean): Promise<OpenRow[]> {
  const nowMs = parts.nowMs();
  const rows: OpenRow[] = [];
  for await (const row of parts.approvals.listOpen()) {
    if (row.state === 'pending' && nowMs < row.expiresMs && wanted(row)) rows.push(row);
  }
  return rows;
}

function subjectOf(
  { server, tool, requester: { kind, id } }: Pick<OpenRow, 'server' | 'tool' | 'requester'>,
  { tenant }: Person,
) {
  const principal: Principal = { kind, id, guest: false };
  return {
    server,
    tool,
    requester: { tenant, principal, agent: { id: '' }, tokenId: '', address: '', era: 'modern' },
  } as const;
}

/** Undefined for what is not there and for what is not this person's to see: nobody learns which. */
async function readFor(parts: ApprovalParts, person: Person, approvalId: string): Promise<StoredApproval | undefined> {
  if (parseApprovalId(approvalId) === undefined) return undefined;
  const stored = await parts.approvals.read(approvalId);
  return stored !== undefined && maySee(parts, person, stored.approval) ? stored : undefined;
}

/** Who may decide it, on whatever channel; who asked for it; who audits its server. */
function maySee(parts: ApprovalParts, person: Person, approval: Approval): boolean {
  const { principal, groups, tenant } = person;
  if (tenant !== approval.requester.tenant) return false;
  if (principal.id === approval.requester.principal.id) return true;
  if (parts.config.servers.get(approval.server) === undefined) return false;
  if (CHANNELS.some((channel) => mayDecide(parts, approval, { principal, groups, channel }))) return true;
  const request = { timeMs: parts.nowMs(), address: person.address, era: 'modern' } as const;
  return parts.policy.mayDo({ principal, groups, agent: person.agent, request }, 'audit', approval.server);
}

async function takeDecision(parts: ApprovalParts, person: Person, input: DecisionInput): Promise<DecisionResult> {
  const stored = parseApprovalId(input.approval) === undefined ? undefined : await parts.approvals.read(input.approval);
  if (stored === undefined) return refused('not-found');
  const { approval } = stored;
  const problem = await problemOf(parts, person, approval, input);
  const by = actorOf(person);
  if (problem !== undefined) {
    const facts = { approval: approval.id, by, verdict: input.verdict, detail: problem } as const;
    await parts.recorder.record(approval.session, { kind: 'approval', event: 'decision-refused', ...facts });
    return refused(problem);
  }

  const row = draftDecision(parts, person, approval, input);
  // On record before it can have an effect: a decision that nobody can trace releases nothing.
  await parts.recorder.record(approval.session, {
    kind: 'approval',
    approval: approval.id,
    event: 'decided',
    by,
    verdict: row.verdict,
    reason: row.reason,
    detail: row.id,
  });
  const inserted = await insert(parts, approval, row);
  // Not sent is not lost: the sweep looks at every pending request.
  await sendDecision(parts, approval.id, row.id);
  return { kind: 'taken', verdict: row.verdict, isRepeat: inserted === 'stood' };
}

async function problemOf(
  parts: ApprovalParts,
  person: Person,
  approval: Approval,
  input: DecisionInput,
): Promise<DecisionRefusal | undefined> {
  if (!maySee(parts, person, approval)) return 'not-found';
  return (await isBlocked(parts, person, approval)) ?? checkDecision(parts, person, approval, input);
}

async function isBlocked(
  parts: ApprovalParts,
  person: Person,
  { server }: Approval,
): Promise<DecisionRefusal | undefined> {
  const { tenant, principal, agent, tokenId } = person;
  const checked = await parts.blocks.check({ tenant, principal, agent, tokenId, server });
  if (checked.ok) return undefined;
  return checked.error.code === 'blocked' ? 'not-found' : 'unavailable';
}

function draftDecision(parts: ApprovalParts, person: Person, approval: Approval, input: DecisionInput): DecisionRow {
  const { principal, channel } = person;
  const { verdict } = input;
  const words = parts.masker.maskRequest(input.reason.trim());
  const { id: who, kind, guest, name } = principal;
  const decision = {
    id: createHash('sha256')
      .update(JSON.stringify([who, channel, verdict]))
      .digest('hex')
      .slice(0, 16),
    approval: approval.id,
    person: { kind, id: who, guest, ...(name === undefined ? {} : { name }) },
    verdict,
    reason: typeof words === 'string' ? words : '',
    channel,
    evidence: approval.evidence,
    decidedMs: parts.nowMs(),
  };
  return { ...decision, mac: decisionMac(parts.keyring, decision) };
}

/** A row of the same id says the same: the same person, channel and verdict. One that is not of ours says nothing. */
async function insert(parts: ApprovalParts, approval: Approval, row: DecisionRow): Promise<'inserted' | 'stood'> {
  let failure: unknown;
  try {
    const written = await parts.approvals.insertDecision(row);
    if (written.kind === 'written') return 'inserted';
  } catch (cause) {
    failure = cause;
  }
  const { decisions } = await parts.approvals.listDecisions(row.approval);
  const stands = decisions.some((other) => other.id === row.id && isGenuine(parts.keyring, approval, other));
  if (!stands) throw new Error('a decision could not be written', { cause: failure });
  return 'stood';
}

function actorOf({ principal, agent, channel, tokenId, address }: Person): Actor {
  return { principal, agent, channel, tokenId, address };
}

function refused(code: DecisionRefusal): DecisionResult {
  return { kind: 'refused', code, text: REFUSAL_TEXTS[code] };
}
