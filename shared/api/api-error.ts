/**
 * How the API says no: `{ error: { code, message } }`, with a code for programs and a sentence for people. Never the
 * cause, a stack or what another component said.
 */
import { z } from '@hono/zod-openapi';
import type { HttpAnswer } from '../mcp/http.ts';

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().openapi({ description: 'Stable, for programs.', example: 'not-found' }),
      message: z.string().openapi({ description: 'For people.' }),
    }),
  })
  .openapi('Error');

export type ApiError = z.infer<typeof errorSchema>;

export function apiError(code: string, message: string): ApiError {
  return { error: { code, message } };
}

/** On every answer: what it holds is for one person, now. */
export const ANSWER_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** When an outage is worth another try, seconds. */
export const RETRY_AFTER_SECONDS = '5';

/** A refusal before any route is asked. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const all = { 'content-type': 'application/json', ...ANSWER_HEADERS, ...headers };
  return { status, headers: all, body: JSON.stringify(apiError(code, message)) };
}

/** What a route may refuse with beside the door, for its description. */
export function describeErrors<S extends Status = never>(
  ...statuses: readonly S[]
): Record<S | AtTheDoor, ErrorDescription> {
  const described = [...AT_THE_DOOR, ...statuses].map((status) => [status, describeError(status)]);
  // `fromEntries` forgets which keys there are.
  return Object.fromEntries(described) as Record<S | AtTheDoor, ErrorDescription>;
}

/** Before any route is asked. */
const AT_THE_DOOR = [401, 403, 429, 503] as const;

type AtTheDoor = (typeof AT_THE_DOOR)[number];
type Status = keyof typeof MEANINGS;
type ErrorDescription = ReturnType<typeof describeError>;

function describeError(status: Status) {
  return { description: MEANINGS[status], content: { 'application/json': { schema: errorSchema } } };
}

const MEANINGS = {
  400: 'The request is not as described here.',
  401: 'No token, or none that is accepted.',
  403: 'Known, and not allowed.',
  404: 'Not there, or not for you: nobody learns which.',
  408: 'The body did not arrive in time.',
  409: 'Too late: it was decided or has changed.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'Too many requests of yours; `Retry-After` says when to come again.',
  503: 'Something that it takes is out of reach, and nothing was done. Try again.',
} as const;
