/**
 * Answers and the messages in them: reads the response out of either kind of answer, and changes an event stream message by
 * message. What is no message passes unchanged: the relay behind judges it.
 */
import { isSameId, type Message, type MessageId, type ResponseMessage, readServerText, toJson } from '../message.ts';
import type { SseEvent } from '../sse.ts';
import type { UpstreamAnswer } from '../upstream.ts';

type Events = Extract<UpstreamAnswer, { kind: 'events' }>['events'];

/** What becomes of one message of a stream: another one, the same one (its bytes stay), or nothing. */
export type EventChange = (message: Message) => Message | undefined | Promise<Message | undefined>;

/** `mayConcern` spares what passes unchanged anyway from being read. */
export async function* changeEvents(
  events: Events,
  depth: number,
  change: EventChange,
  mayConcern: (event: SseEvent) => boolean = () => true,
): Events {
  for await (const event of events) {
    const message = mayConcern(event) ? readEvent(event, depth) : undefined;
    const changed = message === undefined ? undefined : await change(message);
    if (message === undefined || changed === message) yield event;
    else if (changed !== undefined) yield { ...event, data: JSON.stringify(toJson(changed)) };
  }
}

/** The response to the request of this id, and an answer that still holds all of it. */
export async function peekResponse(
  answer: UpstreamAnswer,
  id: MessageId,
  depth: number,
): Promise<{ readonly response?: ResponseMessage; readonly answer: UpstreamAnswer }> {
  if (answer.kind === 'empty') return { answer };
  if (answer.kind === 'message') {
    return answer.message.kind === 'response' ? { response: answer.message, answer } : { answer };
  }
  const rest = answer.events[Symbol.asyncIterator]();
  const seen: SseEvent[] = [];
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return { answer: { ...answer, events: replay(seen, rest) } };
    seen.push(next.value);
    const message = readEvent(next.value, depth);
    if (message?.kind === 'response' && isSameId(message.id, id)) {
      return { response: message, answer: { ...answer, events: replay(seen, rest) } };
    }
  }
}

/** The response alone; the rest of a stream is given up. */
export async function takeResponse(
  answer: UpstreamAnswer,
  id: MessageId,
  depth: number,
): Promise<ResponseMessage | undefined> {
  const peeked = await peekResponse(answer, id, depth);
  await giveUp(peeked.answer);
  return peeked.response;
}

/** Ends a stream that nobody will read: its connection is free again. */
export async function giveUp(answer: UpstreamAnswer): Promise<void> {
  if (answer.kind === 'events') await answer.events[Symbol.asyncIterator]().return?.();
}

/** No generator: one that is given up before its first event would leave the rest open. */
function replay(seen: readonly SseEvent[], rest: AsyncIterator<SseEvent>): Events {
  const again = seen.values();
  const iterator: AsyncIterator<SseEvent> = {
    async next() {
      const next = again.next();
      return next.done === true ? rest.next() : next;
    },
    async return() {
      await rest.return?.();
      return { done: true, value: undefined };
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

function readEvent({ data }: SseEvent, depth: number): Message | undefined {
  const message = readServerText(data, depth);
  return message.ok ? message.value : undefined;
}
