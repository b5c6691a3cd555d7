/**
 * A result that is no end: `input_required` and tasks (MCP 2026-07-28). What the client carries to its next request is
 * sealed to this call on the way out and opened on the way in, so it can't be taken to another.
 */
import { isObject, type JsonObject } from '../json/value.ts';
import { errorAnswer } from '../mcp/answers.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { openRequestState, sealRequestState } from '../mcp/request-state.ts';
import { makeTaskHandle } from '../mcp/task-handles.ts';
import { err, ok, type Result } from '../result.ts';
import type { Shape } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import type { Refused } from './ruling.ts';

/** The request with the upstream's own `requestState`, where it carries ours. */
export function openContinuation(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
): Result<RequestMessage, Refused> {
  const sealed = message.params?.requestState;
  if (sealed === undefined) return ok(message);
  const { caller, server, receivedMs } = admitted;
  const state =
    typeof sealed === 'string'
      ? openRequestState(parts.keyring, caller, server.name, message, sealed, receivedMs)
      : undefined;
  if (state === undefined) {
    const answer = errorAnswer(
      200,
      message.id,
      ERROR.invalidParams,
      'Invalid params: requestState is not of this call',
    );
    return err({ goes: false, code: 'request-state', detail: 'not of this call, changed, or too old', answer });
  }
  return ok({ ...message, params: { ...message.params, requestState: state } });
}

/** Seals `requestState`, and gives tasks that a call of `tool` began a handle of ours. */
export function sealContinuation(parts: CallParts, admitted: Admitted, message: RequestMessage, tool?: string): Shape {
  const { caller, server } = admitted;
  return (result) => {
    const { requestState } = result;
    if (result.resultType === 'input_required' && typeof requestState === 'string') {
      const sealed = sealRequestState(parts.keyring, caller, server.name, message, requestState, parts.nowMs());
      return { ...result, requestState: sealed };
    }
    return tool === undefined ? result : withTaskHandle(parts, admitted, tool, result);
  };
}

/** Modern tasks stand in the result itself, those of 2025-11-25 under `task`. */
export function withTaskHandle(
  parts: CallParts,
  { caller, server }: Admitted,
  tool: string,
  result: JsonObject,
): JsonObject {
  const handleOf = (taskId: string) => makeTaskHandle(parts.keyring, caller, server.name, { taskId, tool });
  const { taskId, task } = result;
  if (result.resultType === 'task' && typeof taskId === 'string') return { ...result, taskId: handleOf(taskId) };
  if (isObject(task) && typeof task.taskId === 'string') {
    return { ...result, task: { ...task, taskId: handleOf(task.taskId) } };
  }
  return result;
}
