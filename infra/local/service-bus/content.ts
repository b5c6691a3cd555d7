/**
 * Messages as they are kept: encoded AMQP, with what the broker must know read out once, and what the broker says
 * written in when one leaves. Does not keep the exact AMQP number types of what a client sent: `rhea` encodes anew.
 */
import { randomUUID } from 'node:crypto';
import rhea from 'rhea';
import codec from 'rhea/lib/message.js';
import type { WireMessage } from './wire.ts';

export interface Intake {
  readonly content: Buffer;
  readonly messageId: string;
  readonly timeToLiveMs: number | undefined;
  /** Absent: at once. */
  readonly scheduledMs: number | undefined;
}

/** What the broker knows about a message that leaves. */
export interface Stamp {
  readonly sequence: number;
  readonly state: number;
  readonly deliveryCount: number;
  readonly enqueuedMs: number;
  readonly scheduledMs: number | null;
  readonly lockedUntilMs: number | null;
  readonly deadLetterSource: string | null;
}

/** A message without an id gets one: the SDK's lock renewal needs it. */
export function readIntake(message: WireMessage): Intake {
  const messageId = message.message_id === undefined ? randomUUID() : String(message.message_id);
  const scheduled = message.message_annotations?.['x-opt-scheduled-enqueue-time'];
  return {
    content: codec.encode({ ...message, message_id: messageId }),
    messageId,
    timeToLiveMs: typeof message.ttl === 'number' ? message.ttl : undefined,
    scheduledMs: scheduled === undefined ? undefined : Number(scheduled),
  };
}

export function decodeMessage(content: Buffer): WireMessage {
  return codec.decode(content);
}

/** The messages in one transfer of the batch format: data sections, each an encoded message. */
export function decodeBatch(content: Buffer): WireMessage[] {
  const { body } = decodeMessage(content);
  const sections: unknown = body && typeof body === 'object' && 'content' in body ? body.content : [];
  const parts: unknown[] = Array.isArray(sections) ? sections : [sections];
  return parts.filter((part) => Buffer.isBuffer(part)).map(decodeMessage);
}

export function stampContent(content: Buffer, stamp: Stamp): Buffer {
  const message = decodeMessage(content);
  const { types } = rhea;
  return codec.encode({
    ...message,
    delivery_count: stamp.deliveryCount,
    message_annotations: {
      ...message.message_annotations,
      'x-opt-sequence-number': types.wrap_long(stamp.sequence),
      'x-opt-enqueue-sequence-number': types.wrap_long(stamp.sequence),
      'x-opt-enqueued-time': new Date(stamp.enqueuedMs),
      'x-opt-message-state': types.wrap_int(stamp.state),
      ...(stamp.scheduledMs !== null && { 'x-opt-scheduled-enqueue-time': new Date(stamp.scheduledMs) }),
      ...(stamp.lockedUntilMs !== null && { 'x-opt-locked-until': new Date(stamp.lockedUntilMs) }),
      ...(stamp.deadLetterSource !== null && { 'x-opt-deadletter-source': stamp.deadLetterSource }),
    },
  });
}

/** The same message with these application properties set. */
export function withProperties(content: Buffer, properties: Record<string, unknown>): Buffer {
  if (Object.keys(properties).length === 0) return content;
  const message = decodeMessage(content);
  return codec.encode({ ...message, application_properties: { ...message.application_properties, ...properties } });
}
