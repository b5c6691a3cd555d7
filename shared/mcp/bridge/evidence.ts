/**
 * Answers that only a server of the other era gives, so that the message may be sent again in that era: each of them is
 * made before a message is dispatched. Where a second run would do harm, nothing less than the words of a handshake counts.
 */
import { isArray, isObject, type Json, type JsonObject } from '../../json/value.ts';
import { isSameId, type RequestMessage, type ResponseMessage } from '../message.ts';
import { ERROR, LEGACY_VERSIONS, MODERN_VERSIONS } from '../protocol.ts';

/** Reading twice does no harm; anything else might be a second run. */
const HARMLESS = /^(?:server\/discover|initialize|ping|completion\/complete|.+\/(?:list|read|get))$/;

/** What earlier revisions' servers say of a request without their session, or of a revision they do not know. */
const SESSION_WORDS = /session|initiali[sz]ed|protocol version/i;
const ENVELOPE_WORDS = /_meta|envelope|io\.modelcontextprotocol/i;

/** The codes that legacy transports refuse with, before they look at the method. */
const LEGACY_REFUSALS: readonly Json[] = [ERROR.transport, ERROR.invalidRequest, ERROR.sessionNotFound];

/** Whether a legacy-only server refused this modern request. */
export function refusesModern(request: RequestMessage, status: number, response: ResponseMessage): boolean {
  const { error } = response;
  if (error === undefined) return false;
  if (error.code === ERROR.unsupportedVersion) return !names(error, MODERN_VERSIONS);
  if (request.method === 'server/discover' && error.code === ERROR.methodNotFound) return true;
  return isTurnedAway(request, status, response);
}

/**
 * Whether a legacy transport turned a request away before any handler saw it: 400 or 404, a code of transports, not the
 * request's id, which a handler's error always bears, and, where it matters, words of a session that is not known.
 */
export function isTurnedAway(request: RequestMessage, status: number, { id, error }: ResponseMessage): boolean {
  if (error === undefined || (status !== 400 && status !== 404)) return false;
  if (!LEGACY_REFUSALS.includes(error.code ?? null) || isSameId(id, request.id)) return false;
  return HARMLESS.test(request.method) || SESSION_WORDS.test(textOf(error));
}

/** Whether a modern-only server refused this legacy request. */
export function refusesLegacy(request: RequestMessage, status: number, { error }: ResponseMessage): boolean {
  if (error === undefined) return false;
  if (error.code === ERROR.unsupportedVersion) return !names(error, LEGACY_VERSIONS);
  if (request.method === 'initialize' && error.code === ERROR.methodNotFound) return true;
  return status === 400 && error.code === ERROR.invalidParams && ENVELOPE_WORDS.test(textOf(error));
}

/** A refusal that is no message of the protocol: 400 to a question that did nothing. */
export function mayRefuseEra(request: RequestMessage, status: number | undefined): boolean {
  const isProbe = request.method === 'server/discover' || request.method === 'initialize';
  return HARMLESS.test(request.method) && (status === 400 || (isProbe && (status === 404 || status === 405)));
}

function names(error: JsonObject, versions: readonly string[]): boolean {
  const supported = isObject(error.data) ? error.data.supported : undefined;
  return isArray(supported) && versions.some((version) => supported.includes(version));
}

function textOf({ message }: JsonObject): string {
  return typeof message === 'string' ? message : '';
}
