/**
 * What `decide` says of a message: it goes on, perhaps with a handle opened and a shape for its result, or it is refused
 * with the answer of its kind.
 */
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
}

export interface Refused {
  readonly goes: false;
  readonly code: string;
  readonly detail: string;
  readonly decision?: DecisionFacts;
  readonly answer: HttpAnswer;
}

export type Ruling = Goes | Refused;

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
