/**
 * What `exchange` sends: a message (or a GET, a DELETE) that policy let through, and what is done to its result.
 */
import type { JsonObject } from '../json/value.ts';
import type { NotificationMessage, RequestMessage } from '../mcp/message.ts';
import type { DecisionFacts } from '../transcripts/entry.ts';
import type { Admitted } from './received.ts';

/** What is done to a result before it is masked: lists are cut, capabilities trimmed. */
export type Shape = (result: JsonObject) => JsonObject;

export interface Outgoing {
  readonly admitted: Admitted;
  readonly verb: 'POST' | 'GET' | 'DELETE';
  /** Absent for GET and DELETE. */
  readonly message?: RequestMessage | NotificationMessage;
  readonly decision: DecisionFacts;
  readonly shape: Shape;
}
