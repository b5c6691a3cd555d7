/**
 * From an HTTP request to one message of a known era (DESIGN §2.2), or the answer its sender gets.
 * The answers follow what MCP servers answer themselves, so that a client can't tell them apart.
 */
import type { LimitsConfig } from '../config/config.ts';
import { errorAnswer, unsupportedVersion } from '../mcp/answers.ts';
import { type BodyProblem, readBody } from '../mcp/body.ts';
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

/** `deadline`: aborts when a body has taken too long to come. */
export async function readMessage(
  http: HttpCall,
  limits: LimitsConfig,
  deadline: AbortSignal,
): Promise<Result<ReadMessage, ReadProblem>> {
  const unusable = mediaProblem(http.headers);
  if (unusable) return err(unusable);

  const body = await readBody(http.body, limits.requestBytes, deadline);
  if (!body.ok) return err(bodyProblem(body.error, limits));

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

function bodyProblem({ code }: BodyProblem, { requestBytes }: LimitsConfig): ReadProblem {
  const detail = `limit ${requestBytes} bytes`;
  const refused = (status: number, text: string): ReadProblem => ({
    code,
    detail,
    answer: errorAnswer(status, null, ERROR.invalidRequest, text),
  });
  switch (code) {
    case 'too-large':
      return refused(413, `Request too large: at most ${requestBytes} bytes`);
    case 'too-slow':
      return refused(408, 'The request body came too slowly');
    case 'broken-off':
      return refused(400, 'The request body broke off');
  }
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
