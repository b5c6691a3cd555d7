/**
 * A tool call before policy (DESIGN §4): visible, its headers agreeing, its arguments named as the tool names them, and
 * then by its arguments. What the upstream answers may begin a further exchange, which is bound to this very call.
 */
import { isObject, type Json, type JsonObject } from '../json/value.ts';
import { deniedCall, errorAnswer, noSuchTool } from '../mcp/answers.ts';
import { AWAIT_TOOL, CANCEL_TOOL, takeInjected } from '../mcp/hold-tools.ts';
import type { MessageId, RequestMessage } from '../mcp/message.ts';
import { checkParamHeaders } from '../mcp/param-headers.ts';
import { ERROR } from '../mcp/protocol.ts';
import type { DecisionFacts } from '../transcripts/entry.ts';
import { openContinuation, sealContinuation } from './continuation.ts';
import { hasHolds, isVisibleTool, pinnedTool } from './decide-item.ts';
import { heldParams } from './held-params.ts';
import type { CallParts } from './parts.ts';
import { mismatchProblem } from './read.ts';
import type { Admitted } from './received.ts';
import { factsOfDecision, type Refused, type Ruling } from './ruling.ts';

export function decideToolCall(parts: CallParts, admitted: Admitted, message: RequestMessage): Ruling {
  const { id, params = {} } = message;
  const { era } = admitted.classified;
  const { name: tool, arguments: given = {} } = params;
  if (typeof tool !== 'string' || !isObject(given)) {
    return invalidParams(id, 'name must be a string, arguments an object');
  }
  const own = decideOwnTool(parts, admitted, id, tool, given);
  if (own !== undefined) return own;
  const taken = takeInjected(given);
  if (!taken.ok) return invalidParams(id, taken.error);
  const { args, justification, repeat } = taken.value;
  const pinned = pinnedTool(parts, admitted, tool);
  if (pinned === undefined || !isVisibleTool(parts, admitted, tool)) {
    const code = pinned === undefined ? 'not-pinned' : 'policy';
    const decision: DecisionFacts = { verdict: 'deny', code, policies: [] };
    return { goes: false, code: 'not-visible', detail: 'tool', decision, answer: noSuchTool(id, tool) };
  }

  const { inputSchema } = pinned.definition;
  if (era === 'modern') {
    const mismatch = checkParamHeaders(inputSchema, args, admitted.http.headers);
    if (mismatch?.code === 'header-mismatch') return { goes: false, ...mismatchProblem(mismatch, id) };
  }
  if (hasCaseVariant(args, inputSchema)) {
    const reason = 'An argument’s name differs from the tool’s only in case';
    const decision: DecisionFacts = { verdict: 'deny', code: 'arguments', policies: [], reasons: [reason] };
    return { goes: false, code: 'arguments', detail: 'case', decision, answer: deniedCall(id, era, [reason]) };
  }

  // Judged as it is kept: policy is asked again when it is released, and then only the masked words are left.
  const words = justification === undefined ? {} : { justification: maskedWords(parts, justification) };
  const said = parts.policy.decideCall(admitted.asker, {
    server: admitted.server.name,
    tool,
    arguments: args,
    ...words,
  });
  const decision = factsOfDecision(said);
  if (said.verdict === 'deny') {
    const answer = deniedCall(id, era, said.reasons);
    return { goes: false, code: said.verdict, detail: said.policies.join(', '), decision, ...words, answer };
  }
  // What policy judged is what is sent: the gateway's own arguments end here.
  const stripped = { ...message, params: { ...params, arguments: args } };
  const sent = openContinuation(parts, admitted, stripped);
  if (!sent.ok) return sent.error;
  if (said.verdict === 'hold') {
    const held = heldParams(sent.value.params ?? {});
    return { goes: 'held', tool, toolDigest: pinned.digest, params: held, decision, repeat, ...words };
  }
  const shape = sealContinuation(parts, admitted, stripped, tool);
  return { goes: true, decision, shape, sent: sent.value, ...words };
}

/** Undefined for every other tool, and on a server without holds, where there are none of ours. */
function decideOwnTool(
  parts: CallParts,
  admitted: Admitted,
  id: MessageId,
  tool: string,
  given: JsonObject,
): Ruling | undefined {
  if (tool !== AWAIT_TOOL && tool !== CANCEL_TOOL) return undefined;
  if (!hasHolds(parts, admitted)) return undefined;
  const { approval, ...rest } = given;
  if (typeof approval !== 'string' || Object.keys(rest).length > 0) {
    return invalidParams(id, 'the only argument is approval, the id from the answer to the held call');
  }
  return { goes: 'own', tool, approval };
}

function maskedWords(parts: CallParts, justification: string): string {
  const masked = parts.masker.maskRequest(justification);
  return typeof masked === 'string' ? masked : '';
}

function invalidParams(id: MessageId, why: string): Refused {
  const answer = errorAnswer(200, id, ERROR.invalidParams, `Invalid params: ${why}`);
  return { goes: false, code: 'params', detail: why, answer };
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
