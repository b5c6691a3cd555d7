/**
 * What policy says of a message (DESIGN §4), put into what happens next: it goes on, or it is refused with the answer of
 * its kind. The call-time check is the real one: what a list hides is refused here too, with the bytes of what is not there.
 */
import { isObject, type Json, type JsonObject } from '../json/value.ts';
import { deniedCall, errorAnswer, methodNotFound, needsApproval, noSuchTool } from '../mcp/answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { filterTools, trimServerCapabilities } from '../mcp/lists.ts';
import type { NotificationMessage, RequestMessage } from '../mcp/message.ts';
import { ruleFor } from '../mcp/methods.ts';
import { checkParamHeaders } from '../mcp/param-headers.ts';
import { ERROR } from '../mcp/protocol.ts';
import type { Decision } from '../policy/engine.ts';
import type { DecisionFacts } from '../transcripts/entry.ts';
import type { Shape } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import { mismatchProblem } from './read.ts';
import type { Admitted } from './received.ts';

export type Ruling =
  | { readonly goes: true; readonly decision: DecisionFacts; readonly shape: Shape }
  | {
      readonly goes: false;
      readonly code: string;
      readonly detail: string;
      readonly decision?: DecisionFacts;
      readonly answer: HttpAnswer;
    };

const ALLOWED: DecisionFacts = { verdict: 'allow', policies: [] };
const ACCEPTED: HttpAnswer = { status: 202, headers: {} };

export function decideRequest(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { era } = admitted.classified;
  switch (ruleFor(message.method, 'request', era)) {
    case undefined: {
      const answer = methodNotFound(message.id, era, message.method);
      return { goes: false, code: 'method', detail: 'not handled', answer };
    }
    case 'use':
      return { goes: true, decision: ALLOWED, shape: shapeOf(message.method, era) };
    case 'list-tools':
      return { goes: true, decision: ALLOWED, shape: (result) => filterTools(result, era, maySee(parts, admitted)) };
    case 'call-tool':
      return decideToolCall(parts, admitted, message);
  }
}

/** A notification is answered with nothing but 202: one that is not handled is dropped, and recorded. */
export function decideNotification(admitted: Admitted, message: NotificationMessage): Ruling {
  const rule = ruleFor(message.method, 'notification', admitted.classified.era);
  if (rule === undefined) return { goes: false, code: 'method', detail: 'not handled', answer: ACCEPTED };
  return { goes: true, decision: ALLOWED, shape: asItIs };
}

function decideToolCall(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { id, params = {} } = message;
  const { era } = admitted.classified;
  const { name: tool, arguments: args = {} } = params;
  if (typeof tool !== 'string' || !isObject(args)) {
    const answer = errorAnswer(
      200,
      id,
      ERROR.invalidParams,
      'Invalid params: name must be a string, arguments an object',
    );
    return { goes: false, code: 'params', detail: 'name or arguments', answer };
  }
  if (!maySee(parts, admitted)(tool)) {
    const isPinned = pinnedTool(parts, admitted, tool) !== undefined;
    const decision: DecisionFacts = { verdict: 'deny', code: isPinned ? 'policy' : 'not-pinned', policies: [] };
    return { goes: false, code: 'not-visible', detail: 'tool', decision, answer: noSuchTool(id, tool) };
  }

  const inputSchema = pinnedTool(parts, admitted, tool)?.definition.inputSchema;
  if (era === 'modern') {
    const mismatch = checkParamHeaders(inputSchema, args, admitted.http.headers);
    if (mismatch?.code === 'header-mismatch') return { goes: false, ...mismatchProblem(mismatch, id) };
  }
  if (hasCaseVariant(args, inputSchema)) {
    const reason = 'An argument’s name differs from the tool’s only in case';
    const decision: DecisionFacts = { verdict: 'deny', code: 'arguments', policies: [], reasons: [reason] };
    return { goes: false, code: 'arguments', detail: 'case', decision, answer: deniedCall(id, era, [reason]) };
  }

  const said = parts.policy.decideCall(admitted.asker, { server: admitted.server.name, tool, arguments: args });
  if (said.verdict === 'allow') return { goes: true, decision: toFacts(said), shape: asItIs };
  const answer =
    said.verdict === 'hold' ? needsApproval(id, era, said.quorums, said.reasons) : deniedCall(id, era, said.reasons);
  return { goes: false, code: said.verdict, detail: said.policies.join(', '), decision: toFacts(said), answer };
}

function toFacts(said: Decision): DecisionFacts {
  switch (said.verdict) {
    case 'allow':
      return { verdict: said.verdict, policies: said.policies };
    case 'hold':
      return { verdict: said.verdict, policies: said.policies, quorums: said.quorums, reasons: said.reasons };
    case 'deny': {
      const { verdict, code, policies, reasons, detail } = said;
      return { verdict, code, policies, reasons, ...(detail === undefined ? {} : { detail }) };
    }
  }
}

function pinnedTool(parts: CallParts, admitted: Admitted, tool: string) {
  return parts.config.lock.servers.get(admitted.server.name)?.get(tool);
}

function maySee(parts: CallParts, admitted: Admitted): (tool: string) => boolean {
  return (tool) =>
    pinnedTool(parts, admitted, tool) !== undefined && parts.policy.mayList(admitted.asker, admitted.server.name, tool);
}

/**
 * An upstream that reads keys without regard to case would take `Amount` for `amount`, which policy saw as absent.
 * The reader refuses two such keys side by side; this refuses the one that stands alone.
 */
function hasCaseVariant(args: JsonObject, inputSchema: Json | undefined): boolean {
  const properties = isObject(inputSchema) ? inputSchema.properties : undefined;
  if (!isObject(properties)) return false;
  const lower = new Set(Object.keys(properties).map((name) => name.toLowerCase()));
  return Object.keys(args).some((name) => !Object.hasOwn(properties, name) && lower.has(name.toLowerCase()));
}

function shapeOf(method: string, era: 'modern' | 'legacy'): Shape {
  const isHandshake = method === 'initialize' || method === 'server/discover';
  return isHandshake ? (result) => trimServerCapabilities(result, era) : asItIs;
}

function asItIs(result: JsonObject): JsonObject {
  return result;
}
