/**
 * Every answer that the gateway gives in its own name, for both eras (FACTS §1.13). Texts are for the caller: they say
 * what to do, never why inside. 401 is not made here: it comes from authentication alone, and so does 403 but for blocks.
 */
import type { BlockProblem } from '../identity/blocks/blocks.ts';
import type { Json, JsonObject } from '../json/value.ts';
import type { HttpAnswer } from './http.ts';
import type { MessageId } from './message.ts';
import { ERROR, type Era, LEGACY_VERSIONS, MODERN_VERSIONS } from './protocol.ts';

/** Of a caller's own words, no more than this comes back. */
const MAX_ECHO = 128;

const JSON_HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' } as const;

export function jsonAnswer(status: number, body: Json, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(body) };
}

export function errorMessage(id: MessageId | null, code: number, message: string, data?: Json): JsonObject {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

export function errorAnswer(
  status: number,
  id: MessageId | null,
  code: number,
  message: string,
  data?: Json,
): HttpAnswer {
  return jsonAnswer(status, errorMessage(id, code, message, data));
}

/**
 * To whoever is kept out, or may be. No challenge goes with it: another token would not help, and a client that is sent
 * for one comes back with it at once.
 */
export function blockedAnswer({ code }: Pick<BlockProblem, 'code'>): HttpAnswer {
  if (code === 'blocked') return jsonAnswer(403, { error: 'forbidden' });
  return jsonAnswer(503, { error: 'temporarily unavailable' }, { 'retry-after': RETRY_AFTER_SECONDS });
}

/** By then the blocks are read again. */
const RETRY_AFTER_SECONDS = '5';

/** A server that is not there and one that the caller may not use: the same bytes. */
export function notAvailable(id: MessageId | null, server: string): HttpAnswer {
  return errorAnswer(
    200,
    id,
    ERROR.denied,
    `Server "${server}" is not available to you: policy does not allow it, or it does not exist.`,
  );
}

/** A tool that is not there and one that the caller may not see: the same bytes. */
export function noSuchTool(id: MessageId, tool: string): HttpAnswer {
  return errorAnswer(200, id, ERROR.invalidParams, `Unknown tool: ${tool.slice(0, MAX_ECHO)}`);
}

/** Known to the caller, and refused with these arguments: a tool result, so that a model can read it. */
export function deniedCall(id: MessageId, era: Era, reasons: readonly string[]): HttpAnswer {
  return toolRefusal(id, era, sentence('Denied by policy', reasons, 'This call was not made.'));
}

export function methodNotFound(id: MessageId, era: Era, method: string): HttpAnswer {
  const status = era === 'modern' ? 404 : 200;
  return errorAnswer(status, id, ERROR.methodNotFound, `Method not found: ${method.slice(0, MAX_ECHO)}`);
}

/** `supported` names revisions of the era that was asked for: a client picks its next try from them. */
export function unsupportedVersion(id: MessageId | null, era: Era, requested: string): HttpAnswer {
  if (era === 'legacy') {
    const text = `Bad Request: Unsupported protocol version (supported versions: ${LEGACY_VERSIONS.join(', ')})`;
    return errorAnswer(400, id, ERROR.transport, text);
  }
  const data = { supported: MODERN_VERSIONS, requested: requested.slice(0, MAX_ECHO) };
  return errorAnswer(400, id, ERROR.unsupportedVersion, 'Unsupported protocol version', data);
}

function toolRefusal(id: MessageId, era: Era, text: string): HttpAnswer {
  const result = {
    ...(era === 'modern' ? { resultType: 'complete' } : {}),
    content: [{ type: 'text', text }],
    isError: true,
  };
  return jsonAnswer(200, { jsonrpc: '2.0', id, result });
}

function sentence(lead: string, reasons: readonly string[], end: string): string {
  const why = reasons.length === 0 ? '' : ` ${reasons.map((reason) => `${reason.replace(/\.$/, '')}.`).join(' ')}`;
  return `${lead}.${why} ${end}`;
}
