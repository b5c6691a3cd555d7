/**
 * What a client sent → a request that routes can trust (DESIGN §2.2): the body read once, within bounds, by the strict
 * reader, and written anew, so that no route sees a duplicate key or bytes that nobody judged. Of the headers nothing
 * goes on but the type of that body: a route can't see the token.
 */
import { parseJsonBytes } from '../json/parse.ts';
import { readBody } from '../mcp/body.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { err, ok, type Result } from '../result.ts';
import { errorAnswer } from './api-error.ts';

/** A decision is a few hundred bytes. */
const MAX_BODY_BYTES = 64 * 1_024;
const MAX_DEPTH = 8;

/** Routes go by the path: whatever `Host` or user name stood before it says nothing here (RFC 2606). */
const NO_HOST = 'http://sallyport.invalid';

/** `deadline`: when it aborts, a body that is still on its way is given up. */
export async function readRequest(
  { method, headers, body, signal }: HttpCall,
  { pathname, search }: URL,
  deadline: AbortSignal,
): Promise<Result<Request, HttpAnswer>> {
  const url = `${NO_HOST}${pathname}${search}`;
  if (method === 'GET' || method === 'HEAD') return ok(new Request(url, { method, signal }));
  const bytes = await readBody(body, MAX_BODY_BYTES, deadline);
  if (!bytes.ok) return err(refuseBody(bytes.error.code));
  if (bytes.value.byteLength === 0) return ok(new Request(url, { method, signal }));
  if (!isJson(headers)) return err(errorAnswer(415, 'media-type', 'The body must be application/json.'));
  const json = parseJsonBytes(bytes.value, { depth: MAX_DEPTH });
  if (!json.ok) return err(errorAnswer(400, 'json', `The body is no acceptable JSON: ${json.error.code}.`));
  const written = { 'content-type': 'application/json' };
  return ok(new Request(url, { method, signal, headers: written, body: JSON.stringify(json.value) }));
}

function refuseBody(problem: 'too-large' | 'broken-off' | 'too-slow'): HttpAnswer {
  switch (problem) {
    case 'too-large':
      return errorAnswer(413, 'too-large', `The body must be at most ${MAX_BODY_BYTES} bytes.`);
    case 'too-slow':
      return errorAnswer(408, 'too-slow', 'The body did not arrive in time.');
    case 'broken-off':
      return errorAnswer(400, 'broken-off', 'The body broke off.');
  }
}

function isJson(headers: Headers): boolean {
  const encoding = headers.get('content-encoding') ?? 'identity';
  const type = headers.get('content-type') ?? '';
  return encoding === 'identity' && /^application\/json *(; *charset="?utf-8"?)? *$/i.test(type);
}
