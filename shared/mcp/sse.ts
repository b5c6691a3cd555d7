/**
 * Server-sent events, both ways (WHATWG HTML §9.2; FACTS §1.8): whole events in, whatever the line ends and wherever
 * chunks and UTF-8 sequences were cut; one event a message out. An upstream's event ids are its own: they go out sealed (event-ids.ts).
 */
import { createParser } from 'eventsource-parser';

export interface SseLimits {
  /** Bytes of the whole stream. */
  readonly answerBytes: number;
  /** UTF-16 units of one event; near enough to bytes to bound memory. */
  readonly eventBytes: number;
}

export class SseProblem extends Error {
  override readonly name = 'SseProblem';
}

/** One event: a message, or only a resume point (an id with empty data). */
export interface SseEvent {
  readonly data: string;
  /** The upstream's own id. */
  readonly id?: string;
  /** Milliseconds to wait before resuming, where the upstream said so since the last event. */
  readonly retryMs?: number;
}

/** Each message event, in order. Throws `SseProblem` on a breach of a limit or of UTF-8. */
export async function* readEvents(body: AsyncIterable<Uint8Array>, limits: SseLimits): AsyncGenerator<SseEvent> {
  const decodeChunk = createUtf8Decoder();
  const ready: SseEvent[] = [];
  let problem: string | undefined;
  let retryMs: number | undefined;
  let size = 0;
  const parser = createParser({
    onEvent: ({ event, data, id }) => {
      // An event with a name of its own is no message.
      if (event !== undefined && event !== 'message') return;
      ready.push({ data, ...(id === undefined ? {} : { id }), ...(retryMs === undefined ? {} : { retryMs }) });
      retryMs = undefined;
    },
    onRetry: (wait) => {
      retryMs = wait;
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') problem = 'an event is too large';
    },
    maxBufferSize: limits.eventBytes,
  });
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limits.answerBytes) throw new SseProblem('the answer is too large');
    parser.feed(decodeChunk(chunk));
    if (problem !== undefined) throw new SseProblem(problem);
    yield* ready.splice(0);
  }
}

/** Line ends to some readers (Python's `splitlines`), though not to the standard; JSON may write them escaped. */
const OTHER_LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** One event as it goes out; JSON text holds no line break, so it is one `data` line. An id is visible ASCII of ours. */
export function formatEvent(json: string, id?: string, retryMs?: number): string {
  const data = json.replace(OTHER_LINE_ENDS, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const head = `${id === undefined ? '' : `id: ${id}\n`}${retryMs === undefined ? '' : `retry: ${retryMs}\n`}`;
  // An event without data only sets where to resume: it has no name either.
  return data === '' ? `${head}data: \n\n` : `event: message\n${head}data: ${data}\n\n`;
}

/** A comment: keeps proxies from closing an idle stream, and no client sees it. */
export const KEEP_ALIVE = ': keep-alive\n\n';

export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

/** Carries a sequence cut between two chunks over to the next. */
function createUtf8Decoder(): (chunk: Uint8Array) => string {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  return (chunk) => {
    try {
      return decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new SseProblem('the answer is not UTF-8', { cause });
    }
  };
}
