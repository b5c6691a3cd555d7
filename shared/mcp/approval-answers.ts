/**
 * What an agent is told of a held call, for both eras (DESIGN §5, FACTS §1.13): a tool result that a model can read and
 * follow, with `isError`, so that no model takes it for the answer. Says what to do next, and what not to do. Messages,
 * to be sent as they are or inside a task.
 */
import type { JsonObject } from '../json/value.ts';
import { AWAIT_TOOL, CANCEL_TOOL, REPEAT } from './hold-tools.ts';
import type { MessageId } from './message.ts';
import type { Era } from './protocol.ts';

export interface ApprovalFacts {
  readonly id: string;
  readonly code: string;
  readonly state: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** For people and models: `1 of finance`. */
  readonly needs: readonly string[];
  readonly reasons: readonly string[];
}

/** Also for one that is approved and about to run. */
export function pendingAnswer(id: MessageId, era: Era, facts: ApprovalFacts): JsonObject {
  const { state, needs, expiresMs } = facts;
  const until = new Date(expiresMs).toISOString();
  const how =
    state === 'pending'
      ? `Held for approval: this call has NOT been made.${sentences(facts.reasons)} It waits for ${listOf(needs)}, until ${until}.`
      : 'Approved: this call is being made now, and its answer is not here yet.';
  const next = [
    `Approval id: ${facts.id} (code ${facts.code}).`,
    `What to do now: call the tool ${AWAIT_TOOL} with {"approval": "${facts.id}"}. It waits up to 45 seconds and returns the answer once there is one; while it says that the call is still held, call it again or come back later.`,
    'Making exactly the same call again does the same: it is never run twice. Do not change the arguments to get around the approval; another call is another request.',
    `To withdraw it, call ${CANCEL_TOOL} with the same approval id.`,
  ];
  return notice(id, era, [how, ...next].join('\n'), facts);
}

export function deniedByPerson(id: MessageId, era: Era, facts: ApprovalFacts, reason: string | undefined): JsonObject {
  const why = reason === undefined || reason === '' ? '' : ` The reason given: “${reason}”.`;
  const text = `Denied: a person refused this call, and it was not made.${why} Do not make it again; tell your user.`;
  return notice(id, era, text, facts);
}

/** For what ended without having run. */
export function endedAnswer(id: MessageId, era: Era, facts: ApprovalFacts): JsonObject {
  const how: Record<string, string> = {
    expired: 'Nobody approved this call in time: it was not made. To ask again, make the call again.',
    cancelled: 'This request was withdrawn, or could not be carried out as it was approved: the call was not made.',
    failed:
      'This call was approved, but the server could not be reached: it did not take effect. To ask again, make the call again.',
  };
  return notice(id, era, how[facts.state] ?? 'This request has ended.', facts);
}

export function unknownAnswer(id: MessageId, era: Era, facts: ApprovalFacts): JsonObject {
  const text =
    'This call was approved and sent, and whether it took effect is NOT known. It is not made again. Check by other means whether it took effect; an operator has been told.';
  return notice(id, era, text, facts);
}

/** It ran, and there is nothing to hand over. */
export function answerGone(id: MessageId, era: Era, facts: ApprovalFacts, why: string): JsonObject {
  const text = `This call was approved and has run. Its answer is not handed over: ${why} To run it once more, repeat the call with ${REPEAT}: true; it will need a new approval.`;
  return notice(id, era, text, facts);
}

/** Not there, or not this caller's: the same bytes. */
export function noSuchApproval(id: MessageId, era: Era): JsonObject {
  return toolText(id, era, 'There is no such approval of yours on this server.', true);
}

export function cancelledAnswer(id: MessageId, era: Era, facts: ApprovalFacts): JsonObject {
  return toolText(id, era, 'Withdrawn: this call will not be made.', false, metaOf(facts));
}

export function tooLateToCancel(id: MessageId, era: Era, facts: ApprovalFacts): JsonObject {
  return notice(id, era, `Too late to withdraw: the request is ${facts.state}.`, facts);
}

/** The kept answer under the id of the call that collects it, with a note on when it ran. */
export function withCollectionNote(result: JsonObject, facts: ApprovalFacts, ranMs: number): JsonObject {
  const { content, resultType = 'complete', _meta } = result;
  const ran = new Date(ranMs).toISOString();
  const text = `(This call ran at ${ran}, under approval ${facts.id}. The same call again gives this same answer.)`;
  const meta = typeof _meta === 'object' && _meta !== null ? _meta : {};
  return {
    ...result,
    // What is no answer yet has no content to add to.
    ...(resultType === 'complete' && { content: [...(Array.isArray(content) ? content : []), { type: 'text', text }] }),
    _meta: { ...meta, ...metaOf(facts), 'sallyport/ranAt': ran },
  };
}

function notice(id: MessageId, era: Era, text: string, facts: ApprovalFacts): JsonObject {
  return toolText(id, era, text, true, metaOf(facts));
}

function toolText(id: MessageId, era: Era, text: string, isError: boolean, meta?: JsonObject): JsonObject {
  const result = {
    ...(era === 'modern' ? { resultType: 'complete' } : {}),
    content: [{ type: 'text', text }],
    isError,
    ...(meta === undefined ? {} : { _meta: meta }),
  };
  return { jsonrpc: '2.0', id, result };
}

/** For programs; models read the text. */
function metaOf({ id, state, expiresMs }: ApprovalFacts): JsonObject {
  return { 'sallyport/approval': { id, state, expiresAt: new Date(expiresMs).toISOString() } };
}

function sentences(reasons: readonly string[]): string {
  return reasons.map((reason) => ` ${reason.replace(/\.$/, '')}.`).join('');
}

function listOf(needs: readonly string[]): string {
  return needs.length === 0 ? 'a person’s approval' : `approval by ${needs.join(' and ')}`;
}
