/**
 * Server-sent events, both ways (WHATWG HTML §9.2; FACTS §1.8): whole events in, whatever the line ends and wherever
 * chunks and UTF-8 sequences were cut; one event a message out. Event ids of an upstream are not passed on: they are its own.
 */
import { createParser, type EventSourceMessage } from 'eventsource-parser';

export interface SseLimits {
  /** Bytes of the whole stream. */
  readonly answerBytes: number;
  /** UTF-16 units of one event; near enough to bytes to bound memory. */
  readonly eventBytes: number;
}

export class SseProblem extends Error {
  override readonly name = 'SseProblem';
}

/** The data of each `message` event, in order. Throws `SseProblem` on a breach of a limit or of UTF-8. */
export async function* readEvents(body: AsyncIterable<Uint8Array>, limits: SseLimits): AsyncGenerator<string> {
  const decodeChunk = createUtf8Decoder();
  const ready: EventSourceMessage[] = [];
  let problem: string | undefined;
  let size = 0;
  const parser = createParser({
    onEvent: (event) => ready.push(event),
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
    // An event with a name of its own is no message, and one without data only primes a resume.
    for (const event of ready.splice(0)) if (isMessage(event)) yield event.data;
  }
}

/** One event as it goes out; JSON text holds no line break, so it is one `data` line. */
export function formatEvent(json: string): string {
  return `event: message\ndata: ${json}\n\n`;
}

/** A comment: keeps proxies from closing an idle stream, and no client sees it. */
export const KEEP_ALIVE = ': keep-alive\n\n';

export const SSE_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;

function isMessage(event: EventSourceMessage): boolean {
  return (event.event === undefined || event.event === 'message') && event.data.length > 0;
}

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
