/**
 * One JSON-RPC 2.0 message, read once (DESIGN §2.2). Nothing but the members of the specification may stand in its
 * envelope, so that no two readers can take it for different messages. Batches are not messages.
 */
import { type JsonProblem, parseJson, parseJsonBytes } from '../json/parse.ts';
import { type ExactNumber, isExactNumber, isObject, type Json, type JsonObject } from '../json/value.ts';
import { err, ok, type Result } from '../result.ts';
import { findMisspeltParam } from './param-names.ts';

export type MessageId = string | number | ExactNumber;

export interface RequestMessage {
  readonly kind: 'request';
  readonly id: MessageId;
  readonly method: string;
  readonly params: JsonObject | undefined;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject | undefined;
}

/** An answer to a request: exactly one of `result` and `error`. */
export interface ResponseMessage {
  readonly kind: 'response';
  /** `null` only with an error that could not be tied to a request. */
  readonly id: MessageId | null;
  readonly result?: JsonObject;
  readonly error?: JsonObject;
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage;

export type MessageProblem =
  | JsonProblem
  | { readonly code: 'batch' }
  | { readonly code: 'not-a-message'; readonly detail: string };

/** Ids and method names longer than this are nobody's honest traffic. */
const MAX_NAME_LENGTH = 1024;

const REQUEST_MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params']);
const RESPONSE_MEMBERS = new Set(['jsonrpc', 'id', 'result', 'error']);

/**
 * Reads what a client sent. Keys that differ only in case count as duplicates here:
 * an upstream that folds case would otherwise read another message than policy did.
 */
export function readClientMessage(bytes: Uint8Array, depth: number): Result<Message, MessageProblem> {
  const parsed = parseJsonBytes(bytes, { depth, foldCase: true });
  const message = parsed.ok ? toMessage(parsed.value) : parsed;
  const params = message.ok && message.value.kind !== 'response' ? message.value.params : undefined;
  if (params !== undefined && findMisspeltParam(params) !== undefined) {
    return notAMessage('a parameter’s name differs from the protocol’s only in case');
  }
  return message;
}

/** Reads what an upstream sent. */
export function readServerMessage(bytes: Uint8Array, depth: number): Result<Message, MessageProblem> {
  const parsed = parseJsonBytes(bytes, { depth });
  return parsed.ok ? toMessage(parsed.value) : parsed;
}

/** The same for what is text already: an event's data. */
export function readServerText(text: string, depth: number): Result<Message, MessageProblem> {
  const parsed = parseJson(text, { depth });
  return parsed.ok ? toMessage(parsed.value) : parsed;
}

export function toMessage(value: Json): Result<Message, MessageProblem> {
  if (Array.isArray(value)) return err({ code: 'batch' });
  if (!isObject(value)) return notAMessage('not an object');
  if (value.jsonrpc !== '2.0') return notAMessage('jsonrpc is not "2.0"');
  return 'method' in value ? toCall(value) : toResponse(value);
}

/** The message as JSON again; member order is ours. */
export function toJson(message: Message): JsonObject {
  switch (message.kind) {
    case 'request':
      return { jsonrpc: '2.0', id: message.id, method: message.method, ...paramsOf(message.params) };
    case 'notification':
      return { jsonrpc: '2.0', method: message.method, ...paramsOf(message.params) };
    case 'response':
      return {
        jsonrpc: '2.0',
        id: message.id,
        ...(message.result === undefined ? { error: message.error ?? {} } : { result: message.result }),
      };
  }
}

/** Two ids are one id only if their JSON is the same: 1 and "1" are not. */
export function isSameId(left: MessageId | null, right: MessageId | null): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function toCall(value: JsonObject): Result<Message, MessageProblem> {
  const foreign = Object.keys(value).find((key) => !REQUEST_MEMBERS.has(key));
  if (foreign !== undefined) return notAMessage('a member that is not part of a request');
  const { id, method, params } = value;
  if (typeof method !== 'string' || method.length === 0 || method.length > MAX_NAME_LENGTH) {
    return notAMessage('method is not a name');
  }
  if (params !== undefined && !isObject(params)) return notAMessage('params is not an object');
  if (!('id' in value)) return ok({ kind: 'notification', method, params });
  if (!isMessageId(id)) return notAMessage('id is neither a string nor an integer');
  return ok({ kind: 'request', id, method, params });
}

function toResponse(value: JsonObject): Result<Message, MessageProblem> {
  const foreign = Object.keys(value).find((key) => !RESPONSE_MEMBERS.has(key));
  if (foreign !== undefined) return notAMessage('a member that is not part of a response');
  const { id = null, result, error } = value;
  if (isObject(result) && !('error' in value) && isMessageId(id)) return ok({ kind: 'response', id, result });
  if (isObject(error) && !('result' in value) && (id === null || isMessageId(id))) {
    return ok({ kind: 'response', id, error });
  }
  return notAMessage('neither a request, a notification nor a response');
}

function isMessageId(id: Json | undefined): id is MessageId {
  if (typeof id === 'string') return id.length <= MAX_NAME_LENGTH;
  if (typeof id === 'number') return Number.isInteger(id);
  return isExactNumber(id) && id.rawJSON.length <= MAX_NAME_LENGTH && /^-?\d+$/.test(id.rawJSON);
}

function paramsOf(params: JsonObject | undefined): { params?: JsonObject } {
  return params === undefined ? {} : { params };
}

function notAMessage(detail: string): Result<never, MessageProblem> {
  return err({ code: 'not-a-message', detail });
}
