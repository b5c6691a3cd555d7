/**
 * One message on its way to the client (DESIGN §2.8–9): shape ▸ mask ▸ record ▸ hand over. Fail closed: what could not be
 * masked or recorded is not delivered, and the caller hears that it is withheld.
 */
import { isObject, type JsonObject } from '../json/value.ts';
import type { Exposure, Masked } from '../masking/masker.ts';
import { MaskingDeadline } from '../masking/pace.ts';
import { asPrivateIfCacheable } from '../mcp/lists.ts';
import {
  isSameId,
  type Message,
  type NotificationMessage,
  type RequestMessage,
  type ResponseMessage,
  toJson,
} from '../mcp/message.ts';
import { err, ok, type Result } from '../result.ts';
import type { OutcomeStatus } from '../transcripts/entry.ts';
import { type Ending, type Trail, withheldMessage } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { CallParts } from './parts.ts';
import { createReveals, type Reveals } from './reveals.ts';

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
  const reveals = createReveals(parts, outgoing.admitted);
  const masked = mask(parts, outgoing, reveals, toJson(shaped));
  if (!masked.ok) {
    await trail.end({ status: 'withheld', httpStatus, exposure: UNREAD, error: masked.error });
    return withheldMessage(id);
  }
  const { client, record: message, exposure } = masked.value;
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
  outgoing.release?.keep(masked.value, reveals.shown);
  const { result } = client;
  const isMasked = exposure.some(({ outcome }) => outcome === 'masked');
  return isMasked && isObject(result) ? { ...client, result: asPrivateIfCacheable(result) } : client;
}

/**
 * What the server says before its answer, or besides one: durable before it is flushed; undefined where it must not be.
 * `isCarried`: whether it will be handed on at all.
 */
export async function deliverEvent(
  parts: CallParts,
  outgoing: Outgoing,
  trail: Trail,
  message: NotificationMessage | RequestMessage,
  isCarried: boolean,
): Promise<JsonObject | undefined> {
  const masked = mask(parts, outgoing, createReveals(parts, outgoing.admitted), toJson(message));
  if (!masked.ok) {
    await trail.event({ message: WITHHELD, exposure: UNREAD });
    return undefined;
  }
  const { client, record, exposure } = masked.value;
  if (isUninspectable(outgoing, exposure)) {
    await trail.event({ message: record, exposure: withheld(exposure) });
    return undefined;
  }
  const delivered = isCarried ? toSomebody(outgoing, exposure) : withheld(exposure);
  const isRecorded = await trail.event({ message: record, exposure: delivered });
  return isRecorded && isObject(client) ? client : undefined;
}

/** A release delivers to nobody: its exposure happens when its kept answer is collected, and is recorded there. */
function toSomebody({ release }: Outgoing, exposure: readonly Exposure[]): readonly Exposure[] {
  return release === undefined ? exposure : [];
}

/** Of a message that could not be looked through, nobody can say what stood in it: one whole message was withheld. */
const UNREAD: readonly Exposure[] = [{ class: 'unread', outcome: 'withheld', count: 1 }];
const WITHHELD = '[withheld]';

type Unmasked = NonNullable<Ending['error']>;

function mask(parts: CallParts, outgoing: Outgoing, revealed: Reveals, message: JsonObject): Result<Masked, Unmasked> {
  const { admitted } = outgoing;
  const { target } = admitted.facts;
  try {
    const { name: server, uninspected } = admitted.server;
    const tool = target === undefined ? {} : { tool: target };
    const about = { server, ...tool, revealed, uninspected };
    return ok(admitted.trace.stage('mask', () => parts.masker.maskMessage(message, about)));
  } catch (cause) {
    parts.log('error', 'masking-failed', { callId: admitted.callId }, cause);
    return err({ code: 'masking', detail: whyNot(cause) });
  }
}

/** For the record: the deadline is for the operator to raise, the rest is for whoever reads the log. */
function whyNot(cause: unknown): string {
  return cause instanceof MaskingDeadline ? cause.message : 'it failed';
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
