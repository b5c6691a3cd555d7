/**
 * A tool call before policy (DESIGN §4): visible, its headers agreeing, its arguments named as the tool names them, and
 * then by its arguments. What the upstream answers may begin a further exchange, which is bound to this very call.
 */
import { isObject, type Json, type JsonObject } from '../json/value.ts';
import { deniedCall, errorAnswer, needsApproval, noSuchTool } from '../mcp/answers.ts';
import type { RequestMessage } from '../mcp/message.ts';
import { checkParamHeaders } from '../mcp/param-headers.ts';
import { ERROR } from '../mcp/protocol.ts';
import type { DecisionFacts } from '../transcripts/entry.ts';
import { openContinuation, sealContinuation } from './continuation.ts';
import { isVisibleTool, pinnedTool } from './decide-item.ts';
import type { CallParts } from './parts.ts';
import { mismatchProblem } from './read.ts';
import type { Admitted } from './received.ts';
import { factsOfDecision, type Ruling } from './ruling.ts';

export function decideToolCall(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { id, params = {} } = message;
  const { era } = admitted.classified;
  const { name: tool, arguments: args = {} } = params;
  if (typeof tool !== 'string' || !isObject(args)) {
    const text = 'Invalid params: name must be a string, arguments an object';
    return {
      goes: false,
      code: 'params',
      detail: 'name or arguments',
      answer: errorAnswer(200, id, ERROR.invalidParams, text),
    };
  }
  if (!isVisibleTool(parts, admitted, tool)) {
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
  if (said.verdict !== 'allow') {
    const { reasons } = said;
    const answer =
      said.verdict === 'hold' ? needsApproval(id, era, said.quorums, reasons) : deniedCall(id, era, reasons);
    const decision = factsOfDecision(said);
    return { goes: false, code: said.verdict, detail: said.policies.join(', '), decision, answer };
  }
  const sent = openContinuation(parts, admitted, message);
  if (!sent.ok) return sent.error;
  const shape = sealContinuation(parts, admitted, message, tool);
  return { goes: true, decision: factsOfDecision(said), shape, sent: sent.value };
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
