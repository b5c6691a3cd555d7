/**
 * A server of earlier revisions without sessions may just ignore a modern envelope and answer: such an answer gets the
 * members that each modern result must have. Any other passes unchanged, byte for byte.
 */
import { isSameId, type Message, type RequestMessage } from '../message.ts';
import type { SseEvent } from '../sse.ts';
import type { UpstreamAnswer } from '../upstream.ts';
import { changeEvents } from './events.ts';
import { completeResult } from './to-legacy.ts';

export function completeAnswer(answer: UpstreamAnswer, request: RequestMessage, depth: number): UpstreamAnswer {
  const complete = (message: Message): Message => {
    if (message.kind !== 'response' || message.result === undefined) return message;
    if (message.result.resultType !== undefined || !isSameId(message.id, request.id)) return message;
    return { ...message, result: completeResult(request.method, message.result) };
  };
  switch (answer.kind) {
    case 'empty':
      return answer;
    case 'message':
      return { ...answer, message: complete(answer.message) };
    case 'events':
      return { ...answer, events: changeEvents(answer.events, depth, complete, mayLackType) };
  }
}

/** Modern servers always say the type: what does is not read a second time. */
function mayLackType({ data }: SseEvent): boolean {
  return data.includes('"result"') && !data.includes('"resultType"');
}
