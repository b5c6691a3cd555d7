/**
 * What `decide` says of a message: it goes on, perhaps with a handle opened and a shape for its result, or it is refused
 * with the answer of its kind.
 */
import type { JsonObject } from '../json/value.ts';
import type { AWAIT_TOOL, CANCEL_TOOL } from '../mcp/hold-tools.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import type { RequestMessage } from '../mcp/message.ts';
import type { Decision } from '../policy/engine.ts';
import type { DecisionFacts } from '../transcripts/entry.ts';
import type { Shape } from './outgoing.ts';

export interface Goes {
  readonly goes: true;
  readonly decision: DecisionFacts;
  readonly shape: Shape;
  /** What is sent instead of the client's message: the same, with our handles replaced by the upstream's. */
  readonly sent?: RequestMessage;
  /** The agent's own words, masked: recorded with the call. */
  readonly justification?: string;
}

export interface Refused {
  readonly goes: false;
  readonly code: string;
  readonly detail: string;
  readonly decision?: DecisionFacts;
  readonly justification?: string;
  readonly answer: HttpAnswer;
}

/** Policy would allow it with approvals: it is held (DESIGN §5). */
export interface Held {
  readonly goes: 'held';
  readonly tool: string;
  readonly toolDigest: string;
  /** As they will be sent, without what the gateway injected. */
  readonly params: JsonObject;
  readonly decision: DecisionFacts;
  readonly justification?: string;
  readonly repeat: boolean;
}

/** A call of one of the gateway's own tools. */
export interface OwnToolCall {
  readonly goes: 'own';
  readonly tool: typeof AWAIT_TOOL | typeof CANCEL_TOOL;
  readonly approval: string;
}

/** A request about the task that a held call became; its id is the approval's, so no upstream task can be meant. */
export interface ApprovalTaskCall {
  readonly goes: 'task';
  readonly approval: string;
}

export type Ruling = Goes | Refused | Held | OwnToolCall | ApprovalTaskCall;

export const ALLOWED: DecisionFacts = { verdict: 'allow', policies: [] };

export function asItIs<T>(value: T): T {
  return value;
}

export function factsOfDecision(said: Decision): DecisionFacts {
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
