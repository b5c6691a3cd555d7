/**
 * A queue's `$management` node: peek, renew, schedule, cancel, receive deferred messages, settle without a link.
 * Does not imitate sessions or rules; what it does not know is answered with 501.
 */
import rhea from 'rhea';
import { z } from 'zod';
import { decodeMessage, readIntake } from './content.ts';
import type { Operation } from './faults.ts';
import { fromUuidBytes } from './lock-token.ts';
import type { Queue, Settlement } from './queue.ts';
import type { WireMessage } from './wire.ts';

export interface ManagementAnswer {
  readonly status: number;
  readonly body?: object;
  /** AMQP error condition, when it failed. */
  readonly condition?: string;
}

/** An operation that is understood and not yet done. */
export interface ManagementStep {
  readonly operation: Operation;
  act(): ManagementAnswer;
}

const bytes = z.custom<Buffer>(Buffer.isBuffer);
/** A long comes as a number, or as its eight bytes when it is large or in an array. */
const sequence = z.union([z.number(), bytes.transform((long) => Number(long.readBigInt64BE()))]);
const peekBody = z.object({ 'from-sequence-number': sequence, 'message-count': z.int().positive() });
const tokensBody = z.object({ 'lock-tokens': z.array(bytes.transform(fromUuidBytes)) });
const scheduleBody = z.object({ messages: z.array(z.object({ message: bytes })) });
const sequencesBody = z.object({ 'sequence-numbers': z.array(sequence) });
const settleBody = tokensBody.extend({
  'disposition-status': z.enum(['completed', 'abandoned', 'defered', 'suspended']),
  'deadletter-reason': z.string().optional(),
  'deadletter-description': z.string().optional(),
  'properties-to-modify': z.record(z.string(), z.unknown()).optional(),
});

const longArray = 0x81;
const timestampArray = 0x83;

const lockLost: ManagementAnswer = { status: 410, condition: 'com.microsoft:message-lock-lost' };
const notFound: ManagementAnswer = { status: 404, condition: 'com.microsoft:message-not-found' };

/** Undefined: no such operation, or not with this body. */
export function readManagementStep(queue: Queue, request: WireMessage): ManagementStep | undefined {
  const { body } = request;
  switch (request.application_properties?.operation) {
    case 'com.microsoft:peek-message':
      return toStep('peek', peekBody.safeParse(body), (data) => peek(queue, data));
    case 'com.microsoft:renew-lock':
      return toStep('renew', tokensBody.safeParse(body), (data) => renew(queue, data['lock-tokens']));
    case 'com.microsoft:schedule-message':
      return toStep('schedule', scheduleBody.safeParse(body), (data) => schedule(queue, data.messages));
    case 'com.microsoft:cancel-scheduled-message':
      return toStep('cancel', sequencesBody.safeParse(body), (data) => cancel(queue, data['sequence-numbers']));
    case 'com.microsoft:receive-by-sequence-number':
      return toStep('receive-deferred', sequencesBody.safeParse(body), (data) =>
        receive(queue, data['sequence-numbers']),
      );
    case 'com.microsoft:update-disposition':
      return toStep('settle', settleBody.safeParse(body), (data) => settle(queue, data));
    default:
      return undefined;
  }
}

function toStep<T>(
  operation: Operation,
  parsed: z.ZodSafeParseResult<T>,
  act: (data: T) => ManagementAnswer,
): ManagementStep | undefined {
  return parsed.success ? { operation, act: () => act(parsed.data) } : undefined;
}

function peek(queue: Queue, body: z.infer<typeof peekBody>): ManagementAnswer {
  const found = queue.peek(body['from-sequence-number'], body['message-count']);
  if (found.length === 0) return { status: 204 };
  return { status: 200, body: { messages: found.map((message) => ({ message })) } };
}

function renew(queue: Queue, tokens: readonly string[]): ManagementAnswer {
  const untilMs = tokens.map((token) => queue.renew(token)).filter((until) => until !== undefined);
  if (untilMs.length < tokens.length) return lockLost;
  return { status: 200, body: { expirations: rhea.types.wrap_array(untilMs, timestampArray, undefined) } };
}

function schedule(queue: Queue, messages: readonly { readonly message: Buffer }[]): ManagementAnswer {
  const sequences = queue.send(messages.map(({ message }) => readIntake(decodeMessage(message))));
  return { status: 200, body: { 'sequence-numbers': rhea.types.wrap_array(sequences, longArray, undefined) } };
}

function cancel(queue: Queue, sequences: readonly number[]): ManagementAnswer {
  return queue.cancel(sequences) ? { status: 200 } : notFound;
}

function receive(queue: Queue, sequences: readonly number[]): ManagementAnswer {
  const locked = queue.lockDeferred(sequences);
  if (!locked) return notFound;
  const messages = locked.map(({ token, content }) => ({
    message: content,
    'lock-token': rhea.types.wrap_uuid(Buffer.from(token.replaceAll('-', ''), 'hex')),
  }));
  return { status: 200, body: { messages } };
}

function settle(queue: Queue, body: z.infer<typeof settleBody>): ManagementAnswer {
  const settlement = readSettlement(body);
  const isHeld = body['lock-tokens'].map((token) => queue.settle(token, settlement)).every(Boolean);
  return isHeld ? { status: 200 } : lockLost;
}

function readSettlement(body: z.infer<typeof settleBody>): Settlement {
  const properties = body['properties-to-modify'] ?? {};
  switch (body['disposition-status']) {
    case 'completed':
      return { kind: 'complete' };
    case 'abandoned':
      return { kind: 'abandon', properties };
    case 'defered':
      return { kind: 'defer', properties };
    case 'suspended': {
      const reason = body['deadletter-reason'];
      const description = body['deadletter-description'];
      return {
        kind: 'dead-letter',
        properties: {
          ...properties,
          ...(reason !== undefined && { DeadLetterReason: reason }),
          ...(description !== undefined && { DeadLetterErrorDescription: description }),
        },
      };
    }
  }
}
