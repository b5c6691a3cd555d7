/**
 * A response body that is safe to hand to the library in stream mode: it is read only when the client has room, stops
 * when the client is gone, and ends where its source fails. Never errors, never buffers, never reads ahead.
 */
import type { Connection } from './stream-cure.ts';

/** `onFailure` hears of a source that failed; the reader of the result sees an end. */
export function guardBody(
  source: ReadableStream<Uint8Array>,
  connection: Connection,
  onFailure: (cause: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const { signal } = connection;
  const release = () => {
    reader.cancel(signal.reason).catch(onFailure);
  };

  return new ReadableStream<Uint8Array>(
    {
      start: () => {
        if (signal.aborted) release();
        else signal.addEventListener('abort', release, { once: true });
      },
      pull: async (controller) => {
        try {
          await connection.hasRoom();
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
        } catch (cause) {
          onFailure(cause);
        }
        signal.removeEventListener('abort', release);
        controller.close();
      },
      cancel: async (reason) => {
        signal.removeEventListener('abort', release);
        await reader.cancel(reason).catch(onFailure);
      },
    },
    { highWaterMark: 0 },
  );
}
