/**
 * Requests about a task: of whoever began it, and only while its tool is still visible to them (DESIGN §4). The upstream's
 * task id is inside our handle; whoever holds another one hears what they would hear of a task that is not there.
 */
import type { JsonObject } from '../json/value.ts';
import { errorAnswer } from '../mcp/answers.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { readTaskHandle } from '../mcp/task-handles.ts';
import { openContinuation, sealContinuation } from './continuation.ts';
import { isVisibleTool } from './decide-item.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { ALLOWED, type Ruling } from './ruling.ts';

export function decideTaskRequest(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { caller, server } = admitted;
  const handle = message.params?.taskId;
  const task = typeof handle === 'string' ? readTaskHandle(parts.keyring, caller, server.name, handle) : undefined;
  if (task === undefined || !isVisibleTool(parts, admitted, task.tool)) {
    const answer = errorAnswer(200, message.id, ERROR.invalidParams, 'Invalid params: unknown task');
    return {
      goes: false,
      code: 'task',
      detail: task ? 'its tool is not visible' : 'not a task of this caller',
      answer,
    };
  }
  const opened = openContinuation(parts, admitted, message);
  if (!opened.ok) return opened.error;
  const sent = { ...opened.value, params: { ...opened.value.params, taskId: task.taskId } };
  const seal = sealContinuation(parts, admitted, message);
  const shape = (result: JsonObject): JsonObject => withHandle(seal(result), task.taskId, String(handle));
  return { goes: true, decision: ALLOWED, shape, sent };
}

/** The client knows the task by the handle it asked with. */
function withHandle(result: JsonObject, taskId: string, handle: string): JsonObject {
  return result.taskId === taskId ? { ...result, taskId: handle } : result;
}
