/**
 * A place that was taken is held as long as its answer lasts: a stream's until it ended, failed or was given up, any
 * other's until the answer is there. However it ends, the place is given back.
 */
import type { Place } from '../limits/limiter.ts';
import type { HttpAnswer } from '../mcp/http.ts';

/** Runs what answers, and gives the place back when the answer is done; rejects as `run` does. */
export async function holdPlace(place: Place, run: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return leaveWhenDone(await run(), place);
  } catch (cause) {
    place.leave();
    throw cause;
  }
}

export function leaveWhenDone(answer: HttpAnswer, place: Place): HttpAnswer {
  if (answer.body instanceof ReadableStream) return { ...answer, body: leaveAtEnd(answer.body, place) };
  place.leave();
  return answer;
}

/** The same bytes at the same pace: nothing is read ahead, and a cancel is passed on. */
function leaveAtEnd(body: ReadableStream<Uint8Array>, place: Place): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
        } catch (cause) {
          place.leave();
          throw cause;
        }
        place.leave();
        controller.close();
      },
      async cancel(reason) {
        // What the answer holds upstream may take a while to end.
        await reader.cancel(reason).finally(() => place.leave());
      },
    },
    { highWaterMark: 0 },
  );
}
