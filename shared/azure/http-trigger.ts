/**
 * Between an HTTP trigger and the gateway: a Functions request becomes an `HttpCall`, an `HttpAnswer` its response, both
 * as streams. Whatever goes wrong is answered, since in stream mode a handler that throws, returns nothing, or returns
 * what cannot be sent would leave its client waiting (LOCAL-STACK §A2). Outside a failure is a bare 500; the log has it.
 */
import { validateHeaderValue } from 'node:http';
import { type HttpHandler, type HttpRequest, HttpResponse } from '@azure/functions';
import type { Log } from '../log.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { guardBody } from './guarded-body.ts';
import type { Connection, StreamCure } from './stream-cure.ts';

export interface Invocation {
  readonly id: string;
  /** Names the invocation in each line; may be used after the handler has returned. */
  readonly log: Log;
}

export type AnswerHttp = (call: HttpCall, invocation: Invocation) => Promise<HttpAnswer>;

/** With streaming off the call's signal never aborts, and the library reads the answer's body whole. */
export function httpHandler(answer: AnswerHttp, cure: StreamCure): HttpHandler {
  return async (request, context) => {
    const { invocationId, functionName } = context;
    const log: Log = (level, event, facts, cause) =>
      cure.log(level, event, { ...facts, function: functionName, invocation: invocationId }, cause);
    const connection = cure.connectionOf(context);
    try {
      const answered = await answer(toCall(request, connection.signal), { id: invocationId, log });
      return toResponse(answered, connection, (cause) => log('error', 'http-body-failed', {}, cause));
    } catch (cause) {
      log('error', 'http-handler-failed', {}, cause);
      return new HttpResponse({ status: 500 });
    }
  };
}

function toCall(request: HttpRequest, signal: AbortSignal): HttpCall {
  const { method, url, headers, params, body } = request;
  return { method, url, headers, params, body, signal };
}

/** A response of these statuses has no body (Fetch standard): the library would leave a stream unread. */
const bodiless = new Set([204, 205, 304]);

/** Throws on what the library could not send, while an answer can still be given. */
function toResponse(answer: HttpAnswer, connection: Connection, onBodyFailure: (cause: unknown) => void): HttpResponse {
  const { status, headers, body } = answer;
  const stream = body instanceof ReadableStream ? guardBody(body, connection, onBodyFailure) : undefined;
  try {
    for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, value);
    const response = new HttpResponse({ status, headers, body: stream ?? toBytes(body) });
    if (bodiless.has(status)) void stream?.cancel();
    return response;
  } catch (cause) {
    void stream?.cancel();
    throw cause;
  }
}

/** For a string the library would add a Content-Type of its own. */
function toBytes(body: HttpAnswer['body']): Uint8Array | undefined {
  return typeof body === 'string' ? Buffer.from(body) : body instanceof Uint8Array ? body : undefined;
}
