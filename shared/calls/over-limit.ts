/**
 * What a caller hears who is over a limit: 429 where it is their own doing, 503 where the server is full, 431 for
 * headers; always when to come again. It is said before the message is read, so it names no request.
 */
import type { LimitCode, OverLimit } from '../limits/limiter.ts';
import { errorAnswer } from '../mcp/answers.ts';
import type { HttpAnswer } from '../mcp/http.ts';
import { ERROR } from '../mcp/protocol.ts';

const TEXTS: Readonly<Record<LimitCode, string>> = {
  'calls-at-once': 'Too many calls of yours are on their way',
  'streams-at-once': 'Too many streams of yours are open',
  'calls-per-minute': 'Too many calls in a minute',
  'server-calls': 'Too many calls to this server are on their way',
  'server-streams': 'Too many streams of this server are open',
};

export function overLimitAnswer({ code, status, retryAfterSeconds }: OverLimit): HttpAnswer {
  const text = `${TEXTS[code]}: try again in ${retryAfterSeconds} s`;
  const answer = errorAnswer(status, null, ERROR.transport, text);
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(retryAfterSeconds) } };
}

/** No retry helps here, so none is offered. */
export function headersTooLargeAnswer(): HttpAnswer {
  return errorAnswer(431, null, ERROR.transport, 'Request header fields too large');
}
