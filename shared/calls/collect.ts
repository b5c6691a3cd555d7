/**
 * Hands over a kept answer (DESIGN §5): decided anew, recorded anew, as often as it is asked for until it runs out. This is
 * where its exposure happens. What policy no longer allows, or can't be put on record, is withheld.
 */
import type { Approval } from '../approvals/approval.ts';
import { argumentsOf, bindingFor } from '../approvals/request.ts';
import { isObject, type JsonObject } from '../json/value.ts';
import { answerGone, withCollectionNote } from '../mcp/approval-answers.ts';
import { toLegacyResponse } from '../mcp/bridge/to-modern.ts';
import { type RequestMessage, toJson, toMessage } from '../mcp/message.ts';
import { approvalFacts } from './approval-facts.ts';
import { sealContinuation } from './continuation.ts';
import { type KeptAnswer, readKept } from './kept-answer.ts';
import { withheldMessage } from './outcome.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';

/** Rejects when the store can't be reached. */
export async function collect(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  approval: Approval,
): Promise<JsonObject> {
  const { era } = admitted.classified;
  const facts = approvalFacts(parts, approval);
  const kept = await openKept(parts, approval);
  if (kept === undefined) {
    await record(parts, admitted, approval, { exposure: [], error: { code: 'gone', detail: 'no answer is kept' } });
    return answerGone(message.id, era, facts, 'it was not kept, or is kept no longer.');
  }
  const objection = objectionTo(parts, admitted, approval, kept);
  if (objection !== undefined) {
    const exposure = kept.exposure.map((found) => ({ ...found, outcome: 'withheld' as const }));
    await record(parts, admitted, approval, { exposure, error: { code: 'policy', detail: objection.detail } });
    return answerGone(message.id, era, facts, objection.text);
  }
  try {
    await record(parts, admitted, approval, { message: kept.record, exposure: kept.exposure });
  } catch (cause) {
    parts.log('error', 'delivery-not-recorded', { callId: admitted.callId, approval: approval.id }, cause);
    return withheldMessage(message.id);
  }
  return present(parts, admitted, message, kept, facts);
}

async function openKept(parts: CallParts, approval: Approval): Promise<KeptAnswer | undefined> {
  if (approval.answer === undefined) return undefined;
  const answer = await parts.sealed.open(bindingFor(approval, 'answer'), approval.answer);
  return answer.ok ? readKept(answer.value) : undefined;
}

/** The answer was masked when it ran, for what policy said then: everything that it shows must be allowed now. */
function objectionTo(
  parts: CallParts,
  admitted: Admitted,
  approval: Approval,
  { params, revealed }: KeptAnswer,
): { readonly detail: string; readonly text: string } | undefined {
  if (!stillAllows(parts, admitted, approval, params)) {
    return { detail: 'policy no longer allows this call', text: 'policy no longer allows you this call.' };
  }
  const { server, tool } = approval;
  const hidden = revealed.filter((name) => !parts.policy.mayReveal(admitted.asker, { server, tool, class: name }));
  if (hidden.length === 0) return undefined;
  return {
    detail: `policy no longer reveals ${hidden.join(', ')}`,
    text: 'policy no longer lets you see what it shows.',
  };
}

/** With the quorums of its release, and everything else as it is now. */
function stillAllows(parts: CallParts, admitted: Admitted, approval: Approval, params: JsonObject): boolean {
  const { server, tool, justification, met = [] } = approval;
  const call = {
    server,
    tool,
    arguments: argumentsOf(params),
    ...(justification === undefined ? {} : { justification }),
  };
  return parts.policy.decideCall(admitted.asker, call, met).verdict === 'allow';
}

function record(
  parts: CallParts,
  admitted: Admitted,
  approval: Approval,
  what: Pick<
    Extract<Parameters<CallParts['recorder']['record']>[1], { kind: 'delivery' }>,
    'message' | 'exposure' | 'error'
  >,
): Promise<void> {
  const { id, releaseCallId = '' } = approval;
  return parts.recorder.record(admitted.session, {
    kind: 'delivery',
    call: admitted.facts,
    approval: id,
    releaseCallId,
    ...what,
  });
}

/**
 * The upstream's response under this call's id, in this client's era. It ran in the modern one. A result that is no end
 * (a question, a task) is sealed to the call that ran, not to the one that collects: its continuation is held again.
 */
function present(
  parts: CallParts,
  admitted: Admitted,
  message: RequestMessage,
  kept: KeptAnswer,
  facts: ReturnType<typeof approvalFacts>,
): JsonObject {
  const { name } = kept.params;
  const ran: RequestMessage = { ...message, method: 'tools/call', params: kept.params };
  const seal = sealContinuation(parts, admitted, ran, typeof name === 'string' ? name : undefined);
  const read = toMessage({ ...kept.client, id: message.id });
  if (!read.ok || read.value.kind !== 'response') return withheldMessage(message.id);
  const { result } = read.value;
  const noted = isObject(result)
    ? { ...read.value, result: withCollectionNote(seal(result), facts, kept.ranMs) }
    : read.value;
  return toJson(admitted.classified.era === 'legacy' ? toLegacyResponse(message, noted) : noted);
}
