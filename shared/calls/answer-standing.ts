/**
 * What the agent gets for a request that stands (DESIGN §5), by its state. Whatever it is, it is on record before it is
 * said; what was said before is not exposed again without a record of its own.
 */
import type { Approval } from '../approvals/approval.ts';
import type { StoredApproval } from '../approvals/approval-store.ts';
import { isGenuine } from '../approvals/evidence.ts';
import type { JsonObject } from '../json/value.ts';
import { deniedByPerson, endedAnswer, pendingAnswer, unknownAnswer } from '../mcp/approval-answers.ts';
import type { RequestMessage } from '../mcp/message.ts';
import type { ApprovalHappening } from '../transcripts/entry.ts';
import { approvalFacts } from './approval-facts.ts';
import { collect } from './collect.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';

/** Rejects when the record can't be made. */
export async function answerStanding(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  stored: StoredApproval,
  happening: ApprovalHappening,
): Promise<JsonObject> {
  const { approval } = stored;
  const { id } = message;
  const { era } = admitted.classified;
  if (approval.state === 'done') return collect(parts, admitted, message, approval);

  await parts.recorder.record(admitted.session, {
    kind: 'approval',
    approval: approval.id,
    event: happening,
    call: admitted.facts,
    detail: approval.state,
    request: parts.masker.maskRequest(message.params ?? {}, admitted.server.name),
  });
  const facts = approvalFacts(parts, approval);
  switch (approval.state) {
    case 'pending':
    case 'approved':
    case 'claimed':
    case 'sent':
      return pendingAnswer(id, era, facts);
    case 'denied':
      return deniedByPerson(id, era, facts, await reasonOf(parts, approval));
    case 'unknown':
      return unknownAnswer(id, era, facts);
    case 'failed':
    case 'expired':
    case 'cancelled':
      return endedAnswer(id, era, facts);
  }
}

/** The denier's own words, masked when they were written: of nobody else, for a model reads them. */
async function reasonOf(parts: CallParts, approval: Approval): Promise<string | undefined> {
  const { decisions } = await parts.approvals.listDecisions(approval.id);
  const denials = decisions.filter((row) => row.verdict === 'deny' && isGenuine(parts.keyring, approval, row));
  return denials.at(-1)?.reason;
}
