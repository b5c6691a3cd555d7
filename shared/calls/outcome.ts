/**
 * The second half of a call's record (DESIGN §2.9): written once, before the client sees anything of the answer.
 * Nothing here throws: whoever asks learns whether the record stands.
 */

import type { UpstreamCredential } from '../credentials/broker.ts';
import type { JsonObject } from '../json/value.ts';
import { errorMessage } from '../mcp/answers.ts';
import type { MessageId } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { SseProblem } from '../mcp/sse.ts';
import { UpstreamFailure } from '../mcp/upstream.ts';
import type { Entry, SessionRef } from '../transcripts/entry.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import type { Admitted } from './received.ts';
import { CallerBlocked } from './watch-caller.ts';

type OutcomeEntry = Extract<Entry, { kind: 'outcome' }>;
type EventEntry = Extract<Entry, { kind: 'event' }>;
export type Ending = Pick<OutcomeEntry, 'status' | 'httpStatus' | 'message' | 'exposure' | 'error'>;

export interface Trail {
  /** Writes the outcome; true once it is durable. A second call is ignored: a call has one outcome. */
  end(ending: Ending): Promise<boolean>;
  /** Writes one event of a stream; true once it is durable. */
  event(event: Pick<EventEntry, 'message' | 'exposure'>): Promise<boolean>;
  readonly hasEnded: boolean;
}

export function createTrail(
  parts: CallParts,
  { admitted, release }: Outgoing,
  credential: UpstreamCredential | undefined,
): Trail {
  const { callId, session, trace } = admitted;
  let hasEnded = false;
  const facts = credential && { credential: { secret: credential.secret, version: credential.version } };
  return {
    get hasEnded() {
      return hasEnded;
    },
    async end(ending) {
      if (hasEnded) return false;
      hasEnded = true;
      const durationMs = Math.round(parts.nowMs() - admitted.receivedMs);
      trace.note({ outcome: ending.status });
      const entry: OutcomeEntry = { kind: 'outcome', callId, durationMs, ...facts, ...ending };
      const isRecorded = await trace.stage('record-outcome', () => record(parts, session, entry));
      release?.ended(ending.status, isRecorded);
      return isRecorded;
    },
    event: (event) => record(parts, session, { kind: 'event', callId, ...event }),
  };
}

async function record(parts: CallParts, session: SessionRef, entry: OutcomeEntry | EventEntry): Promise<boolean> {
  try {
    await parts.recorder.record(session, entry);
    return true;
  } catch (cause) {
    parts.log('error', 'outcome-not-recorded', { callId: entry.callId, kind: entry.kind }, cause);
    return false;
  }
}

/** What an exception on the way to the upstream or back means for the call. */
export function endingOf(cause: unknown, admitted: Admitted): Ending {
  const exposure: Ending['exposure'] = [];
  const { aborted: isGone, reason } = admitted.http.signal;
  if (isGone && reason instanceof CallerBlocked) return { status: 'abandoned', exposure, error: reason.problem };
  if (isGone) {
    return { status: 'abandoned', exposure, error: { code: 'client-gone', detail: 'the client went away' } };
  }
  if (cause instanceof UpstreamFailure) {
    const status = cause.mayHaveRun ? 'unknown' : 'failed';
    const httpStatus = cause.status === undefined ? {} : { httpStatus: cause.status };
    return { status, ...httpStatus, exposure, error: { code: cause.code, detail: cause.message } };
  }
  if (cause instanceof SseProblem) {
    return { status: 'withheld', exposure, error: { code: 'stream', detail: cause.message } };
  }
  const isDeadline = cause instanceof Error && cause.name === 'TimeoutError';
  const code = isDeadline ? 'deadline' : 'internal';
  return { status: 'unknown', exposure, error: { code, detail: isDeadline ? 'no answer in time' : 'unexpected' } };
}

/** What the caller hears of an ending that brought no answer. */
export function endingMessage(id: MessageId | null, ending: Ending): JsonObject {
  switch (ending.status) {
    case 'withheld':
      return withheldMessage(id);
    case 'unknown':
    case 'abandoned': {
      const text = 'The server did not answer. Whether the call took effect is not known: check before repeating it.';
      return errorMessage(id, ERROR.upstreamFailed, text);
    }
    default:
      return errorMessage(id, ERROR.upstreamFailed, 'The server could not be reached through the gateway.');
  }
}

export function withheldMessage(id: MessageId | null): JsonObject {
  return errorMessage(id, ERROR.withheld, 'The answer is withheld: it could not be inspected or recorded.');
}
