/**
 * A received message in the worker's typed form: the body as text, whatever its content type, and the trigger metadata
 * under the names that the Service Bus extension gives them (LOCAL-STACK §F). Text goes as text; the rest as JSON. Pure.
 */
import type { ServiceBusReceivedMessage } from '@azure/service-bus';
import type { InvocationInput } from './invocations.ts';

/** .NET's last moment, which stands where a message lives for ever; this client makes up one beyond it. */
const NEVER = '9999-12-31T23:59:59.9999999Z';
const LAST_YEAR = 9_999;

/** The message must have been received without its body parsed. */
export function describeMessage(
  message: ServiceBusReceivedMessage,
  triggerName: string,
): Pick<InvocationInput, 'inputData' | 'triggerMetadata'> {
  return {
    inputData: [{ name: triggerName, data: { string: toText(message.body) } }],
    triggerMetadata: describe(message),
  };
}

function toText(body: unknown): string {
  if (body === undefined || body === null) return '';
  if (Buffer.isBuffer(body)) return body.toString('utf8');
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function describe(message: ServiceBusReceivedMessage): Record<string, object> {
  const enqueued = message.enqueuedTimeUtc?.toISOString();
  const { expiresAtUtc } = message;
  const isMortal = expiresAtUtc !== undefined && expiresAtUtc.getUTCFullYear() <= LAST_YEAR;
  const expires = isMortal ? expiresAtUtc.toISOString() : NEVER;
  const texts = {
    MessageId: message.messageId?.toString(),
    CorrelationId: message.correlationId?.toString(),
    ContentType: message.contentType,
    Subject: message.subject,
    Label: message.subject,
    To: message.to,
    ReplyTo: message.replyTo,
    ReplyToSessionId: message.replyToSessionId,
    SessionId: message.sessionId,
    PartitionKey: message.partitionKey,
    LockToken: message.lockToken,
    DeadLetterSource: message.deadLetterSource,
  };
  const properties = message.applicationProperties ?? {};
  const values = {
    // Counts from 0 in this client, and from 1 in the runtime's.
    DeliveryCount: (message.deliveryCount ?? 0) + 1,
    SequenceNumber: Number(message.sequenceNumber?.toString() ?? 0),
    EnqueuedTime: enqueued,
    EnqueuedTimeUtc: enqueued,
    ExpiresAt: expires,
    ExpiresAtUtc: expires,
    ApplicationProperties: properties,
    UserProperties: properties,
  };
  return {
    ...toTyped(texts, (text) => ({ string: text })),
    ...toTyped(values, (value) => ({ json: JSON.stringify(value) })),
  };
}

/** What is not there has no entry. */
function toTyped<T>(
  values: Readonly<Record<string, T | undefined>>,
  type: (value: T) => object,
): Record<string, object> {
  const entries = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, type(value)]]));
  return Object.fromEntries(entries);
}
