/**
 * From an HTTP request to one message of a known era (DESIGN §2.2), or the answer its sender gets.
 * The answers follow what MCP servers answer themselves, so that a client can't tell them apart.
 */
import type { LimitsConfig } from '../config/config.ts';
import { errorAnswer, unsupportedVersion } from '../mcp/answers.ts';
import { readBody } from '../mcp/body.ts';
import { type Classified, classifyMessage, type HeaderProblem } from '../mcp/headers.ts';
import type { HttpAnswer, HttpCall } from '../mcp/http.ts';
import { type Message, type MessageId, type MessageProblem, readClientMessage } from '../mcp/message.ts';
import { ERROR } from '../mcp/protocol.ts';
import { err, ok, type Result } from '../result.ts';

export interface ReadProblem {
  readonly code: string;
  readonly detail: string;
  readonly answer: HttpAnswer;
}

export interface ReadMessage {
  readonly message: Message;
  readonly classified: Classified;
}

export async function readMessage(http: HttpCall, limits: LimitsConfig): Promise<Result<ReadMessage, ReadProblem>> {
  const unusable = mediaProblem(http.headers);
  if (unusable) return err(unusable);

  const body = await readBody(http.body, limits.requestBytes);
  if (!body.ok) {
    const isTooLarge = body.error.code === 'too-large';
    const answer = isTooLarge
      ? errorAnswer(413, null, ERROR.invalidRequest, `Request too large: at most ${limits.requestBytes} bytes`)
      : errorAnswer(400, null, ERROR.invalidRequest, 'The request body broke off');
    return problem(body.error.code, `limit ${limits.requestBytes} bytes`, answer);
  }

  const message = readClientMessage(body.value, limits.depth);
  if (!message.ok) return err(messageProblem(message.error));

  const classified = classifyMessage(message.value, http.headers);
  if (!classified.ok) return err(headerProblem(classified.error, idOf(message.value)));
  return ok({ message: message.value, classified: classified.value });
}

/** The id to answer under, where the message has one. */
export function idOf(message: Message): MessageId | null {
  return message.kind === 'request' ? message.id : null;
}

function mediaProblem(headers: Headers): ReadProblem | undefined {
  const [essence, ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const isUtf8 = parameters.every((parameter) => /^\s*charset\s*=\s*"?utf-8"?\s*$/.test(parameter));
  if (essence?.trim() !== 'application/json' || !isUtf8) {
    const text = 'Unsupported Media Type: Content-Type must be application/json';
    return {
      code: 'media-type',
      detail: 'not application/json',
      answer: errorAnswer(415, null, ERROR.transport, text),
    };
  }
  if (headers.get('content-encoding') !== null) {
    const text = 'Unsupported Media Type: the body must not be compressed';
    return { code: 'content-encoding', detail: 'compressed', answer: errorAnswer(415, null, ERROR.transport, text) };
  }
  const accept = (headers.get('accept') ?? '').toLowerCase();
  const isAcceptable =
    accept.includes('*/*') || (accept.includes('application/json') && accept.includes('text/event-stream'));
  if (isAcceptable) return undefined;
  const text = 'Not Acceptable: Client must accept both application/json and text/event-stream';
  return { code: 'not-acceptable', detail: 'accept', answer: errorAnswer(406, null, ERROR.transport, text) };
}

function messageProblem(found: MessageProblem): ReadProblem {
  switch (found.code) {
    case 'syntax':
      return toProblem(found.code, found.detail, ERROR.parse, 'Parse error: the body is not JSON');
    case 'encoding':
      return toProblem(found.code, 'not UTF-8', ERROR.parse, 'Parse error: the body is not UTF-8');
    case 'byte-order-mark':
      return toProblem(found.code, 'BOM', ERROR.parse, 'Parse error: the body begins with a byte order mark');
    case 'too-deep':
      return toProblem(found.code, `limit ${found.limit}`, ERROR.parse, 'Parse error: the body is nested too deeply');
    case 'duplicate-key':
    case 'reserved-key':
      return toProblem(
        found.code,
        'an object key',
        ERROR.invalidRequest,
        'Invalid Request: a key stands twice or is reserved',
      );
    case 'batch':
      return toProblem(found.code, 'an array', ERROR.invalidRequest, 'Invalid Request: batches are not supported');
    case 'not-a-message':
      return toProblem(found.code, found.detail, ERROR.invalidRequest, `Invalid Request: ${found.detail}`);
  }
}

function headerProblem(found: HeaderProblem, id: MessageId | null): ReadProblem {
  switch (found.code) {
    case 'header-mismatch':
      return mismatchProblem(found, id);
    case 'missing-meta': {
      const text = `Invalid params: _meta lacks ${found.missing.join(', ')}`;
      return {
        code: found.code,
        detail: found.missing.join(', '),
        answer: errorAnswer(400, id, ERROR.invalidParams, text),
      };
    }
    case 'unsupported-version':
      return { code: found.code, detail: found.requested, answer: unsupportedVersion(id, found.era, found.requested) };
  }
}

export function mismatchProblem(
  found: Extract<HeaderProblem, { code: 'header-mismatch' }>,
  id: MessageId | null,
): ReadProblem {
  const text = `Bad Request: the ${found.header} header and the body disagree: ${found.detail}`;
  return {
    code: found.code,
    detail: `${found.header}: ${found.detail}`,
    answer: errorAnswer(400, id, ERROR.headerMismatch, text),
  };
}

function toProblem(code: string, detail: string, rpcCode: number, text: string): ReadProblem {
  return { code, detail, answer: errorAnswer(400, null, rpcCode, text) };
}

function problem(code: string, detail: string, answer: HttpAnswer): Result<never, ReadProblem> {
  return err({ code, detail, answer });
}
