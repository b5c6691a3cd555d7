/**
 * What is carried between the eras, by name, and the answers that the bridge gives itself. Whatever does not stand here,
 * and no configuration allows, is answered as a method that the server lacks.
 */
import type { ServerConfig } from '../../config/config.ts';
import { isObject, type Json, type JsonObject } from '../../json/value.ts';
import type { MessageId, ResponseMessage } from '../message.ts';
import { ERROR } from '../protocol.ts';
import type { UpstreamAnswer } from '../upstream.ts';

/** The same questions in both eras. */
const METHODS: readonly string[] = [
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
];
const CAPABILITIES: readonly string[] = ['tools', 'resources', 'prompts', 'completions', 'experimental', 'extensions'];
/** Parts of a capability that need the other era's streams, or its tasks. */
const LOST_PARTS: readonly string[] = ['listChanged', 'subscribe', 'io.modelcontextprotocol/tasks'];

export const META_CLIENT_INFO = 'io.modelcontextprotocol/clientInfo';
export const META_SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
export const META_LOG_LEVEL = 'io.modelcontextprotocol/logLevel';
/** Keys of `_meta` that speak of the protocol; those of messages, such as `progressToken`, have no such prefix. */
const PROTOCOL_KEY = 'io.modelcontextprotocol/';

/** Longer names of methods are not repeated to whoever sent them. */
const MAX_ECHO = 128;

export function isCarried(server: ServerConfig, method: string): boolean {
  return METHODS.includes(method) || server.allowMethods.includes(method);
}

/** The capabilities of which something remains; `logging` only toward clients that ask for it with each request. */
export function carriedCapabilities(capabilities: Json | undefined, alsoCarried: readonly string[] = []): JsonObject {
  const kept = Object.entries(objectOr(capabilities)).filter(
    ([name]) => CAPABILITIES.includes(name) || alsoCarried.includes(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, isObject(value) ? without(value, LOST_PARTS) : value]));
}

/** `_meta` with these protocol keys instead of the sender's; no `_meta` where nothing is left. */
export function withMeta(meta: Json | undefined, own: JsonObject = {}): { readonly _meta?: JsonObject } {
  const kept = Object.entries(objectOr(meta)).filter(([key]) => !key.startsWith(PROTOCOL_KEY));
  const whole = { ...Object.fromEntries(kept), ...own };
  return Object.keys(whole).length === 0 ? {} : { _meta: whole };
}

export function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

export function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function resultAnswer(id: MessageId, result: JsonObject): UpstreamAnswer {
  return { status: 200, kind: 'message', message: { kind: 'response', id, result } };
}

export function errorResponse(id: MessageId | null, code: number, message: string): ResponseMessage {
  return { kind: 'response', id, error: { code, message } };
}

export function lackingMethod(id: MessageId, status: 200 | 404, method: string): UpstreamAnswer {
  const text = `Method not found: ${method.slice(0, MAX_ECHO)}`;
  return { status, kind: 'message', message: errorResponse(id, ERROR.methodNotFound, text) };
}

/** A notification is taken, and goes nowhere. */
export const ACCEPTED: UpstreamAnswer = { status: 202, kind: 'empty' };
export const NOT_ALLOWED: UpstreamAnswer = { status: 405, kind: 'empty' };
