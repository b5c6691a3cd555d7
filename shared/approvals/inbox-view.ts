/**
 * One request as a person sees it: everything needed to decide it, masked but for what policy reveals to this person. When
 * somebody can't be asked (Graph, the sealed store), the view says so and nobody decides on half of it.
 */
import { parseJson } from '../json/parse.ts';
import type { Json } from '../json/value.ts';
import type { Exposure, Masked } from '../masking/masker.ts';
import type { Approval, DecisionRow } from './approval.ts';
import { type Assessment, assess } from './assess.ts';
import { isGenuine } from './evidence.ts';
import type { ApprovalSummary, ApprovalView, Person } from './inbox.ts';
import type { ApprovalParts } from './parts.ts';
import { checkDecision, REFUSAL_TEXTS } from './refuse-decision.ts';
import { shortCodeOf } from './short-code.ts';

export function summarise(approval: Approval): ApprovalSummary {
  const { id, state, server, tool, requester, createdMs, expiresMs, justification, attention } = approval;
  const { kind, id: person, name } = requester.principal;
  return {
    id,
    code: shortCodeOf(id),
    state,
    server,
    tool,
    requester: { kind, id: person, ...(name === undefined ? {} : { name }) },
    agent: requester.agent,
    createdMs,
    expiresMs,
    ...(justification === undefined ? {} : { justification }),
    ...(attention === undefined ? {} : { attention }),
  };
}

/** The view, and what of the held arguments stands in it, by class: what is in clear is exposed to this person. */
export async function viewApproval(
  parts: ApprovalParts,
  person: Person,
  approval: Approval,
): Promise<{ readonly view: ApprovalView; readonly exposure: readonly Exposure[] }> {
  const assessed = approval.request === undefined ? undefined : await assess(parts, approval);
  const assessment = assessed?.ok === true ? assessed.value : undefined;
  const rows = assessment?.decisions ?? (await storedDecisions(parts, approval));
  const { endedMs, endReason } = approval;
  const shown = argumentsShown(parts, person, approval, assessment);
  const view = {
    ...summarise(approval),
    arguments: shown.client,
    reasons: approval.reasons,
    policies: approval.policies,
    needs: needsOf(parts, approval, assessment),
    decisions: rows.map(({ row, counts }) => showDecision(row, counts)),
    evidence: approval.evidence,
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(endReason === undefined ? {} : { endReason }),
    ...whetherDecidable(parts, person, approval, assessment),
  };
  return { view, exposure: shown.exposure };
}

/** A class is in clear where policy reveals it to the person who looks; whoever asked saw it before, and is asked alike. */
function argumentsShown(
  parts: ApprovalParts,
  person: Person,
  approval: Approval,
  assessment: Assessment | undefined,
): Pick<Masked, 'client' | 'exposure'> {
  const { server, tool } = approval;
  if (assessment !== undefined) {
    const { principal, groups, agent, address } = person;
    const request = { timeMs: parts.nowMs(), address, era: 'modern' } as const;
    const may = (name: string) =>
      parts.policy.mayReveal({ principal, groups, agent, request }, { server, tool, class: name });
    return parts.masker.maskArguments(assessment.params.arguments ?? {}, { server, tool, revealed: { has: may } });
  }
  // What was sent, or ended, is not held any more: the masked excerpt is all that is left of it.
  const client = approval.request === undefined ? excerptOf(approval) : '[can’t be opened now]';
  return { client, exposure: [] };
}

/** Cut where it was too long: then it is text. */
function excerptOf({ preview }: Approval): Json {
  const parsed = parseJson(preview);
  return parsed.ok ? parsed.value : preview;
}

function needsOf(parts: ApprovalParts, approval: Approval, assessment: Assessment | undefined): ApprovalView['needs'] {
  if (approval.state !== 'pending') return [];
  const standing = assessment?.standing;
  const names = standing?.kind === 'waits' ? standing.needs : standing === undefined ? approval.quorums : [];
  return names.map((quorum) => ({ quorum, from: parts.config.quorums.get(quorum)?.from ?? [] }));
}

async function storedDecisions(parts: ApprovalParts, approval: Approval) {
  const { decisions } = await parts.approvals.listDecisions(approval.id);
  return decisions
    .filter((row) => isGenuine(parts.keyring, approval, row))
    .toSorted((left, right) => left.decidedMs - right.decidedMs)
    .map((row) => ({ row, counts: approval.state !== 'pending' }));
}

function showDecision(row: DecisionRow, counts: boolean): ApprovalView['decisions'][number] {
  const { person, verdict, reason, channel, decidedMs } = row;
  const { id, name } = person;
  return { person: { id, ...(name === undefined ? {} : { name }) }, verdict, reason, channel, decidedMs, counts };
}

function whetherDecidable(
  parts: ApprovalParts,
  person: Person,
  approval: Approval,
  assessment: Assessment | undefined,
): Pick<ApprovalView, 'mayDecide' | 'whyNot'> {
  const input = { approval: approval.id, verdict: 'approve', reason: '' } as const;
  const problem = checkDecision(parts, person, approval, input);
  if (problem !== undefined) return { mayDecide: false, whyNot: REFUSAL_TEXTS[problem] };
  if (assessment === undefined) {
    return { mayDecide: false, whyNot: 'What would be decided can’t be shown just now. Try again in a minute.' };
  }
  return { mayDecide: true };
}
