/**
 * Reads a body to its end within two bounds: bytes as they arrive, since a `Content-Length` is only a claim (FACTS §1.7),
 * and the caller's time, since a body may come a byte a minute.
 */
import { err, ok, type Result } from '../result.ts';

export type BodyProblem =
  | { readonly code: 'too-large'; readonly limit: number }
  | { readonly code: 'broken-off' }
  | { readonly code: 'too-slow' };

/** `signal`: when it aborts, the answer is `too-slow` at once; what still comes is read and dropped, within `limit`. */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  limit: number,
  signal?: AbortSignal,
): Promise<Result<Uint8Array, BodyProblem>> {
  if (!body) return ok(new Uint8Array());
  const whole = readWhole(body, limit);
  if (!signal) return whole;
  const { promise: tooSlow, resolve } = Promise.withResolvers<Result<never, BodyProblem>>();
  const expire = () => resolve(err({ code: 'too-slow' }));
  if (signal.aborted) expire();
  else signal.addEventListener('abort', expire, { once: true });
  const read = await Promise.race([whole, tooSlow]);
  signal.removeEventListener('abort', expire);
  return read;
}

async function readWhole(body: AsyncIterable<Uint8Array>, limit: number): Promise<Result<Uint8Array, BodyProblem>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      size += chunk.byteLength;
      // Leaving the loop cancels the stream: the rest is never read.
      if (size > limit) return err({ code: 'too-large', limit });
      chunks.push(chunk);
    }
  } catch {
    return err({ code: 'broken-off' });
  }
  return ok(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
}
