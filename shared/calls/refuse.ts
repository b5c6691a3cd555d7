/**
 * A refusal is recorded, then answered (DESIGN §2: refusals are recorded too). The answer stands even where the record
 * fails: refusing needs no record to be safe, and a store that is down must not turn a no into a wait.
 */
import type { HttpAnswer } from '../mcp/http.ts';
import type { Entry, SessionRef } from '../transcripts/entry.ts';
import type { CallParts } from './parts.ts';
import { type Arrival, recordText } from './received.ts';
import { gatewaySession } from './session.ts';

type Refusal = Omit<Extract<Entry, { kind: 'refusal' }>, 'kind' | 'address'>;

export async function refuse(
  parts: CallParts,
  arrival: Arrival,
  refusal: Refusal,
  answer: HttpAnswer,
  session?: SessionRef,
): Promise<HttpAnswer> {
  const where = session ?? gatewaySession(parts.keyring, parts.config, arrival.receivedMs);
  try {
    await parts.recorder.record(where, {
      kind: 'refusal',
      address: arrival.address,
      ...refusal,
      detail: recordText(parts, refusal.detail),
    });
  } catch (cause) {
    parts.log('error', 'refusal-not-recorded', { callId: arrival.callId, code: refusal.code }, cause);
  }
  return answer;
}
