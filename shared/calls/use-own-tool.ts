/**
 * The gateway's own tools on a server with holds (DESIGN §5): waiting for an approval, and withdrawing a held call. Only for
 * the principal and agent who asked; what is not theirs and what is not there get the same bytes. Cancelling a wait
 * cancels nothing but the wait.
 */
import { parseApprovalId, type StoredApproval } from '../approvals/approval-store.ts';
import { isOpen } from '../approvals/states.ts';
import { errorAnswer, jsonAnswer } from '../mcp/answers.ts';
import { cancelledAnswer, noSuchApproval, tooLateToCancel } from '../mcp/approval-answers.ts';
import { AWAIT_TOOL } from '../mcp/hold-tools.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { answerStanding } from './answer-standing.ts';
import { approvalFacts, isOwn } from './approval-facts.ts';
import type { CallParts } from './parts.ts';
import { type Admitted, principalKey } from './received.ts';
import { refuse } from './refuse.ts';
import type { OwnToolCall } from './ruling.ts';
import { runForCaller } from './run-for-caller.ts';
import { withdraw } from './withdraw.ts';

/** Below the 60 s at which clients give up (FACTS §1.14). */
const WAIT_MS = 45_000;
/** Between two looks at the row: soon after the start, when the answer may be near, then less often. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 1_000;
const LOOK_GROWTH = 1.5;

export async function useOwnTool(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  { tool, approval }: OwnToolCall,
): Promise<HttpAnswer> {
  const { era } = admitted.classified;
  try {
    const stored = parseApprovalId(approval) === undefined ? undefined : await parts.approvals.read(approval);
    if (stored === undefined || !isOwn(stored.approval, admitted)) {
      const detail = stored === undefined ? 'no such approval' : 'another caller’s approval';
      const refusal = { stage: 'decide', code: 'approval', detail, call: admitted.facts } as const;
      return await refuse(parts, admitted, refusal, jsonAnswer(200, noSuchApproval(message.id, era)), admitted.session);
    }
    if (tool !== AWAIT_TOOL) return await cancel(parts, admitted, message, stored);
    const now = await waitForEnd(parts, admitted, stored);
    return jsonAnswer(200, await answerStanding(parts, admitted, message, now, 'asked'));
  } catch (cause) {
    parts.log('error', 'approval-not-told', { callId: admitted.callId }, cause);
    const text = 'How this approval stands can’t be told now. Nothing changed. Try again later.';
    return errorAnswer(200, message.id, ERROR.notRecorded, text);
  }
}

/**
 * A wait takes a place among the streams, which are few: else an agent that waits often enough would leave no place for
 * its principal's calls, nor a few such for anybody's. Who finds none is told at once how it stands, and may ask again.
 */
async function waitForEnd(parts: CallParts, admitted: Admitted, first: StoredApproval): Promise<StoredApproval> {
  const place = parts.limiter.enter(principalKey(admitted.caller), admitted.server.name, 'stream');
  if (!place.ok) return runForCaller(parts, first);
  try {
    return await lookUntilEnd(parts, admitted, first);
  } finally {
    place.value.leave();
  }
}

async function lookUntilEnd(parts: CallParts, admitted: Admitted, first: StoredApproval): Promise<StoredApproval> {
  const endsMs = parts.nowMs() + WAIT_MS;
  const { signal } = admitted.http;
  let stored = first;
  for (let lookMs = FIRST_LOOK_MS; ; lookMs = Math.min(lookMs * LOOK_GROWTH, LAST_LOOK_MS)) {
    stored = await runForCaller(parts, stored);
    const leftMs = endsMs - parts.nowMs();
    if (!isOpen(stored.approval.state) || leftMs <= 0 || signal.aborted) return stored;
    await parts.pause(Math.min(lookMs, leftMs), signal);
    stored = (await parts.approvals.read(stored.approval.id)) ?? stored;
  }
}

async function cancel(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  stored: StoredApproval,
): Promise<HttpAnswer> {
  const { era } = admitted.classified;
  const withdrawn = await withdraw(parts, admitted, stored);
  const facts = approvalFacts(parts, withdrawn.stored.approval);
  const say = withdrawn.kind === 'changed' ? cancelledAnswer : tooLateToCancel;
  return jsonAnswer(200, say(message.id, era, facts));
}
