/**
 * One message on its way to the client (DESIGN §2.8–9): shape ▸ mask ▸ record ▸ hand over. Fail closed: what could not be
 * masked or recorded is not delivered, and the caller hears that it is withheld.
 */
import { isObject, type JsonObject } from '../json/value.ts';
import type { Exposure, Masked } from '../masking/masker.ts';
import { asPrivateIfCacheable } from '../mcp/lists.ts';
import {
  isSameId,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  toJson,
} from '../mcp/message.ts';
import type { OutcomeStatus } from '../transcripts/entry.ts';
import { type Trail, withheldMessage } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';

/** Whether this message answers the call that was sent. An error without an id answers it too: the sender could not read ours. */
export function answersCall(message: Message, { awaits }: Outgoing): message is ResponseMessage {
  if (message.kind !== 'response' || awaits === undefined) return false;
  return isSameId(message.id, awaits) || (message.id === null && message.error !== undefined);
}

/** The message that the client gets for an upstream's answer; its outcome is durable by then. */
export async function deliverResponse(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  response: ResponseMessage,
  httpStatus: number,
): Promise<JsonObject> {
  const { id } = response;
  const shaped = response.result ? { ...response, result: outgoing.shape(response.result) } : response;
  const masked = mask(parts, outgoing, toJson(shaped));
  if (!masked) {
    await trail.end({ status: 'withheld', httpStatus, exposure: [], error: { code: 'masking', detail: 'it failed' } });
    return withheldMessage(id);
  }
  const { client, record: message, exposure } = masked;
  if (isUninspectable(outgoing, exposure)) {
    const error = {
      code: 'uninspected',
      detail: 'parts that nobody can look into, on a server that does not allow them',
    };
    await trail.end({ status: 'withheld', httpStatus, message, exposure: withheld(exposure), error });
    return withheldMessage(id);
  }
  const isRecorded = await trail.end({
    status: statusOf(response),
    httpStatus,
    message,
    exposure: toSomebody(outgoing, exposure),
  });
  if (!isRecorded || !isObject(client)) return withheldMessage(id);
  outgoing.release?.keep(masked);
  const { result } = client;
  const isMasked = exposure.some(({ outcome }) => outcome === 'masked');
  return isMasked && isObject(result) ? { ...client, result: asPrivateIfCacheable(result) } : client;
}

/** What the server says before its answer, or besides one: durable before it is flushed; undefined where it must not be. */
export async function deliverEvent(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  message: NotificationMessage | RequestMessage,
): Promise<JsonObject | undefined> {
  const masked = mask(parts, outgoing, toJson(message));
  if (!masked) return undefined;
  if (isUninspectable(outgoing, masked.exposure)) {
    await trail.event({ message: masked.record, exposure: withheld(masked.exposure) });
    return undefined;
  }
  const isRecorded = await trail.event({ message: masked.record, exposure: toSomebody(outgoing, masked.exposure) });
  return isRecorded && isObject(masked.client) ? masked.client : undefined;
}

/** A release delivers to nobody: its exposure happens when its kept answer is collected, and is recorded there. */
function toSomebody({ release }: Outgoing, exposure: readonly Exposure[]): readonly Exposure[] {
  return release === undefined ? exposure : [];
}

const NOTHING_REVEALED: ReadonlySet<string> = new Set();

function mask(parts: CallParts, outgoing: Outgoing, message: JsonObject): Masked | undefined {
  const { admitted } = outgoing;
  const { target } = admitted.facts;
  try {
    return parts.masker.maskMessage(message, {
      server: admitted.server.name,
      ...(target === undefined ? {} : { tool: target }),
      revealed: NOTHING_REVEALED,
    });
  } catch (cause) {
    parts.log('error', 'masking-failed', { callId: admitted.callId }, cause);
    return undefined;
  }
}

/** Images, audio and blobs go only to callers of servers whose configuration says so. */
function isUninspectable({ admitted }: Outgoing, exposure: readonly Exposure[]): boolean {
  return admitted.server.uninspected === 'deny' && exposure.some(({ outcome }) => outcome === 'uninspected');
}

/** Nothing of it was delivered, whatever was found. */
function withheld(exposure: readonly Exposure[]): readonly Exposure[] {
  return exposure.map((found) => ({ ...found, outcome: 'withheld' }));
}

function statusOf(response: ResponseMessage): OutcomeStatus {
  return response.error !== undefined || response.result?.isError === true ? 'error' : 'answered';
}
