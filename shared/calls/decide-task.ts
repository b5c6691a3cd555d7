/**
 * Requests about a task: of whoever began it, and only while its tool is still visible to them (DESIGN §4). The upstream's
 * task id is inside our handle; whoever holds another one hears what they would hear of a task that is not there.
 */
import { parseApprovalId } from '../approvals/approval-store.ts';
import type { JsonObject } from '../json/value.ts';
import { errorAnswer } from '../mcp/answers.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { ERROR, TASKS_EXTENSION } from '../mcp/protocol.ts';
import { declaresTasks } from '../mcp/task-extension.ts';
import { readTaskHandle } from '../mcp/task-handles.ts';
import { openContinuation, sealContinuation } from './continuation.ts';
import { isVisibleTool } from './decide-item.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { ALLOWED, type Ruling } from './ruling.ts';

export function decideTaskRequest(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { caller, classified, server } = admitted;
  if (classified.era === 'modern' && !declaresTasks(message)) {
    const requiredCapabilities = { extensions: { [TASKS_EXTENSION]: {} } };
    const text = 'The client has not declared the tasks extension';
    const answer = errorAnswer(400, message.id, ERROR.missingCapability, text, { requiredCapabilities });
    return { goes: false, code: 'capability', detail: TASKS_EXTENSION, answer };
  }
  const handle = message.params?.taskId;
  if (classified.era === 'modern' && typeof handle === 'string' && parseApprovalId(handle) !== undefined) {
    return { goes: 'task', approval: handle };
  }
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
