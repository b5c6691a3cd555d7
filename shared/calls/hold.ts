/**
 * A call that policy holds (DESIGN §2, §5): a request is opened for it, or the one that stands for this very call is
 * joined. The agent gets an answer at once: pending, the kept answer, or what became of it.
 */
import type { Approval } from '../approvals/approval.ts';
import type { StoredApproval } from '../approvals/approval-store.ts';
import { openRequest } from '../approvals/open-request.ts';
import { isOpen } from '../approvals/states.ts';
import { deniedCall, errorAnswer, jsonAnswer } from '../mcp/answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import type { ApprovalHappening } from '../transcripts/entry.ts';
import { answerStanding } from './answer-standing.ts';
import { approvalFacts } from './approval-facts.ts';
import { sayPending } from './approval-task.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { refuse } from './refuse.ts';
import type { Held } from './ruling.ts';
import { runForCaller } from './run-for-caller.ts';

export async function hold(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  held: Held,
): Promise<HttpAnswer> {
  const { caller, classified, server, session, facts, address } = admitted;
  const { era } = classified;
  const { tool, toolDigest, params, decision, repeat, justification } = held;
  const { tenant, principal, agent, tokenId } = caller;
  try {
    const standing = await openRequest(parts, {
      requester: { tenant, principal, agent, tokenId, address, era },
      session,
      facts,
      server: server.name,
      tool,
      toolDigest,
      params,
      decision,
      release: server.release,
      repeat,
      ...(justification === undefined ? {} : { justification }),
    });
    if (standing.kind === 'too-many') return await refuseMore(parts, admitted, message, standing.waiting);
    const { approval } = standing.stored;
    if (standing.kind === 'opened') {
      return jsonAnswer(200, sayPending(message, era, approvalFacts(parts, approval)));
    }
    return await goOn(parts, admitted, message, standing.stored);
  } catch (cause) {
    parts.log('error', 'call-not-held', { callId: admitted.callId }, cause);
    const text =
      'This call was not made: it needs an approval, and the request for one could not be kept. Try again later.';
    return errorAnswer(200, message.id, ERROR.notRecorded, text);
  }
}

/** Denied, and not held: the agent is told what makes room. */
function refuseMore(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  waiting: number,
): Promise<HttpAnswer> {
  const reason = `${waiting} calls of yours already wait for approval: wait for these, or withdraw some`;
  const answer = deniedCall(message.id, admitted.classified.era, [reason]);
  const request = parts.masker.maskRequest(message.params ?? {}, admitted.server.name);
  const refusal = { stage: 'decide', code: 'too-many-waiting', detail: reason, call: admitted.facts, request } as const;
  return refuse(parts, admitted, refusal, answer, admitted.session);
}

/** The request that stands: run by this very call where the configuration leaves that to the caller, else answered. */
async function goOn(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  stored: StoredApproval,
): Promise<HttpAnswer> {
  const now = await runForCaller(parts, stored);
  const answer = await answerStanding(parts, admitted, message, now, happeningOf(now.approval));
  const isWaiting = isOpen(now.approval.state);
  return jsonAnswer(
    200,
    isWaiting ? sayPending(message, admitted.classified.era, approvalFacts(parts, now.approval)) : answer,
  );
}

function happeningOf({ state }: Approval): ApprovalHappening {
  return state === 'pending' ? 'joined' : 'asked';
}
