/**
 * What policy says of a message (DESIGN §4), by the question its method asks. The call-time check is the real one: what a
 * list hides is refused here too, with the bytes of what is not there, and the upstream is not asked.
 */
import { methodNotFound } from '../mcp/answers.ts';
import { withHoldTools } from '../mcp/hold-tools.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { filterList } from '../mcp/lists.ts';
import type { NotificationMessage, RequestMessage } from '../mcp/message.ts';
import { listShape, ruleFor } from '../mcp/methods.ts';
import { withTaskHandle } from './continuation.ts';
import { decideCompletion, decideItemRequest, decideListen, hasHolds, mayBeHeld, maySeeItem } from './decide-item.ts';
import { decideTaskRequest } from './decide-task.ts';
import { decideToolCall } from './decide-tool.ts';
import type { Shape } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { ALLOWED, asItIs, type Ruling } from './ruling.ts';

const ACCEPTED: HttpAnswer = { status: 202, headers: {} };

export function decideRequest(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { era } = admitted.classified;
  switch (ruleFor(message.method, 'request', era, admitted.server.allowMethods)) {
    case undefined: {
      const answer = methodNotFound(message.id, era, message.method);
      return { goes: false, code: 'method', detail: 'not handled', answer };
    }
    case 'use':
      return { goes: true, decision: ALLOWED, shape: asItIs };
    case 'list':
      return decideList(parts, admitted, message);
    case 'call-tool':
      return decideToolCall(parts, admitted, message);
    case 'read-resource':
      return decideItemRequest(parts, admitted, message, 'resource');
    case 'get-prompt':
      return decideItemRequest(parts, admitted, message, 'prompt');
    case 'complete':
      return decideCompletion(parts, admitted, message);
    case 'listen':
      return decideListen(parts, admitted, message);
    case 'task':
      return decideTaskRequest(parts, admitted, message);
  }
}

/** A notification is answered with nothing but 202: one that is not handled is dropped, and recorded. */
export function decideNotification(admitted: Admitted, message: NotificationMessage): Ruling {
  const { classified, server } = admitted;
  const rule = ruleFor(message.method, 'notification', classified.era, server.allowMethods);
  if (rule === undefined) return { goes: false, code: 'method', detail: 'not handled', answer: ACCEPTED };
  return { goes: true, decision: ALLOWED, shape: asItIs };
}

/** What is done to the answer that a resumed stream brings: what was done to it when it was asked for. */
export function shapeOfResumed(parts: CallParts, admitted: Admitted): Shape {
  const { method, target } = admitted.facts;
  if (method === 'tools/call' && target !== undefined)
    return (result) => withTaskHandle(parts, admitted, target, result);
  return shapeOfList(parts, admitted, method) ?? asItIs;
}

function decideList(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const shape = shapeOfList(parts, admitted, message.method);
  if (!shape) throw new Error(`no list is known for ${message.method}`);
  return { goes: true, decision: ALLOWED, shape };
}

function shapeOfList(parts: CallParts, admitted: Admitted, method: string): Shape | undefined {
  const list = listShape(method);
  if (!list) return undefined;
  const { era } = admitted.classified;
  const maySee = maySeeItem(parts, admitted, list.member);
  if (list.member !== 'tools' || !hasHolds(parts, admitted)) return (result) => filterList(result, list, era, maySee);
  const { name } = admitted.server;
  return (result) => withHoldTools(filterList(result, list, era, maySee), (tool) => mayBeHeld(parts, name, tool));
}
