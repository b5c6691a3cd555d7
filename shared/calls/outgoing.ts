/**
 * What `exchange` sends: a message (or a GET, a DELETE) that policy let through, and what is done to its result.
 */
import type { JsonObject } from '../json/value.ts';
import type { Masked } from '../masking/masker.ts';
import type { Message, MessageId, RequestMessage } from '../mcp/message.ts';
import type { DecisionFacts, OutcomeStatus } from '../transcripts/entry.ts';
import type { Admitted } from './received.ts';

/** What is done to a result before it is masked: lists are cut, states and task ids sealed. */
export type Shape = (result: JsonObject) => JsonObject;

export interface Outgoing {
  readonly admitted: Admitted;
  readonly verb: 'POST' | 'GET' | 'DELETE';
  /** As the client sent it, for the record; absent for GET and DELETE. */
  readonly message?: Message;
  /** What goes to the upstream instead: the same, with our handles replaced by its own. */
  readonly sent?: RequestMessage;
  /** The request whose answer ends this: of the message, or of the one that a GET resumes. */
  readonly awaits?: MessageId;
  /** GET only: the upstream's event id to resume after. */
  readonly lastEventId?: string;
  /** How long it may take, milliseconds. */
  readonly lifetimeMs: number;
  /** A stream of notices: it ends with its lifetime, and that is no failure. */
  readonly isStream: boolean;
  readonly decision: DecisionFacts;
  readonly shape: Shape;
  /** The agent's own words, masked. */
  readonly justification?: string;
  readonly release?: Release;
}

/** Of an approved call (DESIGN §5): nobody waits at the other end, so its answer is kept instead of delivered. */
export interface Release {
  readonly approval: string;
  /** Writes `sent` just before the first upstream byte; false: nothing may be sent. */
  markSent(): Promise<boolean>;
  /** The answer in both forms, once its outcome is durable, and the classes that policy revealed in it. */
  keep(kept: Masked, revealed: readonly string[]): void;
  /** How it ended, and whether that is on record. */
  ended(status: OutcomeStatus, isRecorded: boolean): void;
}
