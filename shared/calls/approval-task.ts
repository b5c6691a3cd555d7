/**
 * A held call as a task, for clients that declared the extension (MCP 2026-07-28, io.modelcontextprotocol/tasks; DESIGN
 * §5): the approval is the task, its id the approval's. Bound to principal, agent and server like everything of a
 * request; asking for it is on record like any other way of asking.
 */
import { parseApprovalId, type StoredApproval } from '../approvals/approval-store.ts';
import { isOpen } from '../approvals/states.ts';
import type { JsonObject } from '../json/value.ts';
import { errorAnswer, jsonAnswer } from '../mcp/answers.ts';
import { type ApprovalFacts, pendingAnswer } from '../mcp/approval-answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR, type Era } from '../mcp/protocol.ts';
import { declaresTasks } from '../mcp/task-extension.ts';
import { answerStanding } from './answer-standing.ts';
import { isOwn } from './approval-facts.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { refuse } from './refuse.ts';
import type { ApprovalTaskCall } from './ruling.ts';
import { runForCaller } from './run-for-caller.ts';
import { withdraw } from './withdraw.ts';

const POLL_INTERVAL_MS = 2_000;

/** What an agent gets for a call that waits: a task where it knows what to do with one, else words for its model. */
export function sayPending(message: RequestMessage, era: Era, facts: ApprovalFacts): JsonObject {
  const said = pendingAnswer(message.id, era, facts);
  if (era !== 'modern' || !declaresTasks(message)) return said;
  return { ...said, result: { resultType: 'task', content: [], ...taskOf(facts) } };
}

/** `tasks/get`, `tasks/update` and `tasks/cancel` of a held call. */
export async function useApprovalTask(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  { approval }: ApprovalTaskCall,
): Promise<HttpAnswer> {
  const { id, method } = message;
  try {
    const stored = parseApprovalId(approval) === undefined ? undefined : await parts.approvals.read(approval);
    if (stored === undefined || !isOwn(stored.approval, admitted)) {
      const answer = errorAnswer(200, id, ERROR.invalidParams, 'Invalid params: unknown task');
      const refusal = {
        stage: 'decide',
        code: 'task',
        detail: 'not an approval of this caller',
        call: admitted.facts,
      } as const;
      return await refuse(parts, admitted, refusal, answer, admitted.session);
    }
    if (method === 'tasks/cancel') await withdraw(parts, admitted, stored);
    if (method !== 'tasks/get') return jsonAnswer(200, { jsonrpc: '2.0', id, result: { resultType: 'complete' } });
    return jsonAnswer(200, await getTask(parts, admitted, message, await runForCaller(parts, stored)));
  } catch (cause) {
    parts.log('error', 'approval-not-told', { callId: admitted.callId }, cause);
    const text = 'How this approval stands can’t be told now. Nothing changed. Try again later.';
    return errorAnswer(200, id, ERROR.notRecorded, text);
  }
}

async function getTask(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  { approval }: StoredApproval,
): Promise<JsonObject> {
  const answer = await answerStanding(parts, admitted, message, { approval, etag: '' }, 'asked');
  const { id, createdMs, endedMs, state } = approval;
  const task = timesOf(createdMs, endedMs ?? parts.nowMs());
  const { result, error } = answer;
  const content = state === 'cancelled' ? {} : error === undefined ? { result: result ?? {} } : { error };
  const status = isOpen(state)
    ? 'working'
    : state === 'cancelled'
      ? 'cancelled'
      : error === undefined
        ? 'completed'
        : 'failed';
  const view = {
    taskId: id,
    status,
    ...task,
    ...(isOpen(state) ? { statusMessage: `held for approval: ${state}` } : content),
  };
  return { jsonrpc: '2.0', id: message.id, result: { resultType: 'complete', ...view } };
}

function taskOf({ id, needs, expiresMs, createdMs }: ApprovalFacts): JsonObject {
  const statusMessage = `Held for approval by ${needs.join(' and ')}, until ${new Date(expiresMs).toISOString()}.`;
  return {
    taskId: id,
    status: 'working',
    statusMessage,
    ...timesOf(createdMs, createdMs),
    ttlMs: expiresMs - createdMs,
  };
}

function timesOf(createdMs: number, updatedMs: number): JsonObject {
  const [createdAt, lastUpdatedAt] = [createdMs, updatedMs].map((ms) => new Date(ms).toISOString());
  return {
    createdAt: createdAt ?? '',
    lastUpdatedAt: lastUpdatedAt ?? '',
    ttlMs: null,
    pollIntervalMs: POLL_INTERVAL_MS,
  };
}
