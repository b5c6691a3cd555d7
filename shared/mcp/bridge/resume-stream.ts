/**
 * A legacy server may close the stream of a call that goes on, for its client to resume (MCP 2025-11-25, Streamable HTTP,
 * resumability). A modern client cannot: the bridge does, until the answer is here or the call's own signal ends it.
 */
import type { ServerConfig } from '../../config/config.ts';
import type { SseEvent } from '../sse.ts';
import type { UpstreamCall } from '../upstream.ts';
import type { BridgeOptions } from './options.ts';

/** Where the server does not say how long to wait, and at least: it might say nothing at all. */
const WAIT_MS = 1_000;
const WAIT_MOST_MS = 15_000;

/** `base`: where and as whom the call went, without its message. Throws `UpstreamFailure`, or the signal's reason. */
export async function* resumeUntil(
  isAnswered: () => boolean,
  options: BridgeOptions,
  server: ServerConfig,
  base: UpstreamCall,
  first: AsyncIterable<SseEvent>,
): AsyncGenerator<SseEvent> {
  let events = first;
  let lastEventId: string | undefined;
  for (;;) {
    let waitMs = WAIT_MS;
    for await (const event of events) {
      lastEventId = event.id ?? lastEventId;
      waitMs = Math.max(event.retryMs ?? 0, waitMs);
      yield event;
    }
    if (isAnswered() || lastEventId === undefined || base.sessionId === undefined) return;
    await options.pause(Math.min(waitMs, WAIT_MOST_MS), base.signal);
    base.signal.throwIfAborted();
    const answer = await options.call(server, { ...base, verb: 'GET', lastEventId });
    if (answer.kind !== 'events') return;
    events = answer.events;
  }
}
