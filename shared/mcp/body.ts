/**
 * Reads a body to its end within two bounds: bytes as they arrive, since a `Content-Length` is only a claim (FACTS §1.7),
 * and the caller's time, since a body may come a byte a minute.
 */
import { err, ok, type Result } from '../result.ts';

export type BodyProblem =
  | { readonly code: 'too-large'; readonly limit: number }
  | { readonly code: 'broken-off' }
  | { readonly code: 'too-slow' };

/**
 * Of a body that is refused for its size, so much is still read and dropped: a connection that is cut under a sender may
 * lose the answer that says why. What goes on beyond that is cut.
 */
const DRAIN_BYTES = 16 * 1_024 * 1_024;

/** `signal`: when it aborts, the answer is `too-slow` at once; what still comes is read and dropped, within `limit`. */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Result<Uint8Array, BodyProblem>> {
  if (!body) return ok(new Uint8Array());
  const { promise, resolve } = Promise.withResolvers<Result<Uint8Array, BodyProblem>>();
  const expire = () => resolve(err({ code: 'too-slow' }));
  if (signal?.aborted) expire();
  else signal?.addEventListener('abort', expire, { once: true });
  void consume(body, limit, resolve);
  const read = await promise;
  signal?.removeEventListener('abort', expire);
  return read;
}

/** Settles as soon as it is known what becomes of the body, and goes on reading what is then only dropped. Never rejects. */
async function consume(
  body: AsyncIterable<Uint8Array>,
  limit: number,
  settle: (read: Result<Uint8Array, BodyProblem>) => void,
): Promise<void> {
  let chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      if (size <= limit) {
        chunks.push(chunk);
        continue;
      }
      chunks = [];
      settle(err({ code: 'too-large', limit }));
      // Leaving the loop cancels the stream: the rest is never read.
      if (size > limit + DRAIN_BYTES) return;
    }
  } catch {
    settle(err({ code: 'broken-off' }));
    return;
  }
  settle(ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
}
